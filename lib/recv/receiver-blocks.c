/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of time (send/tempo.h), and what they had; see receiver-loop.h. */
#include "recv/receiver-loop.h"

#include <string.h>

#include "base/clock.h"

#define QUIET_NS SECOND /* for answers, when all has been sent */

/*
 * The block that the probe was sent in: its port says so, or else the time that
 * was in it.  NULL: an older one, or it is not known.
 */
static struct block_count *
block_sent_in(struct receiver_loop *l, const struct reply *r,
    const uint64_t *us)
{
	struct block_count *last = &l->blocks[l->block % 2];
	struct block_count *other = &l->blocks[(l->block + 1) % 2];
	uint64_t sent;

	if (l->r->probe->ports)
		return &l->blocks[l->answers.mark];
	if (us == NULL)
		return NULL;
	sent = r->time_ns - *us * MICROSECOND;
	if (sent >= last->wall_ns)
		return last;
	return l->block > 0 && sent >= other->wall_ns ? other : NULL;
}

void
receiver_count_hit(struct receiver_loop *l, const struct reply *r, bool repeat)
{
	struct block_count *c;
	uint64_t us;
	bool timed = answer_rtt(&l->answers, &us);

	if (repeat && l->r->scan->probes == 1)
		return;
	c = block_sent_in(l, r, timed ? &us : NULL);
	if (c != NULL)
		c->hits++;
	else /* that answers take so long is known now */
		c = &l->blocks[l->block % 2];
	if (timed)
		trip_add(&c->trip, us);
}

static uint64_t
drops_so_far(struct receiver_loop *l)
{
	const struct receiver_tally *t = &l->r->tally;

	receiver_count_drops(l);
	return t->kernel_drops + t->interface_drops + t->queue_drops;
}

/* What was asked again, unless some of that found no room on the way back. */
static struct counter *
count_again(const struct receiver_loop *l, uint64_t number, struct counter *c)
{
	const struct control_block *b;

	if (l->control == NULL ||
	    back_out_dropped(l->r->back) > l->blocks[number % 2].unasked)
		return c;
	b = control_count(l->control, number);
	*c++ = (struct counter){ "again", b->asked };
	*c++ = (struct counter){ "again_answers", b->answers };
	return c;
}

/* By the way back: the answers to this block are in. */
static void
tell_block(struct receiver_loop *l, uint64_t number)
{
	const struct block_count *b = &l->blocks[number % 2];
	struct counter c[8] = { { "number", number }, { "hits", b->hits },
		{ "drops", drops_so_far(l) - b->drops } };
	struct counter *at = &c[3];
	uint64_t low, high;

	if (trip_median(&b->trip, &low, &high)) {
		*at++ = (struct counter){ "rtt_low_us", low };
		*at++ = (struct counter){ "rtt_high_us", high };
	}
	at = count_again(l, number, at);
	*at = (struct counter){ NULL, 0 };
	back_out_event(l->r->back, "block", c);
}

/* How many hosts are to be asked again, and in which time. */
static void
begin_control(struct receiver_loop *l, const struct stream_item *item,
    uint64_t number)
{
	struct control_block b = { .number = number, .begun = clock_ns() };
	uint64_t reduced = 0, within = 0;

	if (l->control == NULL)
		return;
	stream_event_uint(item, "reduced", &reduced);
	stream_event_uint(item, "again", &b.again);
	stream_event_uint(item, "within_ms", &within);
	b.reduced = reduced != 0;
	b.within = within * (SECOND / 1000);
	control_begin(l->control, &b);
}

/*
 * A block begins: the answers to the one before the last are in.  The first is
 * number 0.
 */
void
receiver_take_block(struct receiver_loop *l, const struct stream_item *item)
{
	uint64_t number, wall = 0;

	if (l->r->back == NULL ||
	    stream_event_uint(item, "number", &number) == -1)
		return;
	stream_event_uint(item, "time", &wall);
	if (number >= 2)
		tell_block(l, number - 2);
	l->blocks[number % 2] = (struct block_count){
		.wall_ns = wall,
		.drops = drops_so_far(l),
		.unasked = back_out_dropped(l->r->back),
	};
	l->block = number;
	begin_control(l, item, number);
}

/* All has been sent, and hosts are asked once more in the quiet. */
void
receiver_begin_quiet(struct receiver_loop *l)
{
	if (l->control != NULL && l->r->back != NULL &&
	    control_next(l->control) != UINT64_MAX)
		l->quiet_ns = clock_ns() + QUIET_NS;
}

void
receiver_tend_blocks(struct receiver_loop *l, uint64_t now)
{
	if (l->control == NULL || l->r->back == NULL)
		return;
	control_turn(l->control, l->r->back, now);
	if (l->quiet_ns == 0 || now < l->quiet_ns)
		return;
	l->quiet_ns = 0;
	if (l->block > 0)
		tell_block(l, l->block - 1);
	tell_block(l, l->block);
}

uint64_t
receiver_next_block(const struct receiver_loop *l)
{
	uint64_t next;

	if (l->control == NULL || l->r->back == NULL)
		return UINT64_MAX;
	next = control_next(l->control);
	return l->quiet_ns != 0 && l->quiet_ns < next ? l->quiet_ns : next;
}
