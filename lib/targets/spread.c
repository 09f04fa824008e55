/* SPDX-License-Identifier: Apache-2.0 */
/* Places of copies; see spread.h. */
#include "targets/spread.h"

#define BLOCK_MAX 1024
#define PARTS	  32 /* of a distance, which is rounded up to whole ones */

void
spread_make(struct spread *s, uint64_t targets, unsigned copies,
    uint64_t distance)
{
	*s = (struct spread){ .targets = targets,
		.copies = copies,
		.block = 1 };
	while (s->block < BLOCK_MAX && s->block * 2 <= distance / PARTS)
		s->block *= 2;
	s->blocks = targets / s->block + (targets % s->block != 0);
	s->distance = distance / s->block + (distance % s->block != 0);
	if (s->distance > s->blocks)
		s->distance = s->blocks;
}

uint64_t
spread_places(const struct spread *s)
{
	return s->targets * s->copies;
}

/* Copies of number k that stand before this block of time. */
static uint64_t
copies_before(const struct spread *s, uint64_t block, unsigned k)
{
	uint64_t begin = k * s->distance, n;

	if (block <= begin)
		return 0;
	n = block - begin;
	return n >= s->blocks ? s->targets : n * s->block;
}

static uint64_t
places_before(const struct spread *s, uint64_t block)
{
	uint64_t sum = 0;
	unsigned k;

	for (k = 0; k < s->copies; k++)
		sum += copies_before(s, block, k);
	return sum;
}

/* The block of time that a place is in. */
static uint64_t
spread_block_of(const struct spread *s, uint64_t place)
{
	uint64_t low = 0, high = s->blocks + (s->copies - 1) * s->distance, mid;

	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (places_before(s, mid) <= place)
			low = mid;
		else
			high = mid;
	}
	return low;
}

struct spread_run
spread_at(const struct spread *s, uint64_t place)
{
	uint64_t block = spread_block_of(s, place), n;
	struct spread_run r = { .copy = 0 };

	place -= places_before(s, block);
	for (;; r.copy++) {
		r.target = copies_before(s, block, r.copy);
		n = copies_before(s, block + 1, r.copy) - r.target;
		if (place < n)
			break;
		place -= n;
	}
	r.target += place;
	r.n = n - place;
	return r;
}

uint64_t
spread_firsts(const struct spread *s, uint64_t place)
{
	struct spread_run r;
	uint64_t n;

	if (place >= spread_places(s))
		return s->targets;
	r = spread_at(s, place);
	if (r.copy == 0)
		return r.target;
	n = copies_before(s, spread_block_of(s, place) + 1, 0);
	return n;
}

uint64_t
spread_place(const struct spread *s, uint64_t target, unsigned copy)
{
	uint64_t block = target / s->block + copy * s->distance;
	uint64_t place = places_before(s, block);
	unsigned k;

	for (k = 0; k < copy; k++)
		place += copies_before(s, block + 1, k) -
		    copies_before(s, block, k);
	return place + target % s->block;
}
