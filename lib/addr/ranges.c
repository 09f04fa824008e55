/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unions and differences of address ranges, in place: a list of thirty
 * million addresses is held once, at eight bytes each, and never copied.
 */
#include "addr/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"

static uint64_t
range(uint32_t first, uint32_t last)
{
	return (uint64_t)first << 32 | last;
}

static int
reserve(struct ranges *r, size_t cap)
{
	uint64_t *v;

	if (cap <= r->cap)
		return 0;
	v = reallocarray(r->v, cap, sizeof *v);
	if (v == NULL)
		return -1;
	r->v = v;
	r->cap = cap;
	return 0;
}

int
ranges_add(struct ranges *r, uint32_t first, uint32_t last)
{
	/* sorted input, the usual case, is merged on the way */
	if (r->n > 0) {
		uint64_t *p = &r->v[r->n - 1];

		if (first >= ranges_first(*p) &&
		    first <= (uint64_t)ranges_last(*p) + 1) {
			if (last > ranges_last(*p))
				*p = range(ranges_first(*p), last);
			return 0;
		}
	}
	/* large arrays are moved by the kernel's page tables, not copied */
	if (r->n == r->cap && reserve(r, r->cap ? r->cap * 2 : 64) == -1)
		return -1;
	r->v[r->n++] = range(first, last);
	return 0;
}

int
ranges_copy(struct ranges *to, const struct ranges *from)
{
	if (reserve(to, from->n) == -1)
		return -1;
	if (from->n > 0)
		memcpy(to->v, from->v, from->n * sizeof *to->v);
	to->n = from->n;
	return 0;
}

void
ranges_normalise(struct ranges *r)
{
	size_t out = 0;

	if (r->n == 0)
		return;
	sort_u64(r->v, r->n);
	for (size_t i = 1; i < r->n; i++) {
		uint64_t next = r->v[i], *p = &r->v[out];

		if (ranges_first(next) > (uint64_t)ranges_last(*p) + 1)
			r->v[++out] = next;
		else if (ranges_last(next) > ranges_last(*p))
			*p = range(ranges_first(*p), ranges_last(next));
	}
	r->n = out + 1;
}

/*
 * The input is moved to the end of the buffer and the result grows from its
 * start. Each input range leaves at most one range more than there are
 * ranges of `cut` that end inside it, and each of these ends in one place,
 * so with cut->n words of room the result never overtakes the input.
 */
int
ranges_subtract(struct ranges *r, const struct ranges *cut)
{
	size_t n = r->n, out = 0, c = 0;
	uint64_t *in;

	if (n == 0 || cut->n == 0)
		return 0;
	if (reserve(r, n + cut->n) == -1)
		return -1;
	in = r->v + cut->n;
	memmove(in, r->v, n * sizeof *in);
	for (size_t i = 0; i < n; i++) {
		uint32_t first = ranges_first(in[i]), last = ranges_last(in[i]);
		int left = 1;

		while (c < cut->n && ranges_last(cut->v[c]) < first)
			c++;
		while (c < cut->n && ranges_first(cut->v[c]) <= last) {
			uint32_t from = ranges_first(cut->v[c]);
			uint32_t to = ranges_last(cut->v[c]);

			if (from > first)
				r->v[out++] = range(first, from - 1);
			if (to >= last) {
				left = 0;
				break;
			}
			first = to + 1;
			c++;
		}
		if (left)
			r->v[out++] = range(first, last);
	}
	r->n = out;
	return 0;
}

int
ranges_intersect(struct ranges *r, const struct ranges *with)
{
	struct ranges rest = { 0 };
	int ret = -1;

	if (ranges_add(&rest, 0, UINT32_MAX) == 0 &&
	    ranges_subtract(&rest, with) == 0 && ranges_subtract(r, &rest) == 0)
		ret = 0;
	ranges_free(&rest);
	return ret;
}

uint64_t
ranges_count(const struct ranges *r)
{
	uint64_t count = 0;

	for (size_t i = 0; i < r->n; i++)
		count += (uint64_t)ranges_last(r->v[i]) -
		    ranges_first(r->v[i]) + 1;
	return count;
}

/* The number of ranges that begin at or before `addr`. */
static size_t
ranges_before(const struct ranges *r, uint32_t addr)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ranges_first(r->v[mid]) <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int
ranges_contain(const struct ranges *r, uint32_t addr)
{
	size_t i = ranges_before(r, addr);

	return i > 0 && ranges_last(r->v[i - 1]) >= addr;
}

int
ranges_cover(const struct ranges *r, const struct ranges *part)
{
	for (size_t i = 0; i < part->n; i++) {
		size_t k = ranges_before(r, ranges_first(part->v[i]));

		if (k == 0 ||
		    ranges_last(r->v[k - 1]) < ranges_last(part->v[i]))
			return 0;
	}
	return 1;
}

void
ranges_free(struct ranges *r)
{
	free(r->v);
	*r = (struct ranges){ 0 };
}
