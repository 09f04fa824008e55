/* SPDX-License-Identifier: Apache-2.0 */
/* Membership in many ranges; see members.h. */
#include "addr/members.h"

#include <stdlib.h>

#define FEW_RANGES 64
#define NETS	   (1u << 24) /* of 256 addresses */
#define PARTS	   (1u << 16) /* of 65,536 addresses */

static void
members_mark(uint64_t *some, uint32_t first, uint32_t last)
{
	uint32_t from = first / 64, to = last / 64;
	uint64_t begin = UINT64_MAX << first % 64;
	uint64_t end = UINT64_MAX >> (63 - last % 64);

	if (from == to) {
		some[from] |= begin & end;
		return;
	}
	some[from++] |= begin;
	while (from < to)
		some[from++] = UINT64_MAX;
	some[to] |= end;
}

static void
members_fill(struct members *m, const struct ranges *r)
{
	uint32_t part = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint32_t first = ranges_first(r->v[i]);
		uint32_t last = ranges_last(r->v[i]);

		members_mark(m->some, first >> 8, last >> 8);
		/* the first range that ends in it, or after it */
		while (part <= last >> 16)
			m->from[part++] = i;
	}
	while (part <= PARTS)
		m->from[part++] = r->n;
}

int
members_build(struct members *m, const struct ranges *r)
{
	*m = (struct members){ 0 };
	if (r->n <= FEW_RANGES)
		return 0;
	m->some = calloc(NETS / 64, sizeof *m->some);
	m->from = malloc((PARTS + 1) * sizeof *m->from);
	if (m->some == NULL || m->from == NULL) {
		members_free(m);
		return -1;
	}
	members_fill(m, r);
	return 0;
}

bool
members_have(const struct members *m, const struct ranges *r, uint32_t address)
{
	uint32_t net = address >> 8, part = address >> 16;
	size_t low, high;

	if (m->some == NULL)
		return ranges_contain(r, address);
	if ((m->some[net / 64] >> net % 64 & 1) == 0)
		return false;
	low = m->from[part];
	high = m->from[part + 1];
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ranges_last(r->v[mid]) < address)
			low = mid + 1;
		else
			high = mid;
	}
	/*
	 * the last of a part may lie in the next as well, and then is its first
	 */
	return low < r->n && ranges_first(r->v[low]) <= address;
}

void
members_free(struct members *m)
{
	free(m->some);
	free(m->from);
	*m = (struct members){ 0 };
}
