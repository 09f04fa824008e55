/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of a scan's progress; see progress.h. */
#include "show/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "show/reports.h"

/* Before this age an estimate of the time left is a guess. */
#define ESTIMATE_SECONDS 5

/* What is worth a warning, in percent. */
#define DROPS_PERCENT	 5 /* of the answers */
#define FAILURES_PERCENT 1 /* of the packets */

static const enum counter_id drops[] = { COUNT_RECV_KERNEL_DROPS,
	COUNT_RECV_INTERFACE_DROPS, COUNT_RECV_QUEUE_DROPS };

static void
progress_add(struct progress_count *c, const struct reports_stage *g,
    enum counter_id id)
{
	c->total += reports_count(g, id);
	c->rate += reports_rate(g, id);
}

static void
average(struct progress_count *c, double seconds)
{
	c->average = seconds > 1e-3 ? c->total / seconds : 0;
}

/* The share of a whole that has been done, 0 to 1; -1 if it is not known. */
static double
share(uint64_t done, uint64_t all)
{
	if (all == 0)
		return -1;
	return done >= all ? 1 : (double)done / all;
}

/* Seconds until all is done, at the pace so far. */
static double
remaining(double done, double elapsed)
{
	return done <= 0 ? -1 : elapsed * (1 - done) / done;
}

static void
soonest(double *left, double other)
{
	if (other >= 0 && (*left < 0 || other < *left))
		*left = other;
}

static uint64_t
progress_handled(const struct reports_stage *send)
{
	return reports_count(send, COUNT_SEND_TARGETS) +
	    reports_count(send, COUNT_SEND_FAILED) +
	    reports_count(send, COUNT_SEND_EXCLUDED) +
	    reports_count(send, COUNT_SEND_REFUSED);
}

/* The same, of its present run: what a resumed scan has still to do. */
static uint64_t
handled_now(const struct reports_stage *send)
{
	return reports_now(send, COUNT_SEND_TARGETS) +
	    reports_now(send, COUNT_SEND_FAILED) +
	    reports_now(send, COUNT_SEND_EXCLUDED) +
	    reports_now(send, COUNT_SEND_REFUSED);
}

/* How many targets that run has, 0 if it is not said. */
static uint64_t
to_handle(const struct reports_shard *s, const struct reports_stage *send)
{
	uint64_t n = 0;

	if (send != NULL && send->targets > 0)
		return send->targets;
	reports_fact(s, "targets", &n);
	return n;
}

/*
 * The share of that which has been sent.  Where copies of targets are spread,
 * all first ones are sent long before the end: positions tell.
 */
static double
share_sent(const struct reports_shard *s, const struct reports_stage *send,
    uint64_t all)
{
	uint64_t places = 0, begin = 0, at;

	reports_fact(s, "places", &places);
	if (places == 0)
		return share(handled_now(send), all);
	reports_fact(s, "position", &begin);
	at = reports_count(send, COUNT_SEND_POSITION);
	return at < begin ? 0 : share(at - begin, places);
}

/*
 * Seconds that one shard will still take, -1 if nothing tells; *complete is
 * cleared if its sender has stopped before it was done.
 */
