/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when: the answer to "did you scan me, and when?", from the metadata that a
 * scan has left.
 *
 *	when_open(&w, "scan.json");
 *	... asks zmap-targets, with w.seed and so on, where the target is ...
 *	when_tell(&w, stdout, "192.0.2.1:80: scanned, position 9, shard 0, "
 *	    "number 10 of it");
 *
 *	192.0.2.1:80: scanned on 2026-11-28 at about 20:33:37 UTC, ...
 *
 * Targets leave in the order of their numbers, so the number tells the time
 * where the rate was even; it was not where the scan had to wait.
 */
#ifndef WHEN_H
#define WHEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct when {
	char *id, *ports, *sources, *probe; /* or NULL where it is not known */
	char **operands;		    /* ended by NULL, or NULL */
	uint64_t seed, shard, shards;
	uint64_t limit; /* targets; UINT64_MAX: all */
	uint64_t scanned;
	time_t begin, end; /* of sending */
	char why[512];
};

/* -1 and why. */
int when_open(struct when *, const char *path);
void when_close(struct when *);

/* One line of zmap-targets --where, with what the metadata adds: was it? */
bool when_tell(const struct when *, FILE *, const char *line);

#endif
