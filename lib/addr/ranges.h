/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of IPv4 addresses while a set is being put together.
 *
 * A range is one 64-bit word, first address above last address, so that
 * sorting ranges is sorting numbers:
 *
 *	63          32 31           0
 *	+-------------+-------------+
 *	| first       | last        |	both in host order, both inclusive
 *	+-------------+-------------+
 *
 * Add in any order, then normalise once: sorted, disjoint, not adjacent. The
 * set operations want normalised arguments and leave a normalised result.
 * When all is put together, set_build() (set.h) takes the memory over.
 */
#ifndef RANGES_H
#define RANGES_H
#include <stddef.h>
#include <stdint.h>

struct ranges { /* { 0 } is the empty set */
	uint64_t *v;
	size_t n, cap;
};

static inline uint32_t
ranges_first(uint64_t range)
{
	return range >> 32;
}

static inline uint32_t
ranges_last(uint64_t range)
{
	return (uint32_t)range;
}

/* All of these return -1 with errno set when memory is short. */
int ranges_add(struct ranges *r, uint32_t first, uint32_t last);
int ranges_copy(struct ranges *to, const struct ranges *from);
/* Takes out of `r` what is in `cut`; memory of r->n + cut->n words at most. */
int ranges_subtract(struct ranges *r, const struct ranges *cut);
int ranges_intersect(struct ranges *r, const struct ranges *with);

void ranges_normalise(struct ranges *r);
/* How many addresses; needs normalised ranges, as do the next two. */
uint64_t ranges_count(const struct ranges *r);
int ranges_contain(const struct ranges *r, uint32_t addr);
/* Whether every address of `part` is in `r`. */
int ranges_cover(const struct ranges *r, const struct ranges *part);
void ranges_free(struct ranges *r);

#endif
