/* SPDX-License-Identifier: Apache-2.0 */
/* One table, as the kernel answers; see routes-table.h. */
#include "send/routes-table.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

enum { PICKS_MAX = 256 }; /* of one span */

/* --- growing --- */

/* Room for one more of size bytes; capacities are powers of two from 16. */
static void *
routes_room(void *v, size_t n, size_t size)
{
	if (n != 0 && (n < 16 || (n & (n - 1)) != 0))
		return v;
	return realloc(v, (n < 16 ? 16 : 2 * n) * size);
}

/* The number of this way, which may be new; -1 for lack of memory. */
static long
add_way(struct routes *r, const struct way *w)
{
	struct way *v;
	size_t i;

	for (i = r->nways; i-- > 0;)
		if (routes_same_way(&r->ways[i], w))
			return (long)i;
	v = routes_room(r->ways, r->nways, sizeof *v);
	if (v == NULL)
		return -1;
	r->ways = v;
	v[r->nways] = *w;
	return (long)r->nways++;
}

static int
add_pick(struct routes *r, uint32_t way)
{
	uint32_t *v = routes_room(r->picks, r->npicks, sizeof *v);

	if (v == NULL)
		return -1;
	r->picks = v;
	v[r->npicks++] = way;
	return 0;
}

/* --- the way of one piece --- */

static enum routes_refusal
refusal_of(int error)
{
	switch (error) {
	case EINVAL:
		return ROUTES_BLACKHOLE;
	case EHOSTUNREACH:
		return ROUTES_UNREACHABLE;
	case EACCES:
		return ROUTES_PROHIBITED;
	}
	return ROUTES_NO_ROUTE;
}

static enum routes_refusal
refusal_of_type(unsigned type)
{
	switch (type) {
	case RTN_LOCAL:
		return ROUTES_OURS;
	case RTN_BROADCAST:
		return ROUTES_BROADCAST;
	case RTN_MULTICAST:
		return ROUTES_MULTICAST;
	case RTN_BLACKHOLE:
		return ROUTES_BLACKHOLE;
	case RTN_UNREACHABLE:
		return ROUTES_UNREACHABLE;
	case RTN_PROHIBIT:
		return ROUTES_PROHIBITED;
	}
	return ROUTES_OPEN;
}

static unsigned
mtu_of(const struct routes_site *s, unsigned ifindex, unsigned mtu)
{
	const struct message_link *l = network_link(s->network, ifindex);

	return mtu != 0 || l == NULL ? mtu : l->mtu;
}

/*
 * The address to send from to a gateway, as the kernel chooses it, where the
 * route itself names none.
 */
static struct address
source_towards(struct routes_site *s, const struct message_hop *hop,
    const struct address *target)
{
	struct nexthop_flow f = { .ifindex = hop->ifindex, .uid = s->flow.uid };
	bool same = hop->gateway.size == target->size;
	struct nexthop n;

	if (nexthop_ask(s->nl, &f, same ? &hop->gateway : target, 1, &n) ==
		-1 ||
	    n.error != 0)
		return (struct address){ .size = 0 };
	return n.route.source;
}

static int
add_hop(struct routes_site *s, const struct message_hop *hop, struct way *w,
    const struct address *target)
{
	unsigned weight = hop->weight;
	long n;

	w->ifindex = hop->ifindex;
	w->gateway = hop->gateway;
	w->mtu = mtu_of(s, hop->ifindex, w->mtu);
	if (s->q->nsources == 0 && w->source.size == 0)
		w->source = source_towards(s, hop, target);
	n = add_way(s->r, w);
	if (n == -1)
		return -1;
	while (weight-- > 0)
		if (add_pick(s->r, (uint32_t)n) == -1)
			return -1;
	return 0;
}

/* Weights, made smaller together so that all hops find room. */
static unsigned
scale(const struct message_route *e, unsigned weight)
{
	unsigned sum = 0, i;

	for (i = 0; i < e->nhops; i++)
		sum += e->hops[i].weight;
	if (sum > PICKS_MAX)
		weight = weight * (PICKS_MAX / 2) / sum;
	return weight > 0 ? weight : 1;
}

