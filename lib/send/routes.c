/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of ways; see routes.h.
 *
 * A kind of sources is those that the same rules mean ("from"); a kind of
 * ports is those that are in the same ranges of all rules.  One of each kind
 * is asked for.
 */
#include "send/routes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "send/nexthop.h"

enum {
	PICKS_MAX = 256,       /* of one span */
	KINDS_MAX = 255,       /* of ports */
	INDEX = (1 << 16) + 1, /* /16s, and one behind them */
	SIGNATURES = 1024 / 8, /* rules that are told apart */
	RULES_MAX = SIGNATURES * 8,
};

static const struct {
	const char *text;
	bool loses;
} refusals[] = {
	[ROUTES_OPEN] = { "open", false },
	[ROUTES_NO_ROUTE] = { "no route", true },
	[ROUTES_UNREACHABLE] = { "a route says that they are unreachable",
	    true },
	[ROUTES_PROHIBITED] = { "a route or rule prohibits them", true },
	[ROUTES_BLACKHOLE] = { "a blackhole route", true },
	[ROUTES_NEIGHBOUR] = { "their gateway does not answer", true },
	[ROUTES_OURS] = { "addresses of this machine", false },
	[ROUTES_BROADCAST] = { "broadcast addresses", false },
	[ROUTES_MULTICAST] = { "multicast addresses", false },
};

const char *
routes_refusal_text(enum routes_refusal r)
{
	return refusals[r].text;
}

bool
routes_refusal_loses(enum routes_refusal r)
{
	return refusals[r].loses;
}

/* --- growing --- */

/* Room for one more of size bytes; capacities are powers of two from 16. */
static void *
routes_room(void *v, size_t n, size_t size)
{
	if (n != 0 && (n < 16 || (n & (n - 1)) != 0))
		return v;
	return realloc(v, (n < 16 ? 16 : 2 * n) * size);
}

static bool
same_way(const struct way *a, const struct way *b)
{
	return a->refused == b->refused && a->ifindex == b->ifindex &&
	    address_same(&a->gateway, &b->gateway) &&
	    address_same(&a->source, &b->source) && a->mtu == b->mtu &&
	    a->chosen == b->chosen && a->by_port == b->by_port;
}