static double
shard_left(const struct reports *f, const struct reports_shard *s, double now,
    bool over, bool *complete)
{
	const struct reports_stage *send = reports_stage(s, "send");
	const struct reports_stage *recv = reports_stage(s, "recv");
	const struct reports_stage *out = reports_stage(s, "out");
	double cooldown = reports_number(f, "cooldown-time", 0);
	double elapsed = reports_elapsed(send), left = -1;
	double max_runtime, max_results, results, since, sending, run;
	uint64_t all = to_handle(s, send), ms;

	max_runtime = reports_number(f, "max-runtime", 0);
	max_results = reports_number(f, "max-results", 0);
	results = reports_now(out, COUNT_LOOP_OUT);
	run = send == NULL ? 0 : send->last.elapsed;
	if (max_results > 0 && results >= max_results)
		return 0; /* complete, although not all was sent */
	if (send != NULL && send->final) {
		if (reports_outcome(send) == NULL && all > 0 &&
		    share_sent(s, send, all) < 1 &&
		    !(max_runtime > 0 && run + 0.2 >= max_runtime) &&
		    !(reports_has(send, COUNT_SEND_SECONDS_LEFT) &&
			reports_count(send, COUNT_SEND_SECONDS_LEFT) == 0))
			*complete = false;
		since = now - (send->begin + elapsed);
		left = cooldown - since;
		if (reports_has(recv, COUNT_RECV_COOLDOWN_LEFT_MS)) {
			ms = reports_count(recv, COUNT_RECV_COOLDOWN_LEFT_MS);
			since = now - (recv->begin + reports_elapsed(recv));
			left = ms / 1000.0 - (since > 0 ? since : 0);
			if (left < 0)
				left = 0;
		}
		if (recv != NULL && recv->final)
			left = 0;
	} else if (send == NULL) {
		*complete = false;
	} else {
		*complete = false;
		sending = now - (send->begin + send->past_elapsed);
		if (sending < run)
			sending = run;
		soonest(&left, remaining(share_sent(s, send, all), run));
		/* the counts are from a moment ago */
		if (left >= 0)
			left = left + run > sending ? left + run - sending : 0;
		if (max_runtime > 0)
			soonest(&left,
			    max_runtime > sending ? max_runtime - sending : 0);
		else if (reports_has(send, COUNT_SEND_SECONDS_LEFT))
			soonest(&left,
			    reports_count(send, COUNT_SEND_SECONDS_LEFT));
		if (left >= 0)
			left += cooldown;
	}
	if (max_results > 0 && !over)
		soonest(&left, remaining(results / max_results, run));
	return left < 0 && left > -1 ? 0 : left;
}

/*
 * Has a stage said that it did not come to its end, or said nothing at all?
 * When all results that were wanted are there, that is so for those before
 * the last one, and as it should be.  Of zmap-targets zmap-send tells: with
 * --max-runtime it ends first.
 */
static bool
progress_cut_short(const struct reports *f, const struct reports_shard *s)
{
	const struct reports_stage *g, *out = reports_stage(s, "out");
	double wanted = reports_number(f, "max-results", 0);
	bool enough = wanted > 0 && reports_now(out, COUNT_LOOP_OUT) >= wanted;
	const char *outcome;
	size_t i;

	for (i = 0; i < s->nstages; i++) {
		g = &s->stages[i];
		if (!reports_ran(g) || (enough && g != out) ||
		    strcmp(g->name, "targets") == 0)
			continue;
		outcome = reports_outcome(g);
		if (outcome != NULL && strcmp(outcome, "done") != 0 &&
		    strcmp(outcome, "incomplete") != 0)
			return true;
		if (!g->final)
			return true;
	}
	return false;
}

