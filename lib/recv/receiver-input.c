/* SPDX-License-Identifier: Apache-2.0 */
/* What the sender says, and our reader's greeting; see receiver-loop.h. */
#include "recv/receiver-loop.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "stream/handshake.h"

/* --- the end of it --- */

void
receiver_begin_cooldown(struct receiver_loop *l)
{
	if (l->cooldown)
		return;
	l->cooldown = true;
	l->until_ns = clock_ns() + l->r->cooldown_ns;
	memset(l->slot, 0, sizeof l->slot);
	log_debug(l->r->log, "sending is over, receiving for %g s more",
	    l->r->cooldown_ns / 1e9);
}

void
receiver_close_input(struct receiver_loop *l)
{
	if (l->over)
		return;
	l->over = true;
	close(stream_in_fd(l->r->in));
	receiver_begin_cooldown(l);
}

void
receiver_fail(struct receiver_loop *l, const char *what, const char *why)
{
	if (l->r->why[0] == '\0')
		snprintf(l->r->why, sizeof l->r->why, "%s: %s", what, why);
	l->outcome = OUTCOME_FAILED;
}

/* --- events --- */

/* The share of the whole scan that may have been sent by now. */
static double
sent_by_now(const struct receiver_loop *l)
{
	const struct facts *f = &l->r->scan->facts;
	uint64_t sent = l->targets, most = f->targets;

	if (!l->over)
		sent += 2 * l->step;
	if (sent > most && most > 0)
		sent = most;
	return (double)sent / (double)f->count;
}

/*
 * What the sender says is up to a second old, and more may be on its way: twice
 * as much as the most that it has said at a time.  The first reports may be
 * about less than a second, and say nothing of that.
 */
static void
tell_dense(struct receiver_loop *l, const struct stream_item *item)
{
	const struct facts *f = &l->r->scan->facts;
	uint64_t position = UINT64_MAX;

	if (l->r->dense == NULL || !(f->has & FACT_COUNT) || f->count == 0 ||
	    (stream_event_uint(item, "position", &position) == -1 && !l->over))
		return;
	if (position > l->position) {
		l->reports++;
		if (position - l->position > l->step)
			l->step = position - l->position;
	}
	l->position = position;
	if (l->over)
		dense_sent(l->r->dense, sent_by_now(l), position);
	else if (l->reports >= 3)
		dense_sent(l->r->dense, sent_by_now(l), position + 2 * l->step);
}

/* The sender has begun; on this machine it is known when that was. */
static void
take_begin(struct receiver_loop *l, const struct stream_item *item)
{
	uint64_t began, boot;

	if (l->r->boot != 0 && !capture_is_file(l->r->capture) &&
	    stream_event_uint(item, "boot", &boot) == 0 && boot == l->r->boot &&
	    stream_event_uint(item, "monotonic", &began) == 0 &&
	    began < l->r->live_ns)
		l->r->tally.missed_ns = l->r->live_ns - began;
}

/* The targets are through, and the sender waits for the way back to close. */
static void
take_drained(struct receiver_loop *l)
{
	l->drained = true;
	receiver_begin_cooldown(l);
	receiver_begin_quiet(l);
}

/* --- items --- */

int
receiver_begin_files(struct receiver_loop *l)
{
	if (l->begun)
		return 0;
	l->begun = true;
	capture_save_begin(l->r->capture);
	if (l->r->dense != NULL && outfile_take(l->r->dense_file) == -1) {
		receiver_fail(l, "--dense", strerror(errno));
		return -1;
	}
	if (l->r->keep == NULL || outfile_take(l->r->kept) == 0)
		return 0;
	receiver_fail(l, "--write-stream", strerror(errno));
	return -1;
}

