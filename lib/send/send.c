/* SPDX-License-Identifier: Apache-2.0 */
/* The order of things; see send.h. */
#include "send/send.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rights.h"
#include "send/announce.h"
#include "send/pace.h"
#include "send/rehearse.h"
#include "send/run.h"
#include "send/setup.h"
#include "send/verdict.h"

static unsigned
chunk_size(void *ctx)
{
	struct run *r = ctx;
	double n = rate_get(&r->rate) / 4 / sender_threads(r->sender) /
	    r->probes;

	/* a quarter of a second's, so that threads stay close together */
	if (n == 0 || n > WORK_CHUNK)
		return WORK_CHUNK;
	return n < 1 ? 1 : n;
}

static void
take_report(void *ctx, const struct stream_item *item)
{
	tempo_report(ctx, item);
}

static int
send_start(struct run *r, char *why, size_t size)
{
	const struct feed_config c = {
		.in = r->in,
		.work = &r->work,
		.family = r->facts.family,
		.with_ports = r->send->probe->ports,
		.chunk = chunk_size,
		.event = report_pass,
		.ctx = r,
	};
	bool opened;

	opened = asked_open(&r->asked, r->send->back, r->send->probe->ports,
		     &r->work, &r->facts, r->send->log) == 0;
	r->asked.answered = r->answered;
	r->asked.event = take_report;
	r->asked.ctx = r;
	if (!r->send->probe->ports ||
	    r->send->source_ports >= BACK_SIBLING_PORTS(r->probes))
		r->asked.sibling_number = BACK_SIBLING_NUMBER(r->probes);
	if (r->send->probe->ports &&
	    r->send->source_ports >= BACK_AGAIN_PORTS(r->probes))
		r->asked.again_number = BACK_AGAIN_NUMBER(r->probes);
	if (opened && sender_start(r->sender) == 0 &&
	    keeper_start(r->keeper) == 0 && (r->feed = feed_start(&c)) != NULL)
		return 0;
	snprintf(why, size, "cannot start a thread: %s", strerror(errno));
	return -1;
}

/*
 * The header goes out as soon as it is known, so that zmap-recv opens its
 * capture, which takes time, while we open our own.
 */
static int
open_all(struct run *r, char *why, size_t size)
{
	if (setup_egress(r, why, size) == -1 ||
	    setup_keeper(r, why, size) == -1)
		return -1;
	status_open(&r->report.status, r->send->status_fd, "send");
	status_scan(&r->report.status, r->facts.id, r->facts.shard,
	    r->facts.shards);
	r->report.out = stream_out_new(STDOUT_FILENO);
	if (r->report.out == NULL || announce(r) == -1) {
		if (errno == EPIPE)
			outcome_reader_gone();
		snprintf(why, size, "stdout: %s", strerror(errno));
		return -1;
	}
	if (setup_sender(r, why, size) == -1)
		return -1;
	if (sender_way(r->sender, 0)->way->network)
		uplink_watch(&r->uplink);
	pace_set(r);
	pace_warn(r);
	return pace_check_name(r, why, size);
}

/*
 * The events before are taken by the program that reads our output, which may
 * be one that only copies: zmap-recv behind it sees by this what it has missed.
 */
static void
say_begin(struct run *r)
{
	struct counter c[] = {
		{ "monotonic", clock_ns() },
		{ "boot", r->boot },
		{ NULL, 0 },
	};

	report_event(r, "begin", c);
}

/* All stages have accepted the scan: our files may be emptied. */
static int
send_begin_files(struct run *r, char *why, size_t size)
{
	const char *savefile = r->send->savefile;

	if (savefile != NULL && outfile_take(&r->savefile) == -1) {
		snprintf(why, size, "%s: %s", savefile, strerror(errno));
		return -1;
	}
	return keeper_begin(r->keeper, why, size);
}