void
progress_compute(struct progress *p, const struct progress *before,
    const struct reports *f, double now, bool over)
{
	const struct reports_stage *send, *recv;
	const struct reports_shard *s;
	double sending = 0, receiving = 0, begin = 0, end = 0, left;
	uint64_t unique, all = 0, done = 0, n;
	size_t i, k;

	*p = (struct progress){ .left = -1,
		.over = over,
		.sent = f->nshards > 0,
		.complete = f->nshards > 0 };
	for (k = 0; k < f->nshards; k++) {
		s = &f->shards[k];
		send = reports_stage(s, "send");
		recv = reports_stage(s, "recv");
		for (i = 0; i < s->nstages; i++) {
			const struct reports_stage *g = &s->stages[i];
			double last = g->begin + reports_elapsed(g);

			if (!reports_ran(g))
				continue;
			if (begin == 0 || g->begin < begin)
				begin = g->begin;
			if (last > end)
				end = last;
		}
		p->targets += reports_count(send, COUNT_SEND_TARGETS);
		n = to_handle(s, send);
		if (n > 0)
			all += progress_handled(send) - handled_now(send) + n;
		done += progress_handled(send);
		progress_add(&p->packets, send, COUNT_SEND_PACKETS);
		progress_add(&p->failures, send, COUNT_SEND_FAILURES);
		progress_add(&p->received, recv, COUNT_RECV_RECEIVED);
		progress_add(&p->hits, recv, COUNT_RECV_UNIQUE);
		if (f->nshards == 1 && reports_has(send, COUNT_SEND_LOSS)) {
			p->has_loss = true;
			p->loss = reports_count(send, COUNT_SEND_LOSS) / 1e4;
			p->loss_wide =
			    (reports_count(send, COUNT_SEND_LOSS_HIGH) -
				reports_count(send, COUNT_SEND_LOSS_LOW)) /
			    2e4;
		}
		if (reports_has(recv, COUNT_RECV_APP_UNIQUE)) {
			p->has_app = true;
			progress_add(&p->app_hits, recv, COUNT_RECV_APP_UNIQUE);
		}
		for (i = 0; i < sizeof drops / sizeof *drops; i++)
			progress_add(&p->drops, recv, drops[i]);
		if (reports_elapsed(send) > sending)
			sending = reports_elapsed(send);
		if (reports_elapsed(recv) > receiving)
			receiving = reports_elapsed(recv);
		if (send == NULL || !send->final) {
			p->sent = false;
			if (send != NULL)
				p->senders += reports_has(send,
						  COUNT_SEND_THREADS) ?
				    reports_count(send, COUNT_SEND_THREADS) :
				    1;
		}
		left = shard_left(f, s, over ? end : now, over, &p->complete);
		if (left > p->left)
			p->left = left;
		if (over && progress_cut_short(f, s))
			p->complete = false;
	}
	average(&p->packets, sending);
	average(&p->failures, sending);
	average(&p->hits, receiving);
	average(&p->app_hits, receiving);
	average(&p->received, receiving);
	average(&p->drops, receiving);

	if (over || now < end)
		now = end;
	p->elapsed = begin > 0 ? now - begin : 0;
	unique = p->hits.total;
	if (p->targets > 0) {
		p->hitrate = 100.0 * unique / p->targets;
		p->app_hitrate = 100.0 * p->app_hits.total / p->targets;
	}
	if (over && p->complete) {
		p->left = 0;
		p->percent = 100;
		return;
	}
	if (p->sent && !p->complete) {
		/* stopped early: only the work tells how far it came */
		p->percent = all > 0 ? 99 * share(done, all) : 0;
		return;
	}
	if (p->left >= 0 && p->elapsed + p->left > 0)
		p->percent = 100 * p->elapsed / (p->elapsed + p->left);
	if (p->percent > 99)
		p->percent = 99; /* 100 is for when it is over */
	if (p->percent < before->percent)
		p->percent = before->percent;
}

/* --- as text --- */

#define SHOWN_MAX 1e15 /* seconds; more is no age of a scan */

/* "0:02", "1:00:02", "2d3:00:02" */
void
progress_clock(double seconds, char *buf, size_t size)
{
	unsigned long t = seconds > 0 && seconds < SHOWN_MAX ? seconds : 0;
	unsigned long d = t / 86400, h = t / 3600 % 24, m = t / 60 % 60;

	if (d > 0)
		snprintf(buf, size, "%lud%lu:%02lu:%02lu", d, h, m, t % 60);
	else if (h > 0)
		snprintf(buf, size, "%lu:%02lu:%02lu", h, m, t % 60);
	else
		snprintf(buf, size, "%lu:%02lu", m, t % 60);
}

/* "9s", "1m05s", "14m", "1h51m", "12h", "9d03h", "12d", "136 years" */
static void
left_text(double seconds, char *buf, size_t size)
{
	unsigned long t = seconds < SHOWN_MAX ? seconds + 0.5 : 0;

	if (seconds > 365.0 * 86400 * 10)
		snprintf(buf, size, "%.0f years", seconds / 86400 / 365);
	else if (t >= 10 * 86400)
		snprintf(buf, size, "%lud", t / 86400);
	else if (t >= 86400)
		snprintf(buf, size, "%lud%02luh", t / 86400, t / 3600 % 24);
	else if (t >= 10 * 3600)
		snprintf(buf, size, "%luh", t / 3600);
	else if (t >= 3600)
		snprintf(buf, size, "%luh%02lum", t / 3600, t / 60 % 60);
	else if (t >= 10 * 60)
		snprintf(buf, size, "%lum", t / 60);
	else if (t >= 60)
		snprintf(buf, size, "%lum%02lus", t / 60, t % 60);
	else
		snprintf(buf, size, "%lus", t);
}

/* "562 K", three digits, as the first ZMap. */
static void
rate_text(double n, char *buf, size_t size)
{
	if (n < 999.5)
		snprintf(buf, size, "%.0f ", n);
	else if (n < 9995)
		snprintf(buf, size, "%.2f K", n / 1e3);
	else if (n < 99950)
		snprintf(buf, size, "%.1f K", n / 1e3);
	else if (n < 999500)
		snprintf(buf, size, "%.0f K", n / 1e3);
	else if (n < 1e15)
		snprintf(buf, size, "%.2f M", n / 1e6);
	else
		snprintf(buf, size, "%.2e ", n);
}