static int
take_item(struct receiver_loop *l, const struct stream_item *item)
{
	if (handshake_accepted(item) && receiver_begin_files(l) == -1)
		return -1;
	if (l->r->keep != NULL) {
		stream_pass(l->r->keep, item);
		stream_flush(l->r->keep);
	}
	switch (item->what) {
	case STREAM_HEADER:
		receiver_fail(l, "stdin",
		    "a second scan; start zmap-recv for each");
		return -1;
	case STREAM_RECORD:
		receiver_fail(l, "stdin", "a record in a stream of probes");
		return -1;
	case STREAM_EVENT:
		if (stream_event_uint(item, "targets", &l->targets) == 0 &&
		    l->sending_ns == 0)
			l->sending_ns = clock_ns();
		tell_dense(l, item);
		if (stream_event_is(item, "begin"))
			take_begin(l, item);
		if (stream_event_is(item, "block"))
			receiver_take_block(l, item);
		if (stream_event_is(item, "drained"))
			take_drained(l);
		/* by itself: the spool may drop records, but no event */
		stream_flush(l->r->out);
		stream_pass(l->r->out, item);
		stream_flush(l->r->out);
		break;
	case STREAM_END:
		stream_event_uint(item, "targets", &l->targets);
		stream_event_uint(item, "failures", &l->r->tally.unsent);
		l->end = malloc(item->size);
		if (l->end == NULL) {
			receiver_fail(l, "stdin", strerror(errno));
			return -1;
		}
		memcpy(l->end, item->bytes, item->size);
		l->end_size = item->size;
		l->outcome = outcome_worse(l->outcome,
		    stream_end_outcome(item));
		l->over = true;
		tell_dense(l, item);
		receiver_begin_cooldown(l);
		break;
	}
	return 0;
}

int
receiver_read_input(struct receiver_loop *l, bool readable)
{
	struct stream_in *in = l->r->in;
	struct stream_item item;
	int rc;

	if (readable && stream_fill(in) == -1 && errno != EAGAIN) {
		receiver_fail(l, "stdin", strerror(errno));
		return -1;
	}
	while (!l->over && (rc = stream_next(in, &item)) != 0) {
		if (rc == -1) {
			/* an interrupted sender need not write an end */
			if (l->interrupted_ns != 0) {
				l->over = true;
				receiver_begin_cooldown(l);
				return 0;
			}
			receiver_fail(l, "stdin", stream_error(in));
			return -1;
		}
		if (take_item(l, &item) == -1)
			return -1;
	}
	return 0;
}

void
receiver_check_input(struct receiver_loop *l)
{
	struct pollfd p = { .fd = stream_in_fd(l->r->in), .events = POLLIN };
	struct stream_item item;

	if (l->end == NULL)
		return;
	if (poll(&p, 1, 0) > 0)
		stream_fill(l->r->in);
	if (stream_next(l->r->in, &item) != 0)
		receiver_fail(l, "stdin",
		    "a second scan; start zmap-recv for each");
}

/* --- our reader --- */

void
receiver_begin_greeting(struct receiver_loop *l)
{
	l->greeted_ns = clock_ns();
	l->greeting = RECEIVER_READY;
	/* of a savefile everything has been sent */
	if (handshake_can_tell(l->r->out_fd) && !capture_is_file(l->r->capture))
		l->greeting = RECEIVER_OUR_HEADER;
}

int
receiver_greet(struct receiver_loop *l)
{
	struct spool_counts queue;

	if (l->greeting == RECEIVER_READY)
		return 0;
	stream_flush(l->r->out);
	spool_count(l->r->spool, &queue);
	/* a pipe that no one reads any more is empty, too: receiver_run ends */
	if (queue.failed)
		return 0;
	if (queue.bytes > 0 || !taken(l->r->out_fd)) {
		if (clock_ns() - l->greeted_ns < TAKEN_PATIENCE)
			return 0;
		log_say(l->r->log, LOG_LEVEL_WARN,
		    "the results have no reader yet: the scan begins all the same");
		l->greeting = RECEIVER_OUR_READY;
	}
	if (l->greeting-- == RECEIVER_OUR_HEADER) {
		stream_event(l->r->out, "ready", "recv", NULL);
		stream_flush(l->r->out);
		return 0;
	}
	return receiver_read_input(l, false);
}
