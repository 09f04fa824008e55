/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of zmap-status share: main is in tools/zmap-status.c.
 */
#ifndef DISPLAY_H
#define DISPLAY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"
#include "show/follow.h"
#include "show/scans.h"

struct args {
	const char *updates, *metadata, *prometheus;
	const char *notes, *user, *copy;
	bool summary, quiet;
};

struct display {
	struct args args;
	struct scans scans;
	char *own;		/* lines that we add to what they say */
	struct scans_one *scan; /* the first that is shown */
	struct log log;
	FILE *updates, *metadata; /* or NULL */
	FILE *copy;		  /* of --status-file, or NULL */
	struct follow *places;	  /* instead of stdin, or NULL */
	size_t drawn;		  /* lines, to be drawn over */
	char said[1024];	  /* troubles, as said last */
	int line_fd;		  /* where lines of status go */
	bool updating;		  /* the header is in updates */
	bool terminal;		  /* is where lines go */
	unsigned ticks;		  /* seconds with something to show */
	bool in_place;		  /* the line is drawn over itself */
	double warned;
	bool failed;
	char *buf; /* unfinished line */
	size_t used, room;
	unsigned long lines;
};

/*
 * The time of day as it was when we began, and from there on by a clock that
 * cannot be set: a scan does not get longer because ntpd has come up.
 */
double status_wall(void);

/* --- lines.c --- */

bool status_read_more(struct display *); /* one read(2); false at the end */

/* --- places.c --- */

void status_add_places(struct display *, char **names);
void status_take_followed(void *display, const struct follow_line *);

/* --- screen.c --- */

/* Where lines are kept, troubles are said when they change. */
void status_say_troubles(struct display *);
void status_draw(struct display *, bool last);

/* --- files.c --- */

/* Before the scan begins: a file that cannot be written is no surprise. */
void status_open_files(struct display *);
/*
 * A failure is said before the scan begins; the counters of the last one stay
 * until it does.
 */
void status_try_prometheus(struct display *);
void status_write_prometheus(struct display *);
void status_write_updates(struct display *);
void status_write_metadata(struct display *);

#endif
