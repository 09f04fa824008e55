/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of zmap-recv; see receiver.h. */
#include "recv/receiver.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "recv/receiver-loop.h"
#include "stream/handshake.h"

#define BATCH	    4096 /* frames between two looks around */
#define FILE_BATCH  256	 /* the same in a file: results must find room */
#define DRAIN_NS    (SECOND / 2) /* without the frames that are due */
#define FULL_MS	    5		 /* between two looks at a full queue */
#define WARM_UP	    5		 /* seconds before --min-hitrate counts */
#define LOW_SECONDS 5		 /* in a row, that it waits */
#define CHECK_TICK  (SECOND / 20)

/* --- once a second --- */

static double
hit_rate(const struct receiver_loop *l)
{
	return l->targets == 0 ? 0 : 100.0 * l->r->tally.unique / l->targets;
}

/* --min-hitrate: five seconds in a row, after five to begin with. */
static void
receiver_guard(struct receiver_loop *l, uint64_t now)
{
	if (l->r->min_hitrate <= 0 || l->cooldown || l->sending_ns == 0 ||
	    now - l->sending_ns < WARM_UP * SECOND)
		return;
	l->low = hit_rate(l) < l->r->min_hitrate ? l->low + 1 : 0;
	if (l->low < LOW_SECONDS)
		return;
	log_say(l->r->log, LOG_LEVEL_ERROR,
	    "hit rate is %.4g %%, below --min-hitrate=%g: stopping the scan",
	    hit_rate(l), l->r->min_hitrate);
	l->outcome = outcome_worse(l->outcome, OUTCOME_STOPPED);
	receiver_close_input(l);
}

/* At once, since the scan goes on: the savefile may be all one wants of it. */
static void
check_save(struct receiver_loop *l)
{
	char why[256];

	if (l->save_told ||
	    capture_save_check(l->r->capture, why, sizeof why) == 0)
		return;
	l->save_told = true;
	log_say(l->r->log, LOG_LEVEL_WARN,
	    "no more frames are kept by --write-pcap: %s", why);
}

static void
each_second(struct receiver_loop *l, uint64_t now)
{
	if (now >= l->next_count_ns) {
		l->next_count_ns = now + SECOND;
		receiver_count_drops(l);
		check_save(l);
		receiver_guard(l, now);
	}
	if (status_due(l->r->status))
		receiver_report(l, false);
}

/* --- the way back --- */

/*
 * --check: an answer that comes now could be asked about, and have a verdict.
 */
static bool
may_ask(const struct receiver_loop *l)
{
	return l->r->checks & CHECK_ASKS && !l->over &&
	    clock_ns() + l->r->check_wait_ns < l->until_ns;
}

/*
 * It is closed when no probe is due any more that an answer has made necessary;
 * the sender ends then, if it has waited for that.
 */
static void
tend_back(struct receiver_loop *l)
{
	struct receiver *r = l->r;

	if (r->back == NULL)
		return;
	back_out_flush(r->back);
	r->tally.back_drops = back_out_dropped(r->back);
	if ((!l->drained && !l->over) || may_ask(l))
		return;
	if (!l->over &&
	    (l->quiet_ns != 0 || (r->check != NULL && check_asks(r->check))))
		return;
	back_out_close(r->back);
	r->back = NULL;
}

/* --- signals, and waiting --- */

static void
take_signal(struct receiver_loop *l)
{
	struct signalfd_siginfo info;
	double left = l->r->cooldown_ns / 1e9;
	uint64_t now = clock_ns();

	if (read(l->r->signal_fd, &info, sizeof info) != sizeof info)
		return;
	l->outcome = outcome_worse(l->outcome, OUTCOME_INTERRUPTED);
	if (l->interrupted_ns != 0 || capture_is_file(l->r->capture)) {
		l->hurry = l->r->hurried = true;
		return;
	}
	l->interrupted_ns = now;
	if (l->cooldown) /* to a tenth */
		left = l->until_ns > now ?
		    (l->until_ns - now) / (SECOND / 10) / 10.0 :
		    0;
	log_info(l->r->log,
	    "interrupted: receiving for %g s more; a second %s ends that", left,
	    info.ssi_signo == SIGINT ? "Ctrl-C" : "signal");
	/* the sender, which has been told too, has a second to say its end */
}

/* Up to when nothing is to be done unless something happens. */
static uint64_t
deadline(const struct receiver_loop *l)
{
	uint64_t t = l->next_count_ns, soon;

	if (l->r->check != NULL && check_pending(l->r->check)) {
		soon = clock_ns() + CHECK_TICK;
		if (soon < t)
			t = soon;
	}
	if (receiver_next_block(l) < t)
		t = receiver_next_block(l);
	if (l->cooldown && l->until_ns < t)
		t = l->until_ns;
	if (l->interrupted_ns != 0 && !l->over &&
	    l->interrupted_ns + SECOND < t)
		t = l->interrupted_ns + SECOND;
	return t;
}