/* The number of this way, which may be new; -1 for lack of memory. */
static long
add_way(struct routes *r, const struct way *w)
{
	struct way *v;
	size_t i;

	for (i = r->nways; i-- > 0;)
		if (same_way(&r->ways[i], w))
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

/* --- the answers --- */

/* A building site: one table, and what it is asked with. */
struct site {
	struct routes *r;
	struct routes_table *table;
	struct netlink *nl;
	const struct network *network;
	const struct routes_query *q;
	struct nexthop_flow flow;
	/* Pieces that have yet to be asked for. */
	struct address first[NEXTHOP_MANY], last[NEXTHOP_MANY];
	size_t n;
};

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
mtu_of(const struct site *s, unsigned ifindex, unsigned mtu)
{
	const struct message_link *l = network_link(s->network, ifindex);

	return mtu != 0 || l == NULL ? mtu : l->mtu;
}

/*
 * The address to send from to a gateway, as the kernel chooses it, where the
 * route itself names none.
 */
static struct address
source_towards(struct site *s, const struct message_hop *hop,
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
add_hop(struct site *s, const struct message_hop *hop, struct way *w,
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
add_hops(struct site *s, const struct message_route *e,
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
add_refused(struct site *s, enum routes_refusal why,
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
is_guess(const struct site *s, const struct nexthop *n, const struct nexthop *e)
{
	return s->q->ifindex != 0 && !s->q->on_link && e->error != 0 &&
	    n->route.hop.gateway.size == 0 && n->route.type == RTN_UNICAST;
}

/* Picks for one piece. */
static int
add_picks(struct site *s, const struct nexthop *n, const struct nexthop *e,
    const struct address *target)
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
add_span(struct site *s, const struct address *first,
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
routes_flush(struct site *s)
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
add_piece(struct site *s, const struct address *first,
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
add_network(struct site *s, struct address first, const struct address *last)
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

/* --- looking up --- */

/* Keys of IPv4, and where each /16 begins. */
static int
index_table(struct routes_table *t, int family)
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

/* --- kinds --- */

/* Which rules mean this source. */
static void
sign(const struct network *w, const struct address *source,
    uint8_t signature[SIGNATURES])
{
	size_t i;

	memset(signature, 0, SIGNATURES);
	for (i = 0; i < w->nrules && i < RULES_MAX; i++)
		if (w->rules[i].from.size == source->size &&
		    address_in(source, &w->rules[i].from,
			w->rules[i].from_bits))
			signature[i / 8] |= 1 << i % 8;
}

/* Kinds of sources; first[] gets one of each. */
static int
sort_sources(struct routes *r, const struct network *w,
    const struct routes_query *q, unsigned *first)
{
	uint8_t(*seen)[SIGNATURES], one[SIGNATURES];
	unsigned i, k;
	bool ours;

	seen = calloc(q->nsources, sizeof *seen);
	r->source_kind = calloc(q->nsources, sizeof *r->source_kind);
	if (seen == NULL || r->source_kind == NULL) {
		free(seen);
		return -1;
	}
	for (i = 0; i < q->nsources; i++) {
		ours = network_ours(w, &q->sources[i]) != NULL;
		sign(w, &q->sources[i], one);
		for (k = 0; k < r->nsource_kinds; k++)
			if (memcmp(seen[k], one, sizeof one) == 0 &&
			    ours ==
				(network_ours(w, &q->sources[first[k]]) !=
				    NULL))
				break;
		if (k == r->nsource_kinds) {
			memcpy(seen[r->nsource_kinds], one, sizeof one);
			first[r->nsource_kinds++] = i;
		}
		r->source_kind[i] = (uint16_t)k;
	}
	free(seen);
	return 0;
}

static bool
in_ports(const struct message_ports *p, uint16_t port)
{
	return (p->first == 0 && p->last == 0) ||
	    (port >= p->first && port <= p->last);
}

static bool
same_kind(const struct network *w, uint16_t a, uint16_t b)
{
	size_t i;

	for (i = 0; i < w->nrules; i++)
		if (in_ports(&w->rules[i].to_ports, a) !=
		    in_ports(&w->rules[i].to_ports, b))
			return false;
	return true;
}

/* Kinds of the scan's ports; first[] gets one of each. */
static int
sort_ports(struct routes *r, const struct network *w,
    const struct routes_query *q, uint16_t first[KINDS_MAX])
{
	unsigned k;
	size_t i;

	r->port_kind = calloc(UINT16_MAX + 1, 1);
	if (r->port_kind == NULL)
		return -1;
	for (i = 0; i < q->nports; i++) {
		for (k = 0; k < r->nport_kinds; k++)
			if (same_kind(w, first[k], q->ports[i]))
				break;
		if (k == KINDS_MAX) {
			snprintf(r->note, sizeof r->note,
			    "rules tell more than %u kinds of ports apart; the rest goes as the first does",
			    KINDS_MAX);
			k = 0;
		}
		if (k == r->nport_kinds)
			first[r->nport_kinds++] = q->ports[i];
		r->port_kind[q->ports[i]] = k;
	}
	return 0;
}

/* Does any rule look at protocols or ports? */
static bool
rules_by_port(const struct network *w)
{
	size_t i;

	for (i = 0; i < w->nrules; i++)
		if (w->rules[i].protocol != 0 ||
		    w->rules[i].from_ports.last != 0 ||
		    w->rules[i].to_ports.last != 0)
			return true;
	return false;
}

/* Ranges that hold only some of our source ports. */
static void
note_source_ports(struct routes *r, const struct network *w,
    const struct routes_query *q)
{
	const struct message_ports *p;
	size_t i;

	for (i = 0; i < w->nrules; i++) {
		p = &w->rules[i].from_ports;
		if (p->last == 0 || p->first > q->from_last ||
		    p->last < q->from_first ||
		    (p->first <= q->from_first && p->last >= q->from_last))
			continue;
		snprintf(r->note, sizeof r->note,
		    "a rule is about source ports %u-%u: all packets go as those from port %u do; --source-port may name others",
		    p->first, p->last, q->from_first);
	}
}

/* --- the whole --- */

static int
add_networks4(struct site *s, const struct ranges *r)
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
add_networks6(struct site *s, const struct ranges6 *r)
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
add_networks(struct site *s)
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

static int
routes_build(struct site *s)
{
	if (add_networks(s) == -1 || routes_flush(s) == -1)
		return -1;
	return index_table(s->table, s->network->family);
}

static int
build_all(struct routes *r, struct site *s, const unsigned *sources,
    const uint16_t *ports)
{
	const struct routes_query *q = s->q;
	const struct address *from;
	unsigned i, k;

	r->tables = calloc((size_t)r->nsource_kinds * r->nport_kinds,
	    sizeof *r->tables);
	if (r->tables == NULL)
		return -1;
	for (i = 0; i < r->nsource_kinds; i++)
		for (k = 0; k < r->nport_kinds; k++) {
			s->table = &r->tables[i * r->nport_kinds + k];
			s->flow.source = (struct address){ .size = 0 };
			/* no route is one from an address that is not ours */
			if (q->nsources > 0) {
				from = &q->sources[sources[i]];
				if (network_ours(s->network, from) != NULL)
					s->flow.source = *from;
			}
			s->flow.to_port = s->flow.protocol != 0 &&
				q->nports > 0 ?
			    ports[k] :
			    0;
			if (routes_build(s) == -1)
				return -1;
		}
	return 0;
}

static int
find(struct routes *r, struct site *s)
{
	const struct routes_query *q = s->q;
	const struct network *w = s->network;
	unsigned *sources = calloc(q->nsources + 1, sizeof *sources);
	uint16_t ports[KINDS_MAX] = { 0 };
	int rc = -1;

	if (sources == NULL)
		return -1;
	r->nsource_kinds = r->nport_kinds = 0;
	if (q->nsources > 0 && sort_sources(r, w, q, sources) == -1)
		goto out;
	if (q->protocol != 0 && rules_by_port(w)) {
		s->flow.protocol = q->protocol;
		if (q->nports > 0)
			s->flow.from_port = q->from_first;
		note_source_ports(r, w, q);
		if (q->nports > 0 && sort_ports(r, w, q, ports) == -1)
			goto out;
	}
	if (r->nsource_kinds == 0)
		r->nsource_kinds = 1;
	if (r->nport_kinds == 0)
		r->nport_kinds = 1;
	rc = build_all(r, s, sources, ports);
out:
	free(sources);
	return rc;
}

int
routes_find(struct routes *r, struct netlink *nl, const struct network *w,
    const struct routes_query *q, char *why, size_t size)
{
	struct site *s = calloc(1, sizeof *s);

	routes_free(r);
	r->family = w->family;
	if (s != NULL) {
		*s = (struct site){ .r = r,
			.nl = nl,
			.network = w,
			.q = q,
			.flow = { .ifindex = q->ifindex, .uid = q->uid } };
		if (find(r, s) == 0) {
			free(s);
			return 0;
		}
		free(s);
	}
	snprintf(why, size, "cannot ask the kernel for routes: %s",
	    strerror(errno));
	routes_free(r);
	return -1;
}

void
routes_free(struct routes *r)
{
	size_t i;

	if (r->tables != NULL)
		for (i = 0; i < (size_t)r->nsource_kinds * r->nport_kinds;
		     i++) {
			free(r->tables[i].spans);
			free(r->tables[i].keys);
			free(r->tables[i].index);
		}
	free(r->tables);
	free(r->ways);
	free(r->picks);
	free(r->source_kind);
	free(r->port_kind);
	memset(r, 0, sizeof *r);
}

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

static bool
same_ways(const struct routes *a, const struct routes_span *s,
    const struct routes *b, const struct routes_span *t)
{
	uint32_t i;

	if (s == NULL || t == NULL || s->npicks != t->npicks)
		return s == t;
	for (i = 0; i < s->npicks; i++)
		if (!same_way(&a->ways[a->picks[s->pick + i]],
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

long
routes_way(const struct routes *r, unsigned source, uint16_t port,
    const struct address *target)
{
	const struct routes_span *s = span_of(table_of(r, source, port),
	    target);

	return s == NULL ? -1 : (long)routes_pick(r, s, target);
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

const char *
routes_way_text(const struct way *w, const struct network *network, char *buf,
    size_t size)
{
	const struct message_link *l = network_link(network, w->ifindex);
	int n = 0;

	if (w->refused != ROUTES_OPEN) {
		snprintf(buf, size, "refused: %s",
		    routes_refusal_text(w->refused));
		return buf;
	}
	if (w->gateway.size != 0)
		n = snprintf(buf, size, "via %s ", address_text(&w->gateway).s);
	n += snprintf(buf + n, size - n, "dev %s",
	    l != NULL ? l->name : "unknown");
	if (w->source.size != 0)
		snprintf(buf + n, size - n, " src %s",
		    address_text(&w->source).s);
	return buf;
}
