/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of a shard, in order; see plan.h. */
#include "targets/plan.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "scan/batch.h"
#include "scan/facts.h"
#include "scan/shards.h"
#include "targets/cover.h"
#include "targets/cover6.h"
#include "targets/selection.h"

#define ORDER_VERSION  1 /* of the promise in perm.h */
#define POLITE_VERSION 2 /* of that in polite.h */
#define NEAR4	       256
#define NEAR6	       65536
/* So few that what is asked for ahead (perm.h) is in the cache when needed. */
#define PIECE 512

static const struct ports *
ports_of(const struct plan *p)
{
	return p->family == 6 ? &p->space6.ports : &p->space.ports;
}

static void
make_id(struct plan *p, struct scanid *id)
{
	const struct ports *ports = ports_of(p);

	scanid_add(id, p->wish.polite ? POLITE_VERSION : ORDER_VERSION);
	scanid_add(id, p->family);
	scanid_add(id, p->wish.seed);
	scanid_add(id, p->wish.shards);
	scanid_add(id, p->wish.limit);
	scanid_add(id, ports->n);
	for (size_t i = 0; i < ports->n; i++)
		scanid_add(id, ports->v[i]);
	scanid_end(id, p->id);
}

int
plan_refuse(struct plan *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, sizeof p->why, fmt, ap);
	va_end(ap);
	return -1;
}

static int
settle_limit(struct plan *p)
{
	if (p->wish.share > 0) {
		p->wish.limit = (unsigned __int128)p->count * p->wish.share /
		    p->wish.whole;
		if (p->wish.limit == 0)
			return plan_refuse(p,
			    "that share of the targets is less than one");
	}
	if (p->wish.limit > p->count)
		p->wish.limit = p->count;
	return 0;
}

/* IPv6 is larger than any scan. */
static int
check_size(struct plan *p, const struct selection *scope,
    const struct ports *ports)
{
	unsigned __int128 each = ports->n > 0 ? ports->n : 1;
	char largest[200];

	if (scope->family == 4 ||
	    selection_addresses(scope) <=
		(GROUP_MAX - packed_count(&scope->six.pairs)) / each)
		return 0;
	extent6_largest(&scope->six, largest, sizeof largest);
	return plan_refuse(p,
	    "over 2^48 targets, which is the most: %s%s; narrow that, or scan one address in each prefix, as in 2001:db8::/32-64",
	    largest, each > 1 ? ", each with several ports" : "");
}

static int
number_targets(struct plan *p, struct selection *scope, struct ports *ports)
{
	if (p->family == 6) {
		if (numbering6_build(&p->space6, &scope->six, ports) == -1)
			return -1;
		p->count = p->space6.count;
		return 0;
	}
	if (numbering_build(&p->space, &scope->addrs, ports, &scope->pairs) ==
	    -1)
		return -1;
	p->count = p->space.count;
	return 0;
}

/*
 * The numbers of what lies near each other: a power of two, at least this many.
 */
uint64_t
plan_block(unsigned family, size_t ports)
{
	uint64_t block = family == 6 ? NEAR6 : NEAR4;

	for (size_t n = 1; n < ports; n *= 2)
		block *= 2;
	return block;
}

static uint64_t
block_of(const struct plan *p)
{
	return p->wish.polite ? plan_block(p->family, ports_of(p)->n) : 0;
}

uint64_t
plan_gap(const struct plan *p)
{
	return polite_gap(&p->order.even);
}

static bool
is_mixed(const struct selection *scope, const struct ports *ports)
{
	return selection_pairs(scope) > 0 && ports->n == 0 &&
	    selection_addresses(scope) > 0;
}

int
plan_make(struct plan *p, struct selection *scope, struct ports *ports,
    const struct plan_wish *wish)
{
	struct scanid id;

	*p = (struct plan){ .family = scope->family, .wish = *wish };
	if (is_mixed(scope, ports))
		return plan_refuse(p,
		    "some targets have ports and some have not; give ports for these");
	if (check_size(p, scope, ports) == -1)
		return -1;
	scanid_start(&id);
	selection_digest(scope, &id);
	memcpy(p->lists, scope->lists, SCANID_SIZE);
	if (selection_bounds(scope, &p->bounds) == -1 ||
	    number_targets(p, scope, ports) == -1)
		goto fail;
	if (p->count == 0) {
		plan_refuse(p,
		    "there is nothing to scan: no address is left; look at the lists of -w, -I and -b");
		goto fail;
	}
	if (settle_limit(p) == -1 ||
	    order_make(&p->order, p->count, wish->seed, block_of(p)) == -1)
		goto fail;
	if (p->family == 4)
		p->order.random.ahead = numbering_ahead(&p->space);
	make_id(p, &id);
	p->begin = shards_begin(p->count, wish->shards, wish->shard);
	p->end = p->begin +
	    shards_part(p->wish.limit, wish->shards, wish->shard);
	plan_seek(p, p->begin);
	return 0;
fail:
	plan_free(p);
	return -1;
}

