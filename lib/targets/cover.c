/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks of a scan; see cover.h. Lists may have tens of millions of ranges,
 * so their gaps are not sorted but counted by size, eight classes to each
 * power of two.
 */
#include "targets/cover.h"

#define CLASSES (33 * 8)

/* Goes through set and pairs at once, in ascending order. */
struct walk {
	const struct numbering *s;
	size_t run, pair;
};

static int
cover_next(struct walk *w, uint32_t *first, uint32_t *last)
{
	const struct numbering_pairs *p = &w->s->pairs;
	int have = w->run < w->s->set.runs;

	if (have)
		set_run(&w->s->set, w->run, first, last);
	if (w->pair < p->n && (!have || p->v[w->pair] >> 16 < *first)) {
		*first = *last = p->v[w->pair++] >> 16;
		return 1;
	}
	w->run += have;
	return have;
}

/* The class of a gap from the end of one range to the start of the next. */
static unsigned class(uint64_t gap)
{
	unsigned log = 63 - __builtin_clzll(gap);

	return log * 8 + (log >= 3 ? gap >> (log - 3) & 7 : 0);
}

/* Gaps from this class up are few enough to be kept. */
static unsigned
least_class(const uint64_t *gaps, size_t most)
{
	unsigned c = CLASSES;
	uint64_t kept = 0;

	while (c > 0 && kept + gaps[c - 1] < most)
		kept += gaps[--c];
	return c;
}

int
cover(const struct numbering *s, size_t most, struct ranges *r, uint64_t *count)
{
	uint64_t gaps[CLASSES] = { 0 }, end = 0; /* end: exclusive */
	struct walk w = { .s = s };
	uint32_t first, last;
	unsigned least;

	*count = 0;
	while (cover_next(&w, &first, &last)) {
		if (w.run + w.pair > 1 && first > end)
			gaps[class(first - end)]++;
		if (last >= end) {
			uint64_t from = first > end ? first : end;

			*count += (uint64_t)last + 1 - from;
			end = (uint64_t)last + 1;
		}
	}
	least = least_class(gaps, most);
	w = (struct walk){ .s = s };
	while (cover_next(&w, &first, &last)) {
		if (r->n > 0) {
			end = (uint64_t)ranges_last(r->v[r->n - 1]) + 1;
			if (last < end)
				continue;
			if (first <= end || class(first - end) < least)
				first = end;
		}
		if (ranges_add(r, first, last) == -1)
			return -1;
	}
	return 0;
}
