/* SPDX-License-Identifier: Apache-2.0 */
/* Shards as one; see fleet.h. */
#include "show/fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A stage writes a line each second. */
#define SILENT_SECONDS 5

/* What is lost of the answers, in percent, that is worth a line. */
#define DROPS_PERCENT 5

static uint64_t
fleet_handled(const struct reports_stage *send)
{
	return reports_count(send, COUNT_SEND_TARGETS) +
	    reports_count(send, COUNT_SEND_FAILED) +
	    reports_count(send, COUNT_SEND_EXCLUDED) +
	    reports_count(send, COUNT_SEND_REFUSED);
}

/* All targets of a shard: those of earlier runs, and of this one. */
static uint64_t
targets_of(const struct reports_shard *s, const struct reports_stage *send)
{
	uint64_t now = reports_now(send, COUNT_SEND_TARGETS) +
	    reports_now(send, COUNT_SEND_FAILED) +
	    reports_now(send, COUNT_SEND_EXCLUDED) +
	    reports_now(send, COUNT_SEND_REFUSED);
	uint64_t n = 0;

	if (send != NULL && send->targets > 0)
		n = send->targets;
	else
		reports_fact(s, "targets", &n);
	return fleet_handled(send) - now + n;
}

/* The stage that ended worst, or NULL: none has, or all well. */
static const char *
ended_badly(const struct reports_shard *s)
{
	const char *outcome;
	size_t i;

	for (i = 0; i < s->nstages; i++) {
		outcome = reports_outcome(&s->stages[i]);
		if (outcome != NULL && strcmp(outcome, "done") != 0 &&
		    strcmp(outcome, "incomplete") != 0 &&
		    strcmp(s->stages[i].name, "targets") != 0)
			return outcome;
	}
	return NULL;
}

static bool
lost_some(const struct reports_shard *s)
{
	const char *outcome;
	size_t i;

	for (i = 0; i < s->nstages; i++) {
		outcome = reports_outcome(&s->stages[i]);
		if (outcome != NULL && strcmp(outcome, "incomplete") == 0)
			return true;
	}
	return false;
}

static double
heard_at(const struct reports_shard *s)
{
	double last = 0;
	size_t i;

	for (i = 0; i < s->nstages; i++)
		if (s->stages[i].seen > last)
			last = s->stages[i].seen;
	return last;
}

/*
 * All stages have ended.  A receiver that has not been heard of yet may speak
 * up: a small shard is sent before that.  Where there is none, as in a dry run,
 * silence tells.
 */
static bool
is_over(const struct reports_shard *s, double now)
{
	const struct reports_stage *send = reports_stage(s, "send");
	size_t i;

	for (i = 0; i < s->nstages; i++)
		if (reports_ran(&s->stages[i]) && !s->stages[i].final &&
		    strcmp(s->stages[i].name, "targets") != 0)
			return false;
	return reports_ran(send) && send->final &&
	    (reports_ran(reports_stage(s, "recv")) ||
		now - heard_at(s) > SILENT_SECONDS);
}

static double
percent_of(const struct reports_shard *s)
{
	const struct reports_stage *send = reports_stage(s, "send");
	uint64_t all = targets_of(s, send);
	double done = all > 0 ? 100.0 * fleet_handled(send) / all : 0;

	return done < 100 ? done : 100;
}

static bool
drops(const struct reports_shard *s, double *percent)
{
	const struct reports_stage *recv = reports_stage(s, "recv");
	double lost = reports_rate(recv, COUNT_RECV_KERNEL_DROPS) +
	    reports_rate(recv, COUNT_RECV_INTERFACE_DROPS) +
	    reports_rate(recv, COUNT_RECV_QUEUE_DROPS);
	double all = lost + reports_rate(recv, COUNT_RECV_RECEIVED);

	*percent = all > 0 ? 100 * lost / all : 0;
	return *percent > DROPS_PERCENT;
}

