/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scans: the status lines of many places (follow.h), each scan for itself, so
 * that a folder with the shards of two scans does not show one of twice the
 * size.
 *
 * A place has the shards of one scan at a time.  Where it turns to another one,
 * what it said of the older one is forgotten, and the older one is overtaken:
 * it is shown only as long as another place says that it is still at work.
 */
#ifndef SCANS_H
#define SCANS_H
#include <stdbool.h>
#include <stddef.h>

#include "show/fleet.h"
#include "show/follow.h"
#include "show/progress.h"
#include "show/reports.h"

struct scans_one {
	char id[64]; /* "": no scan has been heard of yet */
	struct reports reports;
	struct progress progress; /* the caller's */
	struct fleet fleet;	  /* the caller's */
	bool overtaken;
};

struct scans {
	struct scans_one **all;
	size_t n;
	const char *own; /* lines that hold for each of them, or NULL */
};

/*
 * One scan, of which nothing is known but those lines, which must last as long
 * as this does.  -1 for lack of memory.
 */
int scans_begin(struct scans *, const char *own);
void scans_free(struct scans *);

/*
 * A line of a place, whose memory is ours.  -1 with a reason in *why if it
 * cannot be taken, which is said once of each place.
 */
int scans_take(struct scans *, const struct follow_line *, double now,
    const char **why);

/* The i-th that is to be shown, NULL behind the last one.  There is a first. */
struct scans_one *scans_shown(const struct scans *, size_t i, double now);

/* Is all of them complete, as their progress says? */
bool scans_complete(const struct scans *, double now);

#endif
