/* SPDX-License-Identifier: Apache-2.0 */
/* Unions and differences of IPv6 ranges; see ranges6.h. */
#include "addr/ranges6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct ip6 top = { UINT64_MAX, UINT64_MAX };

static struct ip6
after(struct ip6 a)
{
	return ip6_from_number(ip6_number(a) + 1);
}

static struct ip6
ranges6_before(struct ip6 a)
{
	return ip6_from_number(ip6_number(a) - 1);
}

/* Whether `a` is in a range that ends at `last`, or just behind it. */
static bool
touches(struct ip6 a, struct ip6 last)
{
	return ip6_equal(last, top) || !ip6_less(after(last), a);
}

int
ranges6_add(struct ranges6 *r, struct ip6 first, struct ip6 last)
{
	struct range6 *p = r->n > 0 ? &r->v[r->n - 1] : NULL;

	/* sorted input, the usual case, is merged on the way */
	if (p != NULL && !ip6_less(first, p->first) &&
	    touches(first, p->last)) {
		if (ip6_less(p->last, last))
			p->last = last;
		return 0;
	}
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 16;
		struct range6 *v = reallocarray(r->v, cap, sizeof *v);

		if (v == NULL)
			return -1;
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = (struct range6){ first, last };
	return 0;
}

int
ranges6_join(struct ranges6 *r, const struct ranges6 *more)
{
	for (size_t i = 0; i < more->n; i++)
		if (ranges6_add(r, more->v[i].first, more->v[i].last) == -1)
			return -1;
	return 0;
}

int
ranges6_copy(struct ranges6 *to, const struct ranges6 *from)
{
	to->n = 0;
	return ranges6_join(to, from);
}

static int
by_first(const void *a, const void *b)
{
	const struct range6 *x = a, *y = b;

	return ip6_compare(x->first, y->first);
}

void
ranges6_normalise(struct ranges6 *r)
{
	size_t out = 0, i = 1;

	while (i < r->n && ip6_less(r->v[i - 1].first, r->v[i].first))
		i++;
	if (i < r->n)
		qsort(r->v, r->n, sizeof *r->v, by_first);
	for (i = 1; i < r->n; i++) {
		struct range6 next = r->v[i], *p = &r->v[out];

		if (!touches(next.first, p->last))
			r->v[++out] = next;
		else if (ip6_less(p->last, next.last))
			p->last = next.last;
	}
	if (r->n > 0)
		r->n = out + 1;
}

/* What of one range is not in `cut`, from its range *c on. */
static int
rest(struct ranges6 *out, struct range6 in, const struct ranges6 *cut,
    size_t *c)
{
	while (*c < cut->n && ip6_less(cut->v[*c].last, in.first))
		++*c;
	for (; *c < cut->n && !ip6_less(in.last, cut->v[*c].first); ++*c) {
		struct range6 hole = cut->v[*c];

		if (ip6_less(in.first, hole.first) &&
		    ranges6_add(out, in.first, ranges6_before(hole.first)) ==
			-1)
			return -1;
		if (!ip6_less(hole.last, in.last))
			return 0;
		in.first = after(hole.last);
	}
	return ranges6_add(out, in.first, in.last);
}

int
ranges6_subtract(struct ranges6 *r, const struct ranges6 *cut)
{
	struct ranges6 out = { 0 };
	size_t c = 0;

	if (r->n == 0 || cut->n == 0)
		return 0;
	for (size_t i = 0; i < r->n; i++)
		if (rest(&out, r->v[i], cut, &c) == -1) {
			ranges6_free(&out);
			return -1;
		}
	ranges6_free(r);
	*r = out;
	return 0;
}

int
ranges6_intersect(struct ranges6 *r, const struct ranges6 *with)
{
	struct ranges6 others = { 0 };
	int rc = -1;

	if (ranges6_add(&others, (struct ip6){ 0, 0 }, top) == 0 &&
	    ranges6_subtract(&others, with) == 0)
		rc = ranges6_subtract(r, &others);
	ranges6_free(&others);
	return rc;
}

unsigned __int128
ranges6_count(const struct ranges6 *r)
{
	unsigned __int128 count = 0;

	for (size_t i = 0; i < r->n; i++) {
		count += ip6_number(r->v[i].last) - ip6_number(r->v[i].first);
		if (count != ip6_number(top))
			count++;
	}
	return count;
}

/* The number of ranges that begin at or before `a`. */
static size_t
begun(const struct ranges6 *r, struct ip6 a)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ip6_less(a, r->v[mid].first))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

bool
ranges6_contain(const struct ranges6 *r, struct ip6 a)
{
	size_t i = begun(r, a);

	return i > 0 && !ip6_less(r->v[i - 1].last, a);
}

bool
ranges6_pass(const struct ranges6 *r, struct ip6 a, size_t *at)
{
	while (*at < r->n && ip6_less(r->v[*at].last, a))
		++*at;
	return *at < r->n && !ip6_less(a, r->v[*at].first);
}

bool
ranges6_cover(const struct ranges6 *r, const struct ranges6 *part)
{
	for (size_t i = 0; i < part->n; i++) {
		size_t k = begun(r, part->v[i].first);

		if (k == 0 || ip6_less(r->v[k - 1].last, part->v[i].last))
			return false;
	}
	return true;
}

void
ranges6_free(struct ranges6 *r)
{
	free(r->v);
	*r = (struct ranges6){ 0 };
}
