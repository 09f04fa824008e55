/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shards: which parts of a scan's shards were scanned, as told by the runs that
 * scanned them.
 *
 * A shard is a part of the positions of a scan, and a run goes through it from
 * `begin` on.  Where one was stopped or killed, the next begins at the
 * checkpoint, which is not behind what the one before had reached:
 *
 *	part	|---------------------------|
 *	run 1	|=========>
 *	run 2	        |=======>
 *	run 3	               |============|	ended: the shard is complete
 */
#ifndef SHARDS_H
#define SHARDS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/outcome.h"

#define SHARDS_MAX 65535 /* of a scan */

/* Where a shard's part of n targets begins, and how many it has. */
uint64_t shards_begin(uint64_t n, uint64_t shards, uint64_t shard);
uint64_t shards_part(uint64_t n, uint64_t shards, uint64_t shard);

struct shards_run {
	uint64_t shard;
	uint64_t begin;	      /* position of its first target */
	uint64_t reached;     /* all before it is known to have been sent */
	bool ended;	      /* that was all of the shard */
	bool cut;	      /* what it wrote stops without an end */
	enum outcome outcome; /* if it was not cut */
};

struct shards {
	uint64_t count;	 /* targets of the whole scan; 0: not known */
	uint64_t shards; /* in how many parts */
	struct shards_run *runs;
	size_t nruns;
};

/* Adds a run.  -1 for lack of memory. */
int shards_add(struct shards *, const struct shards_run *);

/* After the last run, before the first shards_look. */
void shards_sort(struct shards *);
void shards_free(struct shards *);

enum shards_state {
	SHARDS_MISSING,	   /* there is no run of it */
	SHARDS_HOLE,	   /* runs that are not there went from.. to.. */
	SHARDS_UNFINISHED, /* its runs reached `from` */
	SHARDS_COMPLETE,
};

struct shards_view {
	enum shards_state state;
	uint64_t from, to;
	const struct shards_run *last; /* run, or NULL */
};

struct shards_view shards_look(const struct shards *, uint64_t shard);

#endif