/* So many nanoseconds, but no more than patience, in milliseconds. */
static struct timespec
pause_until(uint64_t ns, int patience)
{
	if (ns / 1000000 >= (unsigned)patience)
		ns = patience * 1000000ull;
	return clock_timespec(ns);
}

/* What has been received so far is counted, and in the savefile. */
static void __attribute__((noreturn)) leave(struct receiver_loop *l)
{
	char why[256];

	receiver_count_drops(l);
	capture_save_end(l->r->capture, why, sizeof why);
	l->r->status->outcome = outcome_name(OUTCOME_INTERRUPTED);
	receiver_report(l, true);
	outcome_reader_gone();
}

/* Waits up to so many milliseconds, if nothing happens. */
static int
look_around(struct receiver_loop *l, int patience)
{
	struct pollfd p[] = {
		{ .fd = l->over || l->greeting != RECEIVER_READY ?
			-1 :
			stream_in_fd(l->r->in),
		    .events = POLLIN },
		{ .fd = l->r->signal_fd, .events = POLLIN },
		{ .fd = l->r->out_fd },
		{ .fd = l->r->solicited.fd, .events = POLLIN },
		{ .fd = capture_fd(l->r->capture), .events = POLLIN },
	};
	uint64_t now = clock_ns(), until = deadline(l);
	struct timespec wait = { 0 };

	if (patience > 0) {
		stream_flush(l->r->out);
		wait = pause_until(until > now ? until - now : 0, patience);
		if (l->greeting != RECEIVER_READY)
			wait = handshake_pause(l->greeted_ns);
	}
	if (ppoll(p, patience > 0 ? 5 : 4, &wait, NULL) > 0) {
		if (p[2].revents & (POLLERR | POLLNVAL))
			leave(l);
		if (p[1].revents & POLLIN)
			take_signal(l);
		if (p[3].revents & POLLIN)
			solicited_answer(&l->r->solicited);
		if (p[0].revents != 0 && receiver_read_input(l, true) == -1)
			return -1;
	}
	if (receiver_greet(l) == -1)
		return -1;
	now = clock_ns();
	if (l->r->check != NULL) {
		check_turn(l->r->check, l->r->back, now);
		check_release(l->r->check, l->r->out, now, false);
	}
	receiver_tend_blocks(l, now);
	tend_back(l);
	while (l->slot_now < now / RECEIVER_SLOT_NS) {
		if (now / RECEIVER_SLOT_NS - l->slot_now > RECEIVER_SLOTS)
			l->slot_now = now / RECEIVER_SLOT_NS - RECEIVER_SLOTS;
		l->slot[++l->slot_now % RECEIVER_SLOTS] = 0;
	}
	if (l->interrupted_ns != 0 && !l->over &&
	    now >= l->interrupted_ns + SECOND)
		receiver_close_input(l);
	each_second(l, now);
	if (stream_out_error(l->r->out) == EPIPE)
		leave(l);
	if (stream_out_error(l->r->out) != 0) {
		receiver_fail(l, "stdout",
		    strerror(stream_out_error(l->r->out)));
		return -1;
	}
	return 0;
}

/* --- frames --- */

static int
read_frames(struct receiver_loop *l, int max)
{
	char why[256];
	int n;

	n = capture_read(l->r->capture, max, receiver_on_frame, l, why,
	    sizeof why);
	if (n == -1)
		receiver_fail(l,
		    capture_is_file(l->r->capture) ? "savefile" : "capture",
		    why);
	return n;
}

/*
 * All that the kernel has put into the ring by now, and nothing later: the
 * last block is handed over when it is CAPTURE_RETIRE_MS old, and there may be
 * many before it.
 */
static void
receiver_drain(struct receiver_loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	struct pollfd p = { .fd = capture_fd(l->r->capture), .events = POLLIN };
	uint64_t until = 0, last;
	int n = 0;

	receiver_count_drops(l);
	last = t->captured - t->kernel_drops;
	while (n >= 0 && t->received < last) {
		n = read_frames(l, BATCH);
		if (n != 0 || until == 0)
			until = clock_ns() + DRAIN_NS;
		else if (clock_ns() > until)
			break; /* they are not there, whatever it counted */
		if (n == 0)
			poll(&p, 1, CAPTURE_RETIRE_MS);
	}
}

static void
run_live(struct receiver_loop *l)
{
	int n;

	for (;;) {
		n = read_frames(l, BATCH);
		if (n == -1)
			break;
		if (look_around(l, n < BATCH ? INT_MAX : 0) == -1)
			break;
		if (l->hurry ||
		    (l->cooldown && l->over && clock_ns() >= l->until_ns))
			break;
	}
	if (n != -1)
		receiver_drain(l);
}

/*
 * The input first, to its end: it is short, and says how the scan went.  A
 * file waits for a slow reader, as a network does not.
 */
