/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of IPv4 addresses that can be counted through: index <-> address.
 *
 * The set is a flat array of runs in ascending order. Each run is one word
 * that answers both questions of a lookup, so that a lookup costs one read:
 *
 *	63               32 31                   0
 *	+------------------+----------------------+
 *	| index of the     | address - index      |
 *	| run's last addr. | (modulo 2^32)        |
 *	+------------------+----------------------+
 *
 * A jump table, by the high bits of the index, says where in the array to
 * begin. It has at least a few thousand buckets, so that for the usual
 * blacklist nearly every bucket lies inside one run and the search ends
 * where it begins.
 *
 *	index >> shift -> jump[] -> run[], run[] + 1, ... -> address
 *
 * With many runs these would be two reads from outside of the processor's
 * cache; steps.h needs one.
 *
 * Memory is 8 bytes a run, and as much again for many runs; at most 2 for the
 * table of a list of millions.
 */
#ifndef SET_H
#define SET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/steps.h"

struct ranges;

struct set { /* read-only once built */
	uint64_t *run;
	size_t runs;
	uint64_t count; /* addresses, 0 to 2^32 */
	uint32_t *jump; /* or steps have lines */
	unsigned shift;
	struct steps steps;
};

/* Normalises `r` and takes over its memory. -1 and errno. */
int set_build(struct set *s, struct ranges *r);
void set_free(struct set *s);

/* Addresses of `n` indexes, each below s->count. */
void set_map(const struct set *s, const uint32_t *index, uint32_t *addr,
    size_t n);
/* Whether `addr` is in the set; its index goes to *index unless NULL. */
bool set_find(const struct set *s, uint32_t addr, uint32_t *index);
/* First and last address of run `i`. */
void set_run(const struct set *s, size_t i, uint32_t *first, uint32_t *last);

#endif