/* All hops of a route that has several. */
static int
add_hops(struct routes_site *s, const struct message_route *e,
    const struct address *target)
{
	struct message_hop hop;
	struct way w;
	unsigned i;

	for (i = 0; i < e->nhops; i++) {
		hop = e->hops[i];
		if (hop.dead)
			continue;
		hop.weight = scale(e, hop.weight);
		w = (struct way){ .mtu = e->mtu, .chosen = true };
		if (s->q->nsources == 0)
			w.source = e->source;
		if (add_hop(s, &hop, &w, target) == -1)
			return -1;
	}
	return 0;
}

static int
add_refused(struct routes_site *s, enum routes_refusal why,
    const struct message_route *to)
{
	struct way w = { .refused = why, .ifindex = to->hop.ifindex };
	long n;

	/* these may be taken all the same */
	if (why == ROUTES_OURS && s->q->nsources == 0)
		w.source = to->source;
	n = add_way(s->r, &w);
	return n == -1 ? -1 : add_pick(s->r, (uint32_t)n);
}

/*
 * With an interface given, the kernel takes a target that it has no route for
 * to be on that link.  What the tables really hold tells the two apart.
 */
static bool
is_guess(const struct routes_site *s, const struct nexthop *n,
    const struct nexthop *e)
{
	return s->q->ifindex != 0 && !s->q->on_link && e->error != 0 &&
	    n->route.hop.gateway.size == 0 && n->route.type == RTN_UNICAST;
}

/* Picks for one piece. */
static int
add_picks(struct routes_site *s, const struct nexthop *n,
    const struct nexthop *e, const struct address *target)
{
	struct way w = { .mtu = n->route.mtu };
	struct message_hop hop = { .weight = 1 };
	enum routes_refusal why = ROUTES_OPEN;
	size_t before = s->r->npicks;

	if (n->error == ENETUNREACH && s->q->on_link) {
		/* its link is down, but it is where they are to go */
		hop.ifindex = s->q->ifindex;
		return add_hop(s, &hop, &w, target);
	}
	if (n->error != 0)
		why = refusal_of(n->error);
	else
		why = refusal_of_type(n->route.type);
	if (why == ROUTES_OPEN && is_guess(s, n, e))
		why = ROUTES_NO_ROUTE;
	if (why != ROUTES_OPEN)
		return add_refused(s, why, &n->route);
	if (s->q->ifindex == 0 && e->error == 0 && e->route.nhops > 1) {
		if (add_hops(s, &e->route, target) == -1)
			return -1;
		if (s->r->npicks > before)
			return 0;
	}
	if (s->q->nsources == 0)
		w.source = n->route.source;
	w.by_port = s->flow.protocol != 0;
	return add_hop(s, &n->route.hop, &w, target);
}

/* --- pieces --- */

static bool
same_picks(const struct routes *r, const struct routes_span *a, uint32_t pick,
    uint32_t npicks)
{
	return a->npicks == npicks &&
	    memcmp(r->picks + a->pick, r->picks + pick,
		npicks * sizeof *r->picks) == 0;
}

/* One more piece, or a longer one if the one before goes the same way. */
static int
add_span(struct routes_site *s, const struct address *first,
    const struct address *last, size_t pick)
{
	uint32_t npicks = (uint32_t)(s->r->npicks - pick);
	struct routes_table *t = s->table;
	struct routes_span *v;
	struct address behind;

	if (t->n > 0) {
		v = &t->spans[t->n - 1];
		behind = v->last;
		if (address_next(&behind) && address_same(&behind, first) &&
		    same_picks(s->r, v, (uint32_t)pick, npicks)) {
			v->last = *last;
			s->r->npicks = pick;
			return 0;
		}
	}
	v = routes_room(t->spans, t->n, sizeof *v);
	if (v == NULL)
		return -1;
	t->spans = v;
	v[t->n++] = (struct routes_span){ .first = *first,
		.last = *last,
		.pick = (uint32_t)pick,
		.npicks = npicks };
	return 0;
}

static uint64_t
routes_count(const struct address *first, const struct address *last)
{
	size_t skip = first->size == 4 ? 0 : 8;
	uint64_t a, b;

	if (first->size == 4)
		return (uint64_t)address_host(last) - address_host(first) + 1;
	/* more than can be scanned */
	if (memcmp(first->b, last->b, skip) != 0)
		return UINT64_MAX / 2;
	a = get64(first->b + skip);
	b = get64(last->b + skip);
	return b - a == UINT64_MAX ? UINT64_MAX / 2 : b - a + 1;
}

