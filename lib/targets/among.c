/* SPDX-License-Identifier: Apache-2.0 */
/* A scan's order out of its header; see among.h. */
#include "targets/among.h"

#include <errno.h>
#include <stdlib.h>

#include "scan/shards.h"
#include "targets/numbering.h"
#include "targets/order.h"
#include "targets/plan.h"
#include "targets/spread.h"

struct among {
	struct numbering space;
	struct order order;
	struct spread spread;
	uint64_t begin;
	bool copies;	   /* are spread */
	uint64_t answered; /* behind the last target that has, in the order */
};

/* What it takes to know the order. */
#define NEEDED                                                                 \
	(FACT_SEED | FACT_COUNT | FACT_NETWORKS | FACT_POSITION | FACT_TARGETS)

/*
 * Where copies are spread, positions are places of a shard's begin, and those
 * of a scan that goes on could not be told from others.
 */
static int
among_spread(struct among *a, const struct facts *f)
{
	uint64_t begin, total = f->total;

	a->begin = f->position;
	if (!(f->has & FACT_DISTANCE))
		return 0;
	begin = shards_begin(f->count, f->shards, f->shard);
	if (!(f->has & FACT_TOTAL) || f->position != begin ||
	    f->targets != shards_part(total, f->shards, f->shard) ||
	    f->copies < 1 || f->copies > 65536 || f->distance == 0)
		return -1;
	a->copies = true;
	spread_make(&a->spread, f->targets, (unsigned)f->copies, f->distance);
	return 0;
}

static int
among_number(struct among *a, const struct facts *f)
{
	struct numbering_pairs none = { 0 };
	struct ranges networks = { 0 };
	struct ports ports = { 0 };

	if (ranges_copy(&networks, &f->networks) == -1 ||
	    facts_ports(f, &ports.v, &ports.n) == -1)
		return -1;
	if (ports.n == 0)
		ports_free(&ports);
	return numbering_build(&a->space, &networks, &ports, &none);
}

struct among *
among_open(const struct facts *f)
{
	struct among *a;
	uint64_t block;

	errno = 0;
	if ((f->has & NEEDED) != NEEDED || f->family != 4 || f->count == 0 ||
	    f->count > GROUP_MAX || f->shards == 0 || f->shard >= f->shards ||
	    (a = calloc(1, sizeof *a)) == NULL)
		return NULL;
	if (among_number(a, f) == -1 || a->space.count != f->count ||
	    among_spread(a, f) == -1) {
		among_close(a);
		return NULL;
	}
	block = f->polite ? plan_block(4, a->space.ports.n) : 0;
	if (order_make(&a->order, f->count, f->seed, block) == 0)
		return a;
	numbering_free(&a->space);
	free(a);
	return NULL;
}

void
among_close(struct among *a)
{
	if (a == NULL)
		return;
	numbering_free(&a->space);
	order_free(&a->order);
	free(a);
}

void
among_answered(struct among *a, uint32_t address, uint16_t port)
{
	uint64_t number, place;

	if (!numbering_find(&a->space, address, port, &number))
		return;
	place = order_find(&a->order, number);
	if (place >= a->answered)
		a->answered = place + 1;
}

/* How far the order has come: positions count copies, too. */
static uint64_t
among_upto(const struct among *a, uint64_t position)
{
	uint64_t upto = position;

	if (a->copies && position > a->begin)
		upto = position - a->begin >= spread_places(&a->spread) ?
		    a->begin + a->spread.targets :
		    a->begin + spread_firsts(&a->spread, position - a->begin);
	return upto > a->answered ? upto : a->answered;
}

uint64_t
among_sent(const struct among *a, uint32_t first, uint32_t last, uint16_t port,
    uint64_t position)
{
	uint64_t number, place, n = 0, upto = among_upto(a, position);

	for (uint64_t at = first; at <= last; at++) {
		if (!numbering_find(&a->space, (uint32_t)at, port, &number))
			continue;
		place = order_find(&a->order, number);
		n += place >= a->begin && place < upto;
	}
	return n;
}
