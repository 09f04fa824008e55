/* SPDX-License-Identifier: Apache-2.0 */
/*
 * together: streams of results of one scan, as one.  Takes the header of each,
 * refuses that of another scan, and makes one that is true of all: what
 * they have in common, the fields of all of them, and the totals of the scan.
 */
#ifndef TOGETHER_H
#define TOGETHER_H
#include "scan/facts.h"
#include "scan/shards.h"
#include "stream/header.h"

struct together {
	struct header header; /* what all have in common, and all fields */
	const char *first;    /* the file of the first; NULL: there is none */
	struct facts facts;   /* id, seed, shards, ports, total, count */
	uint64_t start_ns;    /* the earliest, or 0: not known */
};

/*
 * The facts of one stream, for facts_free: those of struct together, its shard
 * and its position.  -1 with the reason in why, without the file.
 */
int together_facts(struct facts *, const struct header *, char *why, size_t);

/*
 * Takes a header; `name` must stay.  -1 with the reason: it is of another
 * scan, says nothing of its scan, or has a field of another type.
 */
int together_take(struct together *, const char *name, const struct header *,
    char *why, size_t);

/*
 * Makes the header, which has been copied, that of all shards.  -1 for lack of
 * memory.
 */
int together_describe(const struct together *, struct header *);

void together_free(struct together *);

#endif