static void
run_file(struct receiver_loop *l)
{
	int n, rc;

	l->r->cooldown_ns = 0;
	while (!l->over && !l->hurry)
		if (look_around(l, INT_MAX) == -1)
			l->over = true; /* the file is read all the same */
	l->cooldown = false;
	if (receiver_begin_files(l) == -1)
		return;
	do {
		n = read_frames(l, FILE_BATCH);
		do
			rc = look_around(l,
			    spool_is_full(l->r->spool) ? FULL_MS : 0);
		while (rc == 0 && !l->hurry && spool_is_full(l->r->spool));
	} while (n > 0 && rc == 0 && !l->hurry);
}

/* --- beginning and end --- */

static void
write_end(struct receiver_loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	struct stream_item before = { .what = STREAM_END,
		.bytes = l->end,
		.size = l->end_size };
	struct spool_counts queue;
	struct counter c[COUNTERS + 1];

	if (l->r->check != NULL)
		check_release(l->r->check, l->r->out, 0, true);
	stream_flush(l->r->out); /* what may be dropped, before */
	spool_count(l->r->spool, &queue);
	t->queue_drops = queue.dropped;
	if (t->kernel_drops + t->interface_drops + t->queue_drops +
		t->forgotten + t->link_downs + t->missed_ns + t->unsent >
	    0)
		l->outcome = outcome_worse(l->outcome, OUTCOME_INCOMPLETE);
	receiver_count_end(l, c);
	stream_end(l->r->out, "recv", l->outcome,
	    l->end != NULL ? &before : NULL, c);
	if (stream_flush(l->r->out) == -1) {
		if (errno == EPIPE)
			leave(l);
		receiver_fail(l, "stdout", strerror(errno));
	}
}

/*
 * Until the reader has taken everything, however long that takes.  A signal
 * now means that the results are not wanted.
 */
static void
wait_for_reader(struct receiver_loop *l)
{
	struct pollfd p[] = {
		{ .fd = l->r->signal_fd, .events = POLLIN },
		{ .fd = l->r->out_fd },
	};
	struct signalfd_siginfo info;
	struct spool_counts queue;
	int wait = 1;

	for (;;) {
		spool_count(l->r->spool, &queue);
		if (queue.bytes == 0 || queue.failed)
			break;
		if (poll(p, 2, wait) > 0) {
			if (p[1].revents & (POLLERR | POLLNVAL))
				leave(l);
			if (p[0].revents & POLLIN &&
			    read(p[0].fd, &info, sizeof info) == sizeof info) {
				receiver_fail(l, "interrupted",
				    "results that were not read are lost");
				l->r->abandoned = true;
				break;
			}
		}
		if (status_due(l->r->status))
			receiver_report(l, false);
		wait = wait < 50 ? wait * 2 : 100;
	}
}

static enum outcome
receiver_finish(struct receiver_loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	size_t k;

	receiver_count_drops(l);
	t->unread = 0;
	if (t->captured > t->received + t->kernel_drops)
		t->unread = t->captured - t->received - t->kernel_drops;
	t->captured = t->received + t->kernel_drops + t->unread;
	receiver_check_input(l);
	if (l->cooldown && !l->hurry && !capture_is_file(l->r->capture))
		for (k = 0; k < RECEIVER_SLOTS; k++)
			t->late += l->slot[k];
	write_end(l);
	wait_for_reader(l);
	l->r->status->outcome = outcome_name(l->outcome);
	receiver_report(l, true);
	return l->outcome;
}

enum outcome
receiver_run(struct receiver *r)
{
	struct receiver_loop *l = calloc(1, sizeof *l);
	enum outcome outcome;

	if (l == NULL)
		goto fail;
	l->r = r;
	l->answers = (struct answers){ .scan = r->scan,
		.probe = r->probe,
		.thread = r->thread,
		.check_port = r->check_port,
		.with_dense = r->dense != NULL,
		.tail = answer_tail(r->checks),
		.check = r->check,
		.only = r->only,
		.dedup = r->scan->facts.family == 6 ? NULL : r->dedup };
	if (r->back != NULL && control_possible(r->scan, r->probe) &&
	    (l->control = control_new(r->scan)) == NULL)
		goto fail;
	l->answers.control = l->control != NULL;
	if (answer_init(&l->answers) == -1)
		goto fail;
	signal(SIGPIPE, SIG_IGN); /* see leave() */
	l->slot_now = clock_ns() / RECEIVER_SLOT_NS;
	l->next_count_ns = clock_ns() + SECOND;
	receiver_begin_greeting(l);
	if (l->greeting != RECEIVER_READY ||
	    receiver_read_input(l, false) == 0) {
		if (capture_is_file(r->capture))
			run_file(l);
		else
			run_live(l);
	}
	outcome = receiver_finish(l);
	answer_done(&l->answers);
	control_free(l->control);
	free(l->end);
	free(l);
	return outcome;
fail:
	if (l != NULL)
		control_free(l->control);
	free(l);
	snprintf(r->why, sizeof r->why, "%s", strerror(errno));
	return OUTCOME_FAILED;
}
