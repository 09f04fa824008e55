/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks at two rates; see tempo.h. */
#include "send/tempo.h"

#include <math.h>

#include "base/clock.h"
#include "send/run.h"

#define BLOCK_NS SECOND
#define REDUCED	 0.5
#define SILENCE	 8    /* blocks without a report: there will be none */
#define CHANGE	 1.1  /* of the rate, that is worth a line in the log */
#define MANY	 1000 /* hits in a block, that tell enough by themselves */
#define AGAIN	 16   /* hosts that are asked again in a block, at most, */
#define PART	 0.01 /* of its probes; */
#define QUIET	 4    /* times as many when all has been sent */
#define WITHIN	 650  /* ms; a quarter of a second is queued before them */

static uint64_t
packets_sent(const struct run *r)
{
	struct sender_counts n;

	sender_counts(r->sender, &n);
	return n.packets - n.asked;
}

static bool
is_auto(const struct run *r)
{
	return r->send->rate_auto;
}

/*
 * One of each two blocks, drawn (SplitMix64); with -r auto, one of each eight.
 */
static bool
is_reduced(const struct run *r, struct tempo *t)
{
	uint64_t z;

	if (is_auto(r))
		return tempo_is_lower(t->number);
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
		.ns = now - t->begun,
		.reduced = t->reduced,
		.due = true,
	};
	/* who changes the rate meanwhile, changes that of both */
	if (!is_auto(r))
		t->full = rate_get(&r->rate) / (t->reduced ? REDUCED : 1);
	if (!is_auto(r) && t->full == 0 && now > t->begun && !t->reduced)
		t->full = (sent - t->packets) * 1e9 / (now - t->begun);
	t->packets = sent;
	t->number++;
}

static void
set_rate(struct run *r, uint64_t now)
{
	struct tempo *t = &r->tempo;
	double reduced = is_auto(r) ? TEMPO_LOWER : REDUCED;

	if (t->full > 0)
		rate_set(&r->rate, t->full * (t->reduced ? reduced : 1), now);
}

/* In this block, of those that have answered, where few do. */
static unsigned
hosts_to_ask(const struct run *r)
{
	const struct arm *a = r->tempo.arm;
	uint64_t blocks = a[ARM_FULL].blocks + a[ARM_REDUCED].blocks;
	uint64_t hits = a[ARM_FULL].hits + a[ARM_REDUCED].hits;

	if (is_auto(r) || r->asked.again_number == 0 || blocks == 0 ||
	    hits / blocks >= MANY)
		return 0;
	return (unsigned)fmin(AGAIN, r->tempo.full * PART);
}

/* Before the first probe of the block has an answer. */
static void
say_block(struct run *r, unsigned again)
{
	struct tempo *t = &r->tempo;
	struct counter c[] = {
		{ "number", t->number },
		{ "time", clock_wall_ns() },
		{ "reduced", t->reduced },
		{ again > 0 ? "again" : NULL, again },
		{ "within_ms", WITHIN },
		{ NULL, 0 },
	};

	report_event(r, "block", c);
	sender_set_mark(r->sender, t->number % 2 * r->probes);
}

static void
open_block(struct run *r, uint64_t now)
{
	struct tempo *t = &r->tempo;

	t->reduced = is_reduced(r, t) && t->full > 0;
	t->begun = now;
	t->ends = now + (is_auto(r) ? TEMPO_AUTO_NS : BLOCK_NS);
	say_block(r, hosts_to_ask(r));
	set_rate(r, now);
}

void
tempo_end(struct run *r)
{
	struct tempo *t = &r->tempo;
	unsigned again;

	if (!t->on)
		return;
	t->ends = UINT64_MAX;
	again = hosts_to_ask(r);
	if (again == 0)
		return;
	close_block(r, clock_ns());
	t->reduced = true;
	t->kept[t->number % TEMPO_KEPT] = (struct tempo_block){
		.number = t->number,
		.reduced = true,
		.due = true,
	};
	say_block(r, QUIET * again);
}

void
tempo_begin(struct run *r)
{
	struct tempo *t = &r->tempo;

	if (!t->on)
		return;
	t->dice = r->facts.seed;
	t->full = is_auto(r) ? t->knee.rate : rate_get(&r->rate);
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
	if (is_auto(r) && !t->heard && !t->asked && t->number > SILENCE) {
		t->asked = true;
		log_say(r->send->log, LOG_LEVEL_WARN,
		    "-r auto: zmap-recv does not say what it finds, so the rate stays at %.10g packets a second",
		    t->full);
	}
}

uint64_t
tempo_next(const struct tempo *t)
{
	return t->on ? t->ends : UINT64_MAX;
}