void
plan_free(struct plan *p)
{
	numbering_free(&p->space);
	numbering6_free(&p->space6);
	order_free(&p->order);
	networks_free(&p->skip);
	networks_free(&p->bounds);
	memset(p, 0, offsetof(struct plan, why));
}

void
plan_seek(struct plan *p, uint64_t position)
{
	p->at = position;
	if (p->distance == 0)
		order_seek(&p->order, &p->walk, position);
}

void
plan_spread(struct plan *p, unsigned copies, uint64_t distance)
{
	spread_make(&p->spread, p->end - p->begin, copies, distance);
	p->distance = distance;
}

uint64_t
plan_last(const struct plan *p)
{
	return p->distance == 0 ? p->end : p->begin + spread_places(&p->spread);
}

/* How many come next in a row, at most, and which copies they are. */
static uint64_t
next_run(struct plan *p, struct plan_batch *b)
{
	struct spread_run r;

	b->copy = -1;
	if (p->distance == 0 || p->at == plan_last(p))
		return plan_last(p) - p->at;
	r = spread_at(&p->spread, p->at - p->begin);
	b->copy = r.copy;
	order_seek(&p->order, &p->walk, p->begin + r.target);
	return r.n;
}

static void
plan_leave_out(const struct plan *p, struct plan_batch *b)
{
	size_t out = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (p->family == 6 ?
			ranges6_contain(&p->skip.six, b->addr6[i]) :
			ranges_contain(&p->skip.four, b->addr[i]))
			continue;
		b->addr[out] = b->addr[i];
		b->addr6[out] = b->addr6[i];
		b->port[out++] = b->port[i];
	}
	b->n = out;
}

bool
plan_has_ports(const struct plan *p)
{
	return p->family == 6 ? p->space6.ports.n > 0 || p->space6.pairs.n > 0 :
				numbering_has_ports(&p->space);
}

int
plan_ports_kind(const struct plan *p)
{
	size_t pairs = p->family == 6 ? p->space6.pairs.n : p->space.pairs.n;
	const struct ports *ports = ports_of(p);

	if (!plan_has_ports(p))
		return TARGETS_NO_PORTS;
	return ports->n == 1 && pairs == 0 ? ports->v[0] : TARGETS_OWN_PORTS;
}

/* Targets from number i of the batch on. */
static void
next_piece(struct plan *p, struct plan_batch *b, size_t i)
{
	uint16_t *port = plan_has_ports(p) ? &b->port[i] : NULL;
	size_t n = b->n - i < PIECE ? b->n - i : PIECE;

	order_next(&p->order, &p->walk, &b->number[i], n);
	if (p->family == 6)
		numbering6_map(&p->space6, &b->number[i], &b->addr6[i], port,
		    n);
	else
		numbering_map(&p->space, &b->number[i], &b->addr[i], port, n);
}

int
plan_next(struct plan *p, struct plan_batch *b)
{
	uint64_t left = next_run(p, b);

	if (left == 0)
		return 0;
	b->n = left < PLAN_BATCH ? left : PLAN_BATCH;
	for (size_t i = 0; i < b->n; i += PIECE)
		next_piece(p, b, i);
	b->next = p->at += b->n;
	if (!networks_empty(&p->skip))
		plan_leave_out(p, b);
	return 1;
}

static bool
find_number(const struct plan *p, const struct plan_address *a, uint16_t port,
    uint64_t *number)
{
	if (a->family != p->family)
		return false;
	return p->family == 6 ?
	    numbering6_find(&p->space6, a->six, port, number) :
	    numbering_find(&p->space, a->four, port, number);
}

bool
plan_find(const struct plan *p, const struct plan_address *a, uint16_t port,
    struct plan_place *place)
{
	uint64_t count = p->count, shards = p->wish.shards;
	uint64_t number, longer;

	if (!find_number(p, a, port, &number))
		return false;
	place->position = order_find(&p->order, number);
	/* the shards with one target more come first */
	longer = count % shards * (count / shards + 1);
	if (place->position < longer)
		place->shard = place->position / (count / shards + 1);
	else
		place->shard = count % shards +
		    (place->position - longer) / (count / shards);
	place->in_shard = place->position -
	    shards_begin(count, shards, place->shard);
	place->within_limit = place->in_shard <
	    shards_part(p->wish.limit, shards, place->shard);
	place->left_out = place->position >= p->at &&
	    (p->family == 6 ? ranges6_contain(&p->skip.six, a->six) :
			      ranges_contain(&p->skip.four, a->four));
	return true;
}

