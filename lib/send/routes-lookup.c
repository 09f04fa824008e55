/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking up the way of a target, and where two tables differ; see routes.h.
 */
#include "send/routes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "send/routes-table.h"

enum { INDEX = (1 << 16) + 1 }; /* /16s, and one behind them */

/* --- the fast way, for IPv4 --- */

/* Keys of IPv4, and where each /16 begins. */
int
routes_index(struct routes_table *t, int family)
{
	size_t i, at = 0;

	if (family != AF_INET)
		return 0;
	t->keys = calloc(t->n + 1, sizeof *t->keys);
	t->index = calloc(INDEX, sizeof *t->index);
	if (t->keys == NULL || t->index == NULL)
		return -1;
	for (i = 0; i < t->n; i++)
		t->keys[i] = address_host(&t->spans[i].first);
	for (i = 0; i < INDEX - 1; i++) {
		while (at < t->n && t->keys[at] < (uint64_t)i << 16)
			at++;
		t->index[i] = (uint32_t)at;
	}
	t->index[INDEX - 1] = (uint32_t)t->n;
	return 0;
}

/* Spreads neighbouring addresses; any constant with many bits does. */
static inline uint32_t
spread(const struct address *a)
{
	uint64_t h = 0;
	unsigned i;

	for (i = 0; i < a->size; i += 4)
		h = (h ^ get32(a->b + i)) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

static inline uint32_t
routes_pick(const struct routes *r, const struct routes_span *s,
    const struct address *a)
{
	if (s->npicks == 1)
		return r->picks[s->pick];
	return r->picks[s->pick +
	    (uint32_t)((uint64_t)spread(a) * s->npicks >> 32)];
}

static const struct routes_table *
table_of(const struct routes *r, unsigned source, uint16_t port)
{
	unsigned s = r->source_kind != NULL ? r->source_kind[source] : 0;
	unsigned p = r->port_kind != NULL ? r->port_kind[port] : 0;

	return &r->tables[s * r->nport_kinds + p];
}

long
routes_way4(const struct routes *r, unsigned source, uint16_t port,
    uint32_t target)
{
	const struct routes_table *t = table_of(r, source, port);
	size_t low = t->index[target >> 16], middle;
	size_t high = t->index[(target >> 16) + 1];
	struct address a;

	while (low < high) {
		middle = (low + high) / 2;
		if (t->keys[middle] <= target)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address_host(&t->spans[low - 1].last) < target)
		return -1;
	a = address_ipv4(target);
	return routes_pick(r, &t->spans[low - 1], &a);
}

/* --- any way --- */

/* The ways of an address in one table; NULL: none. */
static const struct routes_span *
span_of(const struct routes_table *t, const struct address *a)
{
	size_t low = 0, high = t->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (address_compare(&t->spans[middle].first, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 || address_compare(&t->spans[low - 1].last, a) < 0 ?
	    NULL :
	    &t->spans[low - 1];
}

long
routes_way(const struct routes *r, unsigned source, uint16_t port,
    const struct address *target)
{
	const struct routes_span *s = span_of(table_of(r, source, port),
	    target);

	return s == NULL ? -1 : (long)routes_pick(r, s, target);
}

/* --- what differs --- */

bool
routes_same_way(const struct way *a, const struct way *b)
{
	return a->refused == b->refused && a->ifindex == b->ifindex &&
	    address_same(&a->gateway, &b->gateway) &&
	    address_same(&a->source, &b->source) && a->mtu == b->mtu &&
	    a->chosen == b->chosen && a->by_port == b->by_port;
}

static bool
same_ways(const struct routes *a, const struct routes_span *s,
    const struct routes *b, const struct routes_span *t)
{
	uint32_t i;

	if (s == NULL || t == NULL || s->npicks != t->npicks)
		return s == t;
	for (i = 0; i < s->npicks; i++)
		if (!routes_same_way(&a->ways[a->picks[s->pick + i]],
			&b->ways[b->picks[t->pick + i]]))
			return false;
	return true;
}

/* At the edges of the first table; all that differs begins at one of one. */
static bool
table_differs(const struct routes *a, const struct routes_table *edges,
    const struct routes *b, size_t number, struct address *first)
{
	const struct routes_table *s = &a->tables[number];
	const struct routes_table *t = &b->tables[number];
	size_t i;

	for (i = 0; i < edges->n; i++) {
		*first = edges->spans[i].first;
		if (!same_ways(a, span_of(s, first), b, span_of(t, first)))
			return true;
	}
	return false;
}

static struct way
way_in(const struct routes *r, size_t number, const struct address *a)
{
	const struct routes_span *s = span_of(&r->tables[number], a);

	if (s == NULL)
		return (struct way){ .refused = ROUTES_NO_ROUTE };
	return r->ways[routes_pick(r, s, a)];
}

bool
routes_differ(const struct routes *a, const struct routes *b,
    struct address *first, struct way *was, struct way *is)
{
	size_t i, n = (size_t)a->nsource_kinds * a->nport_kinds;

	/* rules that tell other kinds apart: the first table tells enough */
	if (a->nsource_kinds != b->nsource_kinds ||
	    a->nport_kinds != b->nport_kinds)
		n = 1;
	for (i = 0; i < n; i++)
		if (table_differs(a, &a->tables[i], b, i, first) ||
		    table_differs(a, &b->tables[i], b, i, first)) {
			*was = way_in(a, i, first);
			*is = way_in(b, i, first);
			return true;
		}
	return false;
}
