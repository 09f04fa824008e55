/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard-auto: which shard this process is, as the engine says that runs it:
 * Slurm, Kubernetes, GNU parallel and others tell each of their tasks its
 * number, by variables of the environment.  One table in shard-auto.c has, for
 * each engine, which variables these are and whether it counts from 0 or 1.
 *
 *	struct shard_auto a;
 *	if (shard_auto(&a, "auto", 0, why, sizeof why) == 0)
 *		... shard a.shard of a.shards, because a.said ...
 *
 * A wrong number would scan a part twice and leave another out, in silence.
 * So whatever does not tell exactly which part of how many this is, is
 * refused.
 */
#ifndef SHARD_AUTO_H
#define SHARD_AUTO_H
#include <stddef.h>
#include <stdint.h>

struct shard_auto {
	uint64_t shard; /* from 0 */
	uint64_t shards;
	char said[256];	  /* "Slurm array: SLURM_ARRAY_TASK_ID=3, ..." */
	char others[128]; /* engines that say something too, or "" */
};

/*
 * engine: "auto" for the first in the table that says anything, or one of the
 * table's words.  shards: how many there are, or 0 to take that from the
 * engine.  -1 with the reason in why.
 */
int shard_auto(struct shard_auto *, const char *engine, uint64_t shards,
    char *why, size_t whysize);

#endif