/* Marked in a map of all ports: there may be many millions of pairs. */
static int
collect_ports(const struct plan *p, struct ranges *r)
{
	const struct ports *ports = ports_of(p);
	const struct numbering_pairs *four = &p->space.pairs;
	const struct packed *six = &p->space6.pairs;
	uint8_t seen[65536] = { 0 };

	for (size_t i = 0; i < ports->n; i++)
		seen[ports->v[i]] = 1;
	for (size_t i = 0; i < four->n; i++)
		seen[four->v[i] & 0xffff] = 1;
	for (size_t i = 0; i < six->n; i++)
		seen[packed_port(six, i)] = 1;
	for (uint32_t port = 0; port < 65536; port++)
		if (seen[port] && ranges_add(r, port, port) == -1)
			return -1;
	ranges_normalise(r);
	return 0;
}

static uint64_t
targets_left(const struct plan *p)
{
	if (p->distance == 0)
		return p->end - p->at;
	return p->spread.targets - spread_firsts(&p->spread, p->at - p->begin);
}

/*
 * What the blacklist has got since the scan began is out of bounds, too.  Where
 * there is no room for all, some are told: what is not, is not asked.
 */
static int
describe_bounds(const struct plan *p, struct facts *f)
{
	bool same = networks_empty(&p->bounds);

	if (same && networks_empty(&p->skip))
		return 0;
	if (ranges_copy(&f->bounds, same ? &f->networks : &p->bounds.four) ==
		-1 ||
	    ranges6_copy(&f->bounds6, same ? &f->networks6 : &p->bounds.six) ==
		-1 ||
	    ranges_subtract(&f->bounds, &p->skip.four) == -1 ||
	    ranges6_subtract(&f->bounds6, &p->skip.six) == -1)
		return -1;
	if (f->bounds.n > PLAN_BOUNDS)
		f->bounds.n = PLAN_BOUNDS;
	if (f->bounds6.n > PLAN_BOUNDS)
		f->bounds6.n = PLAN_BOUNDS;
	return 0;
}

/* One length more; -1 if there are too many. */
static int
add_windows_fact(const struct numbering6 *s, size_t w, struct facts *f)
{
	unsigned length = s->maker[w].length;
	struct facts_windows *to;

	if (f->nwindows == 0 || f->windows[f->nwindows - 1].length != length) {
		if (f->nwindows == FACTS_WINDOWS)
			return -1;
		f->windows[f->nwindows++].length = length;
	}
	to = &f->windows[f->nwindows - 1];
	to->identifiers++;
	if (numbering6_prefixes(s, w, &to->prefixes) == -1)
		return -1;
	ranges6_normalise(&to->prefixes);
	return to->prefixes.n > PLAN_BOUNDS ? -1 : 0;
}

/*
 * The prefixes of windows, by their length: all of them, or, where they are too
 * many, none.
 */
static void
describe_windows(const struct plan *p, struct facts *f)
{
	size_t w = 0;

	if (p->family != 6)
		return;
	while (w < p->space6.windows && add_windows_fact(&p->space6, w, f) == 0)
		w++;
	while (w < p->space6.windows && f->nwindows > 0)
		ranges6_free(&f->windows[--f->nwindows].prefixes);
}

int
plan_describe(const struct plan *p, struct dict *scan)
{
	struct facts f = {
		.has = FACT_ID | FACT_LISTS | FACT_SEED | FACT_SHARD |
		    FACT_SHARDS | FACT_FAMILY | FACT_ALLOWED | FACT_TARGETS |
		    FACT_TOTAL | FACT_COUNT | FACT_POSITION | FACT_NETWORKS |
		    FACT_START,
		.seed = p->wish.seed,
		.shard = p->wish.shard,
		.shards = p->wish.shards,
		.family = p->family,
		.targets = targets_left(p),
		.total = p->wish.limit,
		.count = p->count,
		.polite = p->wish.polite,
		.position = p->at,
		.start_ns = clock_wall_ns(),
	};
	int rc;

	if (p->distance != 0) {
		f.has |= FACT_COPIES | FACT_DISTANCE | FACT_PLACES;
		f.copies = p->spread.copies;
		f.distance = p->distance;
		f.places = plan_last(p) - p->at;
	}
	scanid_print(p->id, f.id);
	scanid_print(p->lists, f.lists);
	rc = p->family == 6 ?
	    cover6(&p->space6, PLAN_NETWORKS, &f.networks6, &f.allowed) :
	    cover(&p->space, PLAN_NETWORKS, &f.networks, &f.allowed);
	describe_windows(p, &f);
	if (rc == 0)
		rc = describe_bounds(p, &f);
	if (rc == 0 && plan_has_ports(p)) {
		f.has |= FACT_PORTS;
		rc = collect_ports(p, &f.ports);
	}
	if (rc == 0)
		rc = facts_encode(&f, scan);
	facts_free(&f);
	return rc;
}