/* What there is to say of a shard; false: it is well. */
static bool
trouble_of(const struct reports_shard *s, double now, char *buf, size_t size)
{
	const char *outcome = ended_badly(s);
	double silent = now - heard_at(s), percent;

	if (outcome != NULL)
		snprintf(buf, size, "shard %" PRIu64 ": %s at %.0f%%", s->shard,
		    outcome, percent_of(s));
	else if (is_over(s, now) && !lost_some(s))
		return false;
	else if (is_over(s, now))
		snprintf(buf, size,
		    "shard %" PRIu64 ": done, but not all was found", s->shard);
	else if (silent > SILENT_SECONDS)
		snprintf(buf, size,
		    "shard %" PRIu64 ": silent for %.0f s, at %.0f%%", s->shard,
		    silent, percent_of(s));
	else if (drops(s, &percent))
		snprintf(buf, size,
		    "shard %" PRIu64 ": %.0f%% of the answers are dropped",
		    s->shard, percent);
	else
		return false;
	return true;
}

static const struct reports_shard *
fleet_find(const struct reports *f, uint64_t shard)
{
	size_t i;

	for (i = 0; i < f->nshards; i++)
		if (f->shards[i].shard == shard && f->shards[i].nstages > 0)
			return &f->shards[i];
	return NULL;
}

static uint64_t
count_shards(const struct reports *f)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < f->nshards; i++)
		if (f->shards[i].shards > n && f->shards[i].shards <= 65535)
			n = f->shards[i].shards;
	return n > 0 ? n : f->nshards;
}

bool
fleet_trouble(const struct reports *f, double now, size_t i, char *buf,
    size_t size)
{
	uint64_t n = count_shards(f), k, first;
	const struct reports_shard *s;
	char line[128];

	for (k = 0; k < n; k++) {
		s = fleet_find(f, k);
		if (s == NULL) {
			for (first = k;
			     k + 1 < n && fleet_find(f, k + 1) == NULL;)
				k++;
			if (first == k)
				snprintf(line, sizeof line,
				    "shard %" PRIu64 ": not heard of yet", k);
			else
				snprintf(line, sizeof line,
				    "shards %" PRIu64 "-%" PRIu64
				    ": not heard of yet",
				    first, k);
		} else if (!trouble_of(s, now, line, sizeof line)) {
			continue;
		}
		if (i-- == 0) {
			snprintf(buf, size, "%s", line);
			return true;
		}
	}
	return false;
}

void
fleet_compute(struct fleet *fleet, struct progress *p, const struct reports *f,
    double now)
{
	double rate = 0, cooldown = reports_number(f, "cooldown-time", 0);
	const struct reports_stage *send;
	uint64_t done = 0, all = 0, total = 0, part, whole;
	char line[128];
	size_t i;

	*fleet = (struct fleet){ .shards = count_shards(f) };
	for (i = 0; i < f->nshards; i++) {
		if (f->shards[i].nstages == 0)
			continue;
		send = reports_stage(&f->shards[i], "send");
		part = fleet_handled(send);
		whole = targets_of(&f->shards[i], send);
		fleet->heard++;
		done += part < whole ? part : whole;
		all += whole;
		rate += reports_rate(send, COUNT_SEND_TARGETS);
		reports_fact(&f->shards[i], "total", &total);
		if (is_over(&f->shards[i], now) &&
		    ended_badly(&f->shards[i]) == NULL)
			fleet->done++;
		if (trouble_of(&f->shards[i], now, line, sizeof line))
			fleet->trouble++;
	}
	if (total < all && fleet->heard > 0)
		total = all / fleet->heard * fleet->shards;
	p->complete = fleet->done == fleet->shards && fleet->shards > 0;
	p->sent = p->complete;
	p->left = -1;
	p->percent = total > 0 ? 100.0 * done / total : 0;
	if (p->complete) {
		p->left = 0;
		p->percent = 100;
	} else if (rate > 0 && total > done) {
		p->left = (total - done) / rate + cooldown;
	} else if (total > 0 && done >= total) {
		p->left = cooldown;
	}
	if (!p->complete && p->percent > 99)
		p->percent = 99;
}
