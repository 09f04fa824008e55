/* SPDX-License-Identifier: Apache-2.0 */
/* The loop that drives every filter; see stage.h. */
#include "stream/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "stream/handshake.h"

static void
loop_collect(const struct loop *s, struct counter c[4])
{
	c[0] = counter_of(COUNT_LOOP_IN, s->taken);
	c[1] = counter_of(COUNT_LOOP_OUT, s->passed);
	c[2] = counter_of(COUNT_LOOP_FILTERED, s->taken - s->passed);
	c[3] = counter_end();
}

static void
loop_report(struct loop *s, bool final)
{
	struct counter c[4];

	if (s->status == NULL || !(final || status_due(s->status)))
		return;
	loop_collect(s, c);
	status_line(s->status, c, final);
}

/* The last report goes out, however this stage is to end. */
static enum outcome
end_run(struct loop *s, enum outcome outcome)
{
	if (s->reader_gone)
		outcome = OUTCOME_INTERRUPTED;
	else if (s->finish != NULL)
		outcome = s->finish(s, outcome);
	if (s->reader_gone)
		outcome = OUTCOME_INTERRUPTED;
	if (s->status != NULL)
		s->status->outcome = outcome_name(outcome);
	loop_report(s, true);
	if (s->reader_gone)
		outcome_reader_gone();
	return outcome;
}

static enum outcome
loop_failed(struct loop *s)
{
	return s->outcome != OUTCOME_DONE ? s->outcome : OUTCOME_FAILED;
}

static enum outcome
loop_write_failed(struct loop *s)
{
	if (stream_out_error(s->out) == EPIPE)
		s->reader_gone = true;
	else
		snprintf(s->why, sizeof s->why, "stdout: %s",
		    strerror(stream_out_error(s->out)));
	return OUTCOME_FAILED;
}

/*
 * A header that the stage cannot work with: the next stages learn from a
 * segment without records why there are none, whatever came before it.
 */
static void
end_early(struct loop *s)
{
	struct counter c[4];

	if (s->out == NULL || stream_header(s->out) == -1)
		return;
	loop_collect(s, c);
	stream_end(s->out, s->name, loop_failed(s), NULL, c);
}

/*
 * Waits until our reader is known to be able to work with the header; see
 * handshake.h.  -1: writing has failed.
 */
static int
loop_wait_for_reader(struct loop *s)
{
	struct pollfd p = { .fd = STDOUT_FILENO };
	struct timespec pause;
	uint64_t begun;
	int step;

	if (s->greeted || !handshake_can_tell(STDOUT_FILENO))
		return 0;
	s->greeted = true;
	for (step = 0; step < 2; step++) {
		if (step == 1 &&
		    stream_event(s->out, "ready", s->name, NULL) == -1)
			return -1;
		if (stream_flush(s->out) == -1)
			return -1;
		for (begun = clock_ns(); !taken(STDOUT_FILENO) &&
		     clock_ns() - begun < TAKEN_PATIENCE;
		     loop_report(s, false)) {
			pause = handshake_pause(begun);
			if (ppoll(&p, 1, &pause, NULL) > 0) {
				s->reader_gone = true;
				return -1;
			}
		}
	}
	return 0;
}

/* One item; sets *outcome and returns false if that was the last. */
static bool
loop_take(struct loop *s, const struct stream_item *item, enum outcome *outcome)
{
	struct header *h = (struct header *)item->header;
	struct counter c[4];
	int rc = 0;

	s->item = item;
	switch (item->what) {
	case STREAM_HEADER:
		if (s->out != NULL)
			h = stream_derive(s->out, h, NULL, s->argv);
		if (h == NULL) {
			snprintf(s->why, sizeof s->why, "%s", strerror(ENOMEM));
			*outcome = OUTCOME_FAILED;
			return false;
		}
		if (s->status != NULL)
			s->identify(s->status, &h->scan);
		if (s->header != NULL && s->header(s, h) == -1) {
			end_early(s);
			goto fail;
		}
		if (s->out != NULL && (rc = stream_header(s->out)) == 0)
			rc = loop_wait_for_reader(s);
		break;
	case STREAM_RECORD:
		s->taken++;
		rc = s->record(s, item);
		if (rc == -1)
			goto fail;
		s->passed += rc;
		if (s->out != NULL && rc == 1)
			rc = s->write != NULL ? s->write(s, item) :
						stream_pass(s->out, item);
		break;
	case STREAM_EVENT:
		if (s->event != NULL && s->event(s, item) == -1)
			goto fail;
		if (s->out != NULL)
			rc = stream_pass(s->out, item);
		break;
	case STREAM_END:
		if (s->event != NULL && s->event(s, item) == -1)
			goto fail;
		*outcome = outcome_worse(*outcome, stream_end_outcome(item));
		if (s->out != NULL) {
			loop_collect(s, c);
			rc = stream_end(s->out, s->name, OUTCOME_DONE, item, c);
		}
		break;
	}
	if (rc == -1) {
		if (!s->reader_gone)
			*outcome = loop_write_failed(s);
		return false;
	}
	return !s->done;
fail:
	*outcome = loop_failed(s);
	return false;
}

/*
 * Waits until there is something to read, at most `ms` milliseconds; false if
 * they passed. A stage that waits for input would not see its reader go
 * until it next writes, and the scan before it would run on: so it looks, and
 * ends the silent way of those who write.
 */
static bool
loop_ready(struct loop *s, int ms)
{
	struct pollfd p[] = {
		{ .fd = stream_in_fd(s->in), .events = POLLIN },
		{ .fd = s->to_stdout ? STDOUT_FILENO : -1 },
	};

	if (poll(p, 2, ms) == 0)
		return false;
	if (p[1].revents & POLLERR)
		s->reader_gone = true;
	return true;
}

/* The input, for messages. */
static const char *
source(const struct loop *s)
{
	return s->files != NULL && s->files[0] != NULL ?
	    s->files[stream_file(s->in)] :
	    "stdin";
}

enum outcome
loop_run(struct loop *s)
{
	enum outcome outcome = OUTCOME_DONE;
	struct stream_item item;
	int rc;

	signal(SIGPIPE, SIG_IGN); /* see outcome.h */
	for (;;) {
		rc = stream_next(s->in, &item);
		if (rc == 1) {
			if (!loop_take(s, &item, &outcome))
				break;
			continue;
		}
		if (rc == -1) {
			snprintf(s->why, sizeof s->why, "%.200s: %s", source(s),
			    stream_error(s->in));
			outcome = OUTCOME_FAILED;
			break;
		}
		if (stream_at_end(s->in))
			break;
		loop_report(s, false);
		if (!loop_ready(s, 0)) {
			if (s->out != NULL && stream_flush(s->out) == -1) {
				outcome = loop_write_failed(s);
				break;
			}
			if (s->idle != NULL && s->idle(s) == -1) {
				outcome = loop_failed(s);
				break;
			}
			while (!loop_ready(s,
			    s->status != NULL ? status_wait(s->status) : -1))
				loop_report(s, false);
		}
		if (s->reader_gone)
			break;
		if (stream_fill(s->in) == -1) {
			snprintf(s->why, sizeof s->why, "%.200s: %s", source(s),
			    strerror(errno));
			outcome = OUTCOME_FAILED;
			break;
		}
	}
	if (s->out != NULL && stream_flush(s->out) == -1 && s->why[0] == '\0')
		outcome = loop_write_failed(s);
	return end_run(s, outcome);
}
