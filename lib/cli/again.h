/* SPDX-License-Identifier: Apache-2.0 */
/*
 * again: from the history of a stream, which has the command of each stage,
 * back to the zmap command that they come from, for another run of the same
 * shard or of one beside it.
 */
#ifndef AGAIN_H
#define AGAIN_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "stream/header.h"

struct again {
	uint64_t shard, shards;
	uint64_t seed;
	bool has_seed; /* else the order of targets has none */
	/*
	 * A shard that goes on by its checkpoint; else it begins, and its files
	 * are shard-N.checkpoint, shard-N.cbor and the like.
	 */
	bool goes_on;
};

/* Does the history have a checkpoint, so that this scan can go on? */
bool again_can_go_on(const struct header *);

/*
 * Writes the command, quoted for sh.  -1: it cannot be told, because a stage
 * is not a program of this project, or its options are not those of today.
 */
int again_print(FILE *, const struct header *, const struct again *);

#endif