/* What -r auto has done, in the stream and in the log. */
static void
tell_pace(struct run *r)
{
	struct tempo *t = &r->tempo;
	double change = t->knee.rate / t->said;
	struct counter c[] = {
		{ "rate", t->knee.rate },
		{ "raises", t->knee.raises },
		{ "falls", t->knee.falls },
		{ "slowed", t->delay.slowed },
		{ NULL, 0 },
	};

	if (change > 1.01 || change < .99) {
		t->said = t->knee.rate;
		report_event(r, "rate", c);
	}
	change = t->knee.rate / t->logged;
	if (change < CHANGE && change > 1 / CHANGE)
		return;
	t->logged = t->knee.rate;
	if (change < 1 && t->late)
		log_info(r->send->log,
		    "rate is now %.4g packets per second: answers take %.4g ms, and took %.3g ms before",
		    t->knee.rate, 1e3 * t->median, 1e3 * t->delay.base);
	else
		log_info(r->send->log,
		    "rate is now %.4g packets per second: %s", t->knee.rate,
		    change > 1 ? "as many as this are answered in full" :
				 "not all of more is answered");
}

/* How long answers took, if zmap-recv knows that. */
static void
take_times(struct run *r, const struct tempo_block *b,
    const struct stream_item *item)
{
	struct tempo *t = &r->tempo;
	uint64_t low, high;

	t->late = false;
	if (stream_event_uint(item, "rtt_low_us", &low) == -1 ||
	    stream_event_uint(item, "rtt_high_us", &high) == -1)
		return;
	t->median = low / 1e6;
	t->late = delay_add(&t->delay,
	    &(struct delay_block){ .number = b->number,
		.seconds = b->ns / 1e9,
		.packets = b->packets,
		.low = low / 1e6,
		.high = high / 1e6 },
	    t->number);
	if (t->delay.given_up)
		log_info(r->send->log,
		    "answers take %.4g ms however slow probes are sent: from now on this is taken as usual",
		    1e3 * t->median);
}

/*
 * -r auto.  Where this machine is what loses answers, its rate falls as well:
 * no losses are taken out.
 */
static void
tempo_take_block(struct run *r, const struct tempo_block *b,
    const struct stream_item *item, uint64_t hits)
{
	struct tempo *t = &r->tempo;

	t->heard = true;
	take_times(r, b, item);
	knee_limit(&t->knee, t->delay.ceiling);
	/* of one that is late, not all has been counted */
	if (!t->late)
		knee_add(&t->knee, b->ns / 1e9, b->packets, hits);
	t->full = t->knee.rate;
	if (!work_drained(&r->work))
		set_rate(r, clock_ns());
	tell_pace(r);
}

static void
tell_share(struct run *r)
{
	struct arm_loss loss;

	if (!tempo_loss(&r->tempo, &loss))
		return;
	report_event(r, "loss",
	    (struct counter[]){ { "loss_ppm", loss.share * 1e6 },
		{ "loss_low_ppm", loss.low * 1e6 },
		{ "loss_high_ppm", loss.high * 1e6 }, { NULL, 0 } });
}

/* Of the targets, and of the hosts that were asked again. */
static void
take_hits(struct tempo *t, const struct tempo_block *b,
    const struct stream_item *item, uint64_t hits)
{
	const unsigned arm = b->reduced ? ARM_REDUCED : ARM_FULL;
	uint64_t asked, answers;

	if (b->packets > 0)
		arm_add(&t->arm[arm], b->packets, hits);
	if (stream_event_uint(item, "again", &asked) == -1 || asked == 0 ||
	    stream_event_uint(item, "again_answers", &answers) == -1 ||
	    answers > asked)
		return;
	arm_add(&t->again[arm], asked, answers);
}

/* Own losses are taken out first: such a block says nothing of the network. */
void
tempo_report(struct run *r, const struct stream_item *item)
{
	struct tempo *t = &r->tempo;
	struct tempo_block *b;
	uint64_t number, hits, drops = 0;

	if (!t->on || !stream_event_is(item, "block") ||
	    stream_event_uint(item, "number", &number) == -1 ||
	    stream_event_uint(item, "hits", &hits) == -1)
		return;
	stream_event_uint(item, "drops", &drops);
	b = &t->kept[number % TEMPO_KEPT];
	if (!b->due || b->number != number)
		return;
	b->due = false;
	if (is_auto(r)) {
		if (b->packets > 0)
			tempo_take_block(r, b, item, hits);
	} else if (drops > 0) {
		t->spoiled++;
		return;
	} else {
		take_hits(t, b, item, hits);
	}
	tell_share(r);
}

/* By what tells it better: all answers, or those of hosts asked again. */
bool
tempo_loss(const struct tempo *t, struct arm_loss *l)
{
	struct arm_loss again;
	bool known;

	if (t->knee.rate > 0)
		return knee_loss(&t->knee, t->knee.rate, l);
	known = arm_compare(&t->arm[ARM_FULL], &t->arm[ARM_REDUCED], 0, l);
	if (!arm_compare(&t->again[ARM_FULL], &t->again[ARM_REDUCED], 1,
		&again))
		return known;
	if (!known || again.high - again.low < l->high - l->low) {
		*l = again;
		l->again = true;
	}
	return true;
}
