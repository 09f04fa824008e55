/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks at two rates; see tempo.h. */
#include "send/tempo.h"

#include "base/clock.h"
#include "send/run.h"

#define BLOCK_NS SECOND
#define REDUCED	 0.5

static uint64_t
packets_sent(const struct run *r)
{
	struct sender_counts n;

	sender_counts(r->sender, &n);
	return n.packets;
}

/* One of each two blocks, drawn (SplitMix64). */
static bool
is_reduced(struct tempo *t)
{
	uint64_t z;

	if (t->number % 2 == 1)
		return !t->first_reduced;
	z = t->dice += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	t->first_reduced = z >> 63;
	return t->first_reduced;
}

/* What this block has sent is known now; its answers are not yet. */
static void
close_block(struct run *r, uint64_t now)
{
	struct tempo *t = &r->tempo;
	uint64_t sent = packets_sent(r);

	t->kept[t->number % TEMPO_KEPT] = (struct tempo_block){
		.number = t->number,
		.packets = sent - t->packets,
		.reduced = t->reduced,
		.due = true,
	};
	/* who changes the rate meanwhile, changes that of both */
	t->full = rate_get(&r->rate) / (t->reduced ? REDUCED : 1);
	if (t->full == 0 && now > t->begun && !t->reduced)
		t->full = (sent - t->packets) * 1e9 / (now - t->begun);
	t->packets = sent;
	t->number++;
}

static void
open_block(struct run *r, uint64_t now)
{
	struct tempo *t = &r->tempo;
	struct counter c[] = {
		{ "number", t->number },
		{ "reduced", 0 },
		{ NULL, 0 },
	};

	t->reduced = is_reduced(t) && t->full > 0;
	c[1].value = t->reduced;
	t->begun = now;
	t->ends = now + BLOCK_NS;
	/* before the first probe of the block has an answer */
	report_event(r, "block", c);
	sender_set_mark(r->sender, t->number % 2 * r->probes);
	if (t->full > 0)
		rate_set(&r->rate, t->full * (t->reduced ? REDUCED : 1), now);
}

void
tempo_begin(struct run *r)
{
	struct tempo *t = &r->tempo;

	if (!t->on)
		return;
	t->dice = r->facts.seed;
	t->full = rate_get(&r->rate);
	open_block(r, clock_ns());
}

void
tempo_turn(struct run *r, uint64_t now)
{
	struct tempo *t = &r->tempo;

	if (!t->on || now < t->ends || work_drained(&r->work))
		return;
	close_block(r, now);
	open_block(r, now);
}

uint64_t
tempo_next(const struct tempo *t)
{
	return t->on ? t->ends : UINT64_MAX;
}

/* Own losses are taken out first: such a block says nothing of the network. */
void
tempo_report(struct run *r, const struct stream_item *item)
{
	struct tempo *t = &r->tempo;
	struct tempo_block *b;
	struct arm_loss loss;
	uint64_t number, hits, drops = 0;

	if (!t->on || !stream_event_is(item, "block") ||
	    stream_event_uint(item, "number", &number) == -1 ||
	    stream_event_uint(item, "hits", &hits) == -1)
		return;
	stream_event_uint(item, "drops", &drops);
	b = &t->kept[number % TEMPO_KEPT];
	if (!b->due || b->number != number || b->packets == 0)
		return;
	b->due = false;
	if (drops > 0) {
		t->spoiled++;
		return;
	}
	arm_add(&t->arm[b->reduced ? ARM_REDUCED : ARM_FULL], b->packets, hits);
	if (!tempo_loss(t, &loss))
		return;
	report_event(r, "loss",
	    (struct counter[]){ { "loss_ppm", loss.share * 1e6 },
		{ "loss_low_ppm", loss.low * 1e6 },
		{ "loss_high_ppm", loss.high * 1e6 }, { NULL, 0 } });
}

bool
tempo_loss(const struct tempo *t, struct arm_loss *l)
{
	return arm_compare(&t->arm[ARM_FULL], &t->arm[ARM_REDUCED], l);
}
