/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spread: where the copies of targets stand in the order, so that what loses
 * one copy does not lose the next as well.
 *
 * Copy k of target i stands k * distance targets behind the first, in blocks,
 * and after the end of the order for the last.  Of 7 blocks, at a distance of
 * 3, in order of time:
 *
 *	copy 0	0 1 2 3 4 5 6
 *	copy 1	      0 1 2 3 4 5 6
 *	time	0 1 2 3 3 4 4 5 5 ...
 *
 * With a distance of all targets or more, copies are passes.  Places count all
 * of these in a row, from 0; where a copy stands is a function of the target's
 * number, the copy and what is below, and of nothing else: there is no state.
 */
#ifndef SPREAD_H
#define SPREAD_H
#include <stdbool.h>
#include <stdint.h>

struct spread {
	uint64_t targets;
	unsigned copies;   /* 1: nothing is spread */
	uint64_t block;	   /* targets */
	uint64_t distance; /* blocks */
	uint64_t blocks;
};

#define SPREAD_PASSES UINT64_MAX

/* distance: in targets, at least 1, or SPREAD_PASSES. */
void spread_make(struct spread *, uint64_t targets, unsigned copies,
    uint64_t distance);

/* How many places there are. */
uint64_t spread_places(const struct spread *);

/* Copies of this number, in a row from this target on. */
struct spread_run {
	unsigned copy;
	uint64_t target;
	uint64_t n;
};

/* What stands at a place, which is less than spread_places. */
struct spread_run spread_at(const struct spread *, uint64_t place);

/* How many first copies stand before a place. */
uint64_t spread_firsts(const struct spread *, uint64_t place);

/* Where copy k of a target stands. */
uint64_t spread_place(const struct spread *, uint64_t target, unsigned copy);

#endif