/* Who takes part, for the messages. */
static void
routes_count_targets(struct routes *r, size_t pick, const struct address *first,
    const struct address *last)
{
	uint64_t n = routes_count(first, last), share = r->npicks - pick;
	struct way *w;
	size_t i;

	for (i = pick; i < r->npicks; i++) {
		w = &r->ways[r->picks[i]];
		if (w->targets == 0)
			w->first = *first;
		w->targets += n / share + (i - pick < n % share);
	}
}

/* Asks for the pieces that wait. */
static int
routes_flush(struct routes_site *s)
{
	struct nexthop n[NEXTHOP_MANY], e[NEXTHOP_MANY];
	struct nexthop_flow entry = s->flow;
	size_t i, pick;

	if (s->n == 0)
		return 0;
	memset(e, 0, sizeof e);
	entry.entry = true;
	if (nexthop_ask(s->nl, &s->flow, s->first, s->n, n) == -1)
		return -1;
	if ((s->network->multipath || s->q->ifindex != 0) &&
	    nexthop_ask(s->nl, &entry, s->first, s->n, e) == -1)
		return -1;
	for (i = 0; i < s->n; i++) {
		pick = s->r->npicks;
		if (add_picks(s, &n[i], &e[i], &s->first[i]) == -1)
			return -1;
		routes_count_targets(s->r, pick, &s->first[i], &s->last[i]);
		if (add_span(s, &s->first[i], &s->last[i], pick) == -1)
			return -1;
	}
	s->n = 0;
	return 0;
}

static int
add_piece(struct routes_site *s, const struct address *first,
    const struct address *last)
{
	s->first[s->n] = *first;
	s->last[s->n++] = *last;
	return s->n == NEXTHOP_MANY ? routes_flush(s) : 0;
}

/* The first cut behind an address. */
static size_t
cut_behind(const struct network *w, const struct address *a)
{
	size_t low = 0, high = w->ncuts, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (address_compare(&w->cuts[middle], a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
add_network(struct routes_site *s, struct address first,
    const struct address *last)
{
	const struct network *w = s->network;
	struct address before;
	size_t i;

	for (i = cut_behind(w, &first);
	     i < w->ncuts && address_compare(&w->cuts[i], last) <= 0; i++) {
		before = w->cuts[i];
		address_previous(&before);
		if (add_piece(s, &first, &before) == -1)
			return -1;
		first = w->cuts[i];
	}
	return add_piece(s, &first, last);
}

/* --- the networks of a scan --- */

static int
add_networks4(struct routes_site *s, const struct ranges *r)
{
	struct address last;
	size_t i;

	for (i = 0; i < r->n; i++) {
		last = address_ipv4(ranges_last(r->v[i]));
		if (add_network(s, address_ipv4(ranges_first(r->v[i])),
			&last) == -1)
			return -1;
	}
	return 0;
}

static int
add_networks6(struct routes_site *s, const struct ranges6 *r)
{
	unsigned char first[IP6_SIZE], end[IP6_SIZE];
	struct address last;

	for (size_t i = 0; i < r->n; i++) {
		ip6_put(first, r->v[i].first);
		ip6_put(end, r->v[i].last);
		last = address_of(end, IP6_SIZE);
		if (add_network(s, address_of(first, IP6_SIZE), &last) == -1)
			return -1;
	}
	return 0;
}

static int
add_networks(struct routes_site *s)
{
	const struct routes_query *q = s->q;
	struct address none = { .size = address_family_size(
				    s->network->family) };
	struct address last = address_last(&none, 0);

	if (none.size == 4 && q->networks != NULL && q->networks->n > 0)
		return add_networks4(s, q->networks);
	if (none.size == 16 && q->networks6 != NULL && q->networks6->n > 0)
		return add_networks6(s, q->networks6);
	return add_network(s, none, &last);
}

int
routes_build(struct routes_site *s)
{
	if (add_networks(s) == -1 || routes_flush(s) == -1)
		return -1;
	return routes_index(s->table, s->network->family);
}