/* "NAME: 10 1.2 Kp/s (1.1 Kp/s avg); " */
static size_t
count_text(const struct progress_count *c, const char *name, bool total,
    bool done, char *buf, size_t size)
{
	char rate[32], avg[32], n[32] = "";

	if (total)
		snprintf(n, sizeof n, "%" PRIu64 " ", c->total);
	rate_text(c->rate, rate, sizeof rate);
	rate_text(c->average, avg, sizeof avg);
	return snprintf(buf, size, "%s: %s%s%s (%sp/s avg); ", name, n,
	    done ? "done" : rate, done ? "" : "p/s", avg);
}

void
progress_line(const struct progress *p, char *buf, size_t size)
{
	char at[32], left[32], line[512];
	size_t n;

	progress_clock(p->elapsed, at, sizeof at);
	n = snprintf(line, sizeof line, "%5s %.0f%%", at, p->percent);
	if (p->left >= 0.5 && p->elapsed >= ESTIMATE_SECONDS &&
	    p->percent < 100) {
		left_text(p->left, left, sizeof left);
		n += snprintf(line + n, sizeof line - n, " (%s left)", left);
	}
	n += snprintf(line + n, sizeof line - n, "; ");
	n += count_text(&p->packets, "send", true, p->sent, line + n,
	    sizeof line - n);
	n += count_text(&p->hits, "recv", true, false, line + n,
	    sizeof line - n);
	if (p->has_app)
		n += count_text(&p->app_hits, "app success", true, false,
		    line + n, sizeof line - n);
	n += count_text(&p->drops, "drops", false, false, line + n,
	    sizeof line - n);
	n += snprintf(line + n, sizeof line - n, "hits: %.2f%%", p->hitrate);
	if (p->has_app)
		n += snprintf(line + n, sizeof line - n, "; app hits: %.2f%%",
		    p->app_hitrate);
	if (p->has_loss)
		snprintf(line + n, sizeof line - n,
		    "; loss %.1f\302\261%.1f %%", p->loss, p->loss_wide);
	snprintf(buf, size, "%s", line);
}

const char progress_csv_header[] =
    "real-time,time-elapsed,time-remaining,percent-complete,hit-rate,active-send-threads,sent-total,sent-last-one-sec,sent-avg-per-sec,recv-success-total,recv-success-last-one-sec,recv-success-avg-per-sec,recv-total,recv-total-last-one-sec,recv-total-avg-per-sec,pcap-drop-total,drop-last-one-sec,drop-avg-per-sec,sendto-fail-total,sendto-fail-last-one-sec,sendto-fail-avg-per-sec";

void
progress_csv(const struct progress *p, char *buf, size_t size)
{
	const struct progress_count *c[] = { &p->packets, &p->hits,
		&p->received, &p->drops, &p->failures };
	time_t now = time(NULL);
	char when[32];
	struct tm tm;
	size_t n, i;

	localtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	n = snprintf(buf, size, "%s,%.0f,%.0f,%f,%f,%u", when,
	    floor(p->elapsed), p->left > 0 ? p->left : 0, p->percent,
	    p->hitrate, p->senders);
	for (i = 0; i < sizeof c / sizeof *c && n < size; i++)
		n += snprintf(buf + n, size - n, ",%" PRIu64 ",%.0f,%.0f",
		    c[i]->total, c[i]->rate, c[i]->average);
}

const char *
progress_warning(const struct progress *p, char *buf, size_t size)
{
	double captured = p->received.rate + p->drops.rate;

	if (p->drops.rate > captured * DROPS_PERCENT / 100) {
		snprintf(buf, size,
		    "%.0f answers a second are dropped, %.0f%% of all: send more slowly, or give a larger --buffer-size",
		    p->drops.rate, 100 * p->drops.rate / captured);
		return buf;
	}
	if (p->failures.rate > p->packets.rate * FAILURES_PERCENT / 100) {
		snprintf(buf, size,
		    "%.0f packets a second could not be sent: the device, or a firewall, took %.0f",
		    p->failures.rate, p->packets.rate);
		return buf;
	}
	return NULL;
}
