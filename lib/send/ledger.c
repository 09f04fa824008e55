/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that have left, and their targets; see ledger.h. */
#include "send/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "send/sender.h"

int
ledger_init(struct ledger *l, unsigned slots)
{
	l->marks = 2 * slots;
	l->mark = calloc(l->marks, sizeof *l->mark);
	return l->mark == NULL ? -1 : 0;
}

void
ledger_free(struct ledger *l)
{
	free(l->mark);
}

void
ledger_begin(struct ledger *l, struct work_chunk *chunk, uint64_t frame)
{
	l->open[l->nopen++] = (struct ledger_chunk){ .chunk = chunk,
		.first = frame,
		.number = chunk->from,
		.last_failed = UINT32_MAX };
}

void
ledger_whole(struct ledger *l, uint64_t frame)
{
	struct ledger_chunk *o = ledger_last(l);

	o->end = frame;
	o->whole = true;
}

void
ledger_fail(struct ledger_chunk *o, unsigned target)
{
	if (o->last_failed == target)
		return;
	o->failed++;
	o->last_failed = target;
}

/* Are its targets those of the scan, and not counted before? */
static bool
chunk_counts(const struct work_chunk *c)
{
	return !c->asked && c->from == 0;
}

void
ledger_refuse(struct ledger *l, struct ledger_chunk *o, enum routes_refusal why)
{
	o->refused++;
	if (chunk_counts(o->chunk))
		ledger_add(&l->refusals[why], 1);
}

void
ledger_lose(struct ledger *l, uint64_t frame)
{
	uint16_t mark = l->mark[frame % l->marks];

	ledger_add(&l->failures, 1);
	if (!(mark & LEDGER_GUEST)) {
		ledger_fail(&l->open[0], mark >> 1);
		return;
	}
	ledger_add(&l->asked, (uint64_t)-1);
	ledger_add(&l->asked_lost, 1);
}

/*
 * Counts the targets of a chunk; the first `done` of them need no more work.
 * Later copies are no targets of their own, and what was asked for is none.
 */
static void
count_targets(struct ledger *l, const struct ledger_chunk *o, unsigned done)
{
	unsigned not_sent = o->failed + o->refused + o->excluded + o->spared;
	unsigned sent = done > not_sent ? done - not_sent : 0;

	if (o->chunk->asked) {
		ledger_add(&l->asked, sent);
		ledger_add(&l->asked_lost, not_sent);
	}
	ledger_add(&l->spared, o->spared);
	if (!chunk_counts(o->chunk))
		return;
	ledger_add(&l->targets, sent);
	ledger_add(&l->failed, o->failed);
	ledger_add(&l->refused, o->refused);
	ledger_add(&l->excluded, o->excluded);
}

/* Closes the oldest chunk. */
static void
finish_oldest(struct ledger *l, struct work *w)
{
	struct ledger_chunk *o = &l->open[0];

	atomic_store_explicit(&o->chunk->done, o->chunk->count,
	    memory_order_relaxed);
	count_targets(l, o, o->chunk->count);
	work_finish(w, o->chunk);
	memmove(l->open, l->open + 1, --l->nopen * sizeof *l->open);
}

/* How many targets of the chunk are done when this frame has left. */
static unsigned
done_by(uint16_t mark)
{
	mark &= ~LEDGER_GUEST;
	return (mark >> 1) + (mark & 1);
}

void
ledger_settle(struct ledger *l, uint64_t out, struct work *w)
{
	struct ledger_chunk *o = l->open;

	while (l->nopen > 0 && o->whole && out >= o->end)
		finish_oldest(l, w);
	if (l->nopen > 0 && out > o->first)
		atomic_store_explicit(&o->chunk->done,
		    done_by(l->mark[(out - 1) % l->marks]),
		    memory_order_relaxed);
	atomic_store_explicit(&l->packets,
	    out - atomic_load_explicit(&l->failures, memory_order_relaxed),
	    memory_order_relaxed);
}

void
ledger_abandon(struct ledger *l)
{
	unsigned i;

	for (i = 0; i < l->nopen; i++)
		count_targets(l, &l->open[i],
		    atomic_load(&l->open[i].chunk->done));
}

void
ledger_sum(const struct ledger *l, struct sender_counts *c)
{
	unsigned k;

	c->targets += atomic_load(&l->targets);
	c->excluded += atomic_load(&l->excluded);
	c->refused += atomic_load(&l->refused);
	for (k = 0; k < ROUTES_REFUSALS; k++)
		c->refusals[k] += atomic_load(&l->refusals[k]);
	c->failed += atomic_load(&l->failed);
	c->packets += atomic_load(&l->packets);
	c->failures += atomic_load(&l->failures);
	c->waits += atomic_load(&l->waits);
	c->link_waits += atomic_load(&l->link_waits);
	c->spared += atomic_load(&l->spared);
	c->asked += atomic_load(&l->asked);
	c->asked_lost += atomic_load(&l->asked_lost);
}