static enum outcome
send_finish(struct run *r, char *why, size_t size)
{
	const struct stream_item *before;
	enum outcome outcome = verdict(r, why, size);
	struct counter c[COUNTERS + 1];

	before = feed_end(r->feed);
	if (keeper_stop(r->keeper, verdict_checkpoint(r, before), why, size) ==
	    -1)
		outcome = OUTCOME_FAILED;
	report_counts(r, c);
	r->report.status.outcome = outcome_name(before == NULL ?
		outcome :
		outcome_worse(outcome, stream_end_outcome(before)));
	if (r->watch.reader_gone || stream_out_error(r->report.out) == EPIPE) {
		r->report.status.outcome = outcome_name(OUTCOME_INTERRUPTED);
		report_status(r, true);
		outcome_reader_gone();
	}
	report_status(r, true);
	pthread_mutex_lock(&r->report.lock);
	stream_end(r->report.out, "send", outcome, before, c);
	if (stream_flush(r->report.out) == -1) {
		if (stream_out_error(r->report.out) == EPIPE)
			outcome_reader_gone();
		snprintf(why, size, "stdout: %s",
		    strerror(stream_out_error(r->report.out)));
		outcome = OUTCOME_FAILED;
	}
	pthread_mutex_unlock(&r->report.lock);
	if (before != NULL)
		outcome = outcome_worse(outcome, stream_end_outcome(before));
	return outcome;
}

static unsigned
rights_needed(const struct run *r)
{
	return RIGHTS_PACKETS | RIGHTS_THREADS |
	    (sender_programs(r->sender) ? RIGHTS_PROGRAMS : 0);
}

static enum outcome
send_scan(struct run *r, char *why, size_t size)
{
	enum outcome outcome;
	int rc;

	if (setup_form(r, why, size) == -1)
		return OUTCOME_FAILED;
	outcome = setup_try(r, why, size);
	if (outcome != OUTCOME_DONE)
		return outcome;
	r->boot = clock_boot();
	watch_signals(&r->watch);
	if (open_all(r, why, size) == -1 ||
	    setup_rights(r->send, rights_needed(r), why, size) == -1)
		return OUTCOME_FAILED;
	rc = keeper_check(r->keeper, why, size);
	if (rc != 0)
		return rc == 1 ? OUTCOME_INTERRUPTED : OUTCOME_FAILED;
	if (send_start(r, why, size) == -1)
		return OUTCOME_FAILED;
	watch_taken(r);
	report_event(r, "ready", NULL);
	watch_taken(r);
	r->report.next_ns = clock_ns();
	status_begin(&r->report.status);
	if (r->send->max_runtime != 0)
		r->end = r->report.next_ns + r->send->max_runtime;
	if (!r->watch.interrupted && !r->watch.reader_gone) {
		if (send_begin_files(r, why, size) == -1)
			return OUTCOME_FAILED;
		r->begun = true;
		say_begin(r);
		tempo_begin(r);
		sender_go(r->sender);
	}
	watch_threads(r);
	asked_close(&r->asked);
	return send_finish(r, why, size);
}

enum outcome
send_run(const struct send *s, char *why, size_t size)
{
	struct run *r = calloc(1, sizeof *r);
	enum outcome outcome;

	snprintf(why, size, "out of memory");
	if (r == NULL ||
	    (r->in = stream_in_new(STDIN_FILENO, "targets")) == NULL)
		return OUTCOME_FAILED;
	r->send = s;
	pthread_mutex_init(&r->report.lock, NULL);
	rate_init(&r->rate, s->rate, clock_ns());
	outcome = setup_read(r, why, size);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (work_init(&r->work, r->facts.family, r->facts.position,
		r->probes) == -1)
		return OUTCOME_FAILED;
	why[0] = '\0';
	switch (s->dry) {
	case DRY_ROUTES:
		return rehearse_routes(r, why, size);
	case DRY_NOT:
		return send_scan(r, why, size);
	default:
		return rehearse(r, why, size);
	}
}
