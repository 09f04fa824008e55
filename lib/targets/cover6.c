/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks of a scan of IPv6; see cover6.h. As in cover.c, gaps are counted by
 * size, eight classes to each power of two, and the smallest are closed.
 */
#include "targets/cover6.h"

#define CLASSES (129 * 8)

/* Goes through windows, other addresses and pairs at once, ascending. */
struct walk {
	const struct numbering6 *s;
	size_t area, pair;
	struct extent6_walk plain;
	struct range6 next; /* of plain */
	bool have;
};

static struct walk
cover6_start(const struct numbering6 *s)
{
	struct walk w = { .s = s };

	w.have = extent6_next(&s->plain, &s->addrs, &w.plain, &w.next);
	return w;
}

static bool
cover6_next(struct walk *w, struct range6 *r)
{
	const struct ranges6 *area = &w->s->area;
	const struct packed *pairs = &w->s->pairs;
	int from = 0; /* nowhere */
	struct ip6 a;

	if (w->area < area->n) {
		from = 1;
		*r = area->v[w->area];
	}
	if (w->have && (from == 0 || ip6_less(w->next.first, r->first))) {
		from = 2;
		*r = w->next;
	}
	if (w->pair < pairs->n) {
		a = packed_addr(pairs, w->pair);
		if (from == 0 || ip6_less(a, r->first)) {
			from = 3;
			*r = (struct range6){ a, a };
		}
	}
	w->area += from == 1;
	w->pair += from == 3;
	if (from == 2)
		w->have = extent6_next(&w->s->plain, &w->s->addrs, &w->plain,
		    &w->next);
	return from != 0;
}

/* The class of a gap from the end of one range to the start of the next. */
static unsigned class(struct ip6 last, struct ip6 first)
{
	unsigned __int128 gap = ip6_number(first) - ip6_number(last) - 1;
	unsigned log = gap >> 64 != 0 ?
	    127 - __builtin_clzll((uint64_t)(gap >> 64)) :
	    63 - __builtin_clzll((uint64_t)gap);

	return log * 8 + (log >= 3 ? (unsigned)(gap >> (log - 3)) & 7 : 0);
}

/* Whether there is a gap between what ends at `last` and what begins there. */
static bool
apart(struct ip6 last, struct ip6 first)
{
	return ip6_less(last, first) &&
	    ip6_number(first) - ip6_number(last) > 1;
}

/* Gaps from this class up are few enough to be kept. */
static unsigned
cover6_least_class(const uint64_t *gaps, size_t most)
{
	unsigned c = CLASSES;
	uint64_t kept = 0;

	while (c > 0 && kept + gaps[c - 1] < most)
		kept += gaps[--c];
	return c;
}

/* Addresses that only pairs have. */
static uint64_t
count_pairs(const struct numbering6 *s)
{
	uint64_t count = 0;

	for (size_t i = 0; i < s->pairs.n; i++) {
		struct ip6 a = packed_addr(&s->pairs, i);

		if (i > 0 && ip6_equal(a, packed_addr(&s->pairs, i - 1)))
			continue;
		count += !numbering6_has(s, a);
	}
	return count;
}

int
cover6(const struct numbering6 *s, size_t most, struct ranges6 *r,
    uint64_t *count)
{
	uint64_t gaps[CLASSES] = { 0 };
	struct walk w = cover6_start(s);
	struct range6 one;
	struct ip6 last = { 0, 0 };
	bool any = false;
	unsigned least;

	*count = s->addresses + count_pairs(s);
	for (; cover6_next(&w, &one); any = true) {
		if (any && apart(last, one.first))
			gaps[class(last, one.first)]++;
		if (!any || ip6_less(last, one.last))
			last = one.last;
	}
	least = cover6_least_class(gaps, most);
	w = cover6_start(s);
	while (cover6_next(&w, &one)) {
		if (r->n > 0) {
			last = r->v[r->n - 1].last;
			if (!ip6_less(last, one.last))
				continue;
			if (!apart(last, one.first) ||
			    class(last, one.first) < least)
				one.first = r->v[r->n - 1].first;
		}
		if (ranges6_add(r, one.first, one.last) == -1)
			return -1;
	}
	return 0;
}
