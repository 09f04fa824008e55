/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fleet: all shards of a scan seen as one: how much of the whole is done, when
 * it will be, and which shards are in trouble.
 *
 * A shard's clock may be wrong: when it was heard of last is by our own clock.
 * How much is done is counted in targets, also of the shards that have not
 * been heard of yet.
 */
#ifndef FLEET_H
#define FLEET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "show/progress.h"
#include "show/reports.h"

struct fleet {
	uint64_t shards;  /* of the scan */
	uint64_t heard;	  /* shards that have said anything */
	uint64_t done;	  /* shards that are complete */
	uint64_t trouble; /* shards that are worth a line */
};

/* Counts, and puts progress and time left of the whole into p. */
void fleet_compute(struct fleet *, struct progress *p, const struct reports *,
    double now);

/*
 * The i-th line about a shard in trouble: "shard 3: silent for 12 s, at 40%".
 * False: there are no more.
 */
bool fleet_trouble(const struct reports *, double now, size_t i, char *,
    size_t);

#endif
