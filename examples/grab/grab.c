/* SPDX-License-Identifier: Apache-2.0 */
/* The loop around the connections; see grab.h. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "conn.h"
#include "scan/facts.h"
#include "stream/status.h"
#include "tls.h"

#define QUEUE_FIRST 1024
#define BAD_SAID    10 /* bad lines that are shown */

static bool take_input(struct grab *);

/* --- hosts that wait --- */

static bool
queue_grow(struct grab *g)
{
	size_t room = g->queue_room == 0 ? QUEUE_FIRST : g->queue_room * 2;
	size_t tail = g->queue_room - g->queue_at;
	struct host *q = malloc(room * sizeof *q);

	if (q == NULL)
		return false;
	if (g->queued > 0) {
		/* the ring is full: unroll it */
		memcpy(q, g->queue + g->queue_at, tail * sizeof *q);
		memcpy(q + tail, g->queue, g->queue_at * sizeof *q);
	}
	free(g->queue);
	g->queue = q;
	g->queue_room = room;
	g->queue_at = 0;
	return true;
}

static bool
queue_push(struct grab *g, const struct host *h)
{
	if (g->queued == g->queue_room && !queue_grow(g))
		return false;
	g->queue[(g->queue_at + g->queued) & (g->queue_room - 1)] = *h;
	g->queued++;
	return true;
}

static void
queue_pop(struct grab *g)
{
	g->queue_at = (g->queue_at + 1) & (g->queue_room - 1);
	g->queued--;
}

/* --- input --- */

static void
break_off(struct grab *g, const char *why)
{
	snprintf(g->why, sizeof g->why, "%s", why);
	g->outcome = OUTCOME_FAILED;
	g->broken = g->input_ended = true;
}

static void
note_bad(struct grab *g)
{
	g->bad++;
	g->outcome = outcome_worse(g->outcome, OUTCOME_INCOMPLETE);
	if (g->bad <= BAD_SAID)
		log_say(g->config.log, LOG_LEVEL_WARN, "%s",
		    host_why(g->source));
	if (g->bad == BAD_SAID)
		log_say(g->config.log, LOG_LEVEL_WARN,
		    "further lines like these are only counted");
}

/*
 * Queues the hosts that are buffered: at most some 64 KiB of text beyond the
 * limit of the queue.
 */
static void
take_hosts(struct grab *g)
{
	const char *why = NULL;
	struct host h;

	for (;;)
		switch (host_next(g->source, &h)) {
		case HOST_NONE:
			return;
		case HOST_GOT:
			g->taken++;
			if (!queue_push(g, &h)) {
				g->dropped++;
				break_off(g, "out of memory");
				return;
			}
			break;
		case HOST_SEGMENT:
			if (g->status != NULL)
				facts_identify(g->status,
				    &host_header(g->source)->scan);
			if (g->config.format == REPORT_CBOR &&
			    results_begin(&g->results,
				host_header(g->source)) == -1) {
				break_off(g, "out of memory");
				return;
			}
			if (g->config.opener.segment != NULL &&
			    g->config.opener.segment(g->config.opener.ctx,
				host_header(g->source), &why) == -1) {
				break_off(g, why);
				return;
			}
			break;
		case HOST_SKIPPED:
			g->skipped++;
			break;
		case HOST_BAD:
			note_bad(g);
			break;
		case HOST_FAILED:
			break_off(g, host_why(g->source));
			return;
		}
}

/* One read; false if that was the last. */
static bool
take_input(struct grab *g)
{
	char why[100];
	long n = host_fill(g->source);

	if (n == -1) {
		snprintf(why, sizeof why, "stdin: %s", strerror(errno));
		break_off(g, why);
		return false;
	}
	take_hosts(g);
	if (n == 0)
		g->input_ended = true;
	return !g->input_ended;
}

static void
on_input(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	take_input(arg);
}

static void
stall(struct grab *g)
{
	if (g->stalled_since == 0) {
		g->stalled_since = clock_ns();
		if (!g->stalled_said)
			log_say(g->config.log, LOG_LEVEL_WARN,
			    "stdin waits: %zu hosts are queued for %u connections; slow the scan down or raise --concurrent or --queue",
			    g->queued, g->config.concurrent);
		g->stalled_said = true;
	}
}

static void
unstall(struct grab *g)
{
	if (g->stalled_since != 0)
		g->stalled_ns += clock_ns() - g->stalled_since;
	g->stalled_since = 0;
}

/* Reads, or waits to read, unless the queue is full. */
static void
mind_input(struct grab *g)
{
	bool want = !g->input_ended;

	/* a file does not run away: no need to hold it in memory */
	while (g->input_file && !g->input_ended &&
	    g->queued < g->config.concurrent + QUEUE_FIRST)
		take_input(g);
	if (g->input_file)
		return;
	if (want && g->queued >= g->config.queue) {
		stall(g);
		want = false;
	} else if (want && g->stalled_since != 0 &&
	    g->queued > g->config.queue / 2)
		want = false;
	else
		unstall(g);
	if (want == g->input_on)
		return;
	if (want)
		event_add(g->input, NULL);
	else
		event_del(g->input);
	g->input_on = want;
}

/* --- output --- */

/* Ends as a program does whose reader has gone. */
static void
end_by_sigpipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
	_exit(128 + SIGPIPE);
}

static void
grab_flush(struct grab *g, bool wait)
{
	if (sink_flush(&g->sink, wait) == 0)
		return;
	if (errno == EPIPE)
		end_by_sigpipe();
	if (!g->broken) {
		snprintf(g->why, sizeof g->why, "stdout: %s", strerror(errno));
		g->outcome = OUTCOME_FAILED;
	}
	g->broken = g->input_ended = true;
	g->interrupts = 2;
}

static void
on_output(int fd, short what, void *arg)
{
	struct grab *g = arg;

	(void)fd;
	grab_flush(g, false);
	/* a pipe is never readable here unless there is no reader any more */
	if ((what & EV_READ) && g->sink.pipe && sink_empty(&g->sink))
		end_by_sigpipe();
}

/* Waits for stdout only while something is there for it. */
static void
mind_output(struct grab *g)
{
	short want;

	grab_flush(g, false);
	if (g->sink.file)
		return;
	want = (sink_empty(&g->sink) ? 0 : EV_WRITE) |
	    (g->sink.pipe ? EV_READ : 0);
	if (event_get_events(g->output) == (want | EV_PERSIST) &&
	    event_pending(g->output, EV_READ | EV_WRITE, NULL) == want)
		return;
	event_del(g->output);
	event_assign(g->output, g->base, g->sink.fd, want | EV_PERSIST,
	    on_output, g);
	if (want != 0)
		event_add(g->output, NULL);
}

/* --- progress --- */

static void
grab_collect(const struct grab *g, struct counter c[REPORT_STATUSES + 8])
{
	size_t n = 0, i;

	c[n++] = (struct counter){ "hosts", g->taken };
	c[n++] = (struct counter){ "skipped", g->skipped };
	c[n++] = (struct counter){ "bad", g->bad };
	c[n++] = (struct counter){ "waiting", g->queued };
	c[n++] = (struct counter){ "open", g->open };
	for (i = 0; i < REPORT_STATUSES; i++)
		c[n++] = (struct counter){ report_status_name(i), g->count[i] };
	c[n++] = (struct counter){ "dropped", g->dropped };
	c[n++] = (struct counter){ "bytes", g->bytes };
	c[n] = (struct counter){ NULL, 0 };
}

static void
report_progress(struct grab *g, bool final)
{
	struct counter c[REPORT_STATUSES + 8];

	if (g->status == NULL || !(final || status_due(g->status)))
		return;
	grab_collect(g, c);
	status_line(g->status, c, final);
}

static void
on_tick(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	report_progress(arg, false);
}

/* --- the end --- */

/* No more hosts; the second time, no more of those that are open either. */
static void
interrupt(struct grab *g)
{
	if (++g->interrupts == 1)
		log_info(g->config.log,
		    "%u connections are given time to end; again to end at once",
		    g->open);
	g->input_ended = true;
	g->dropped += g->queued;
	g->queued = 0;
}

static void
on_signal(int fd, short what, void *arg)
{
	struct grab *g = arg;

	(void)fd;
	(void)what;
	g->outcome = outcome_worse(g->outcome, OUTCOME_INTERRUPTED);
	interrupt(g);
}

static void
on_end(int fd, short what, void *arg)
{
	struct grab *g = arg;

	(void)fd;
	(void)what;
	g->over_time = true;
	g->outcome = outcome_worse(g->outcome, OUTCOME_INCOMPLETE);
	log_say(g->config.log, LOG_LEVEL_WARN, "the time is over");
	g->interrupts = 1;
	interrupt(g);
}

static void
start_connections(struct grab *g)
{
	while (g->queued > 0 && g->free != NULL && !sink_full(&g->sink)) {
		if (conn_begin(g->free, &g->queue[g->queue_at]) == -1) {
			if (!g->local_said)
				log_say(g->config.log, LOG_LEVEL_WARN,
				    "%u connections are all that this machine has room for: %s",
				    g->open, strerror(errno));
			g->local_said = true;
			return;
		}
		queue_pop(g);
	}
}

static void
end_connections(struct grab *g)
{
	unsigned i;

	for (i = 0; i < g->config.concurrent; i++)
		if (g->conns[i].fd != -1)
			conn_interrupt(&g->conns[i]);
}

static void
summarise(struct grab *g)
{
	double seconds = (clock_ns() - g->begin_ns) / 1e9;
	const struct log *log = g->config.log;
	uint64_t done = 0;
	char text[256];
	int n = 0;
	size_t i;

	for (i = 0; i < REPORT_STATUSES; i++) {
		done += g->count[i];
		if (g->count[i] > 0 && n < (int)sizeof text)
			n += snprintf(text + n, sizeof text - n,
			    ", %" PRIu64 " %s", g->count[i],
			    report_status_name(i));
	}
	log_info(log, "%" PRIu64 " hosts in %.1f s, %.0f a second%s", done,
	    seconds, seconds > 0 ? done / seconds : 0, n > 0 ? text : "");
	if (g->skipped > 0)
		log_info(log, "%" PRIu64 " results were failures or repeats",
		    g->skipped);
	if (g->bad > 0)
		log_say(log, LOG_LEVEL_WARN,
		    "%" PRIu64 " lines of input were no hosts", g->bad);
	if (g->dropped > 0)
		log_say(log, LOG_LEVEL_WARN,
		    "%" PRIu64 " hosts were not contacted", g->dropped);
	if (g->stalled_ns > 0)
		log_say(log, LOG_LEVEL_WARN,
		    "stdin waited for %.1f s because the queue was full",
		    g->stalled_ns / 1e9);
	if (g->count[REPORT_LOCAL] > 0)
		g->outcome = outcome_worse(g->outcome, OUTCOME_INCOMPLETE);
}

static void
end_results(struct grab *g)
{
	struct stream_item before;
	bool any = host_end(g->source, &before);

	if (g->config.format == REPORT_CBOR &&
	    results_end(&g->results,
		outcome_worse(g->outcome, host_outcome(g->source)),
		any ? &before : NULL) == -1)
		break_off(g, "out of memory");
}

enum outcome
grab_run(struct grab *g)
{
	g->begin_ns = clock_ns();
	for (;;) {
		mind_input(g);
		start_connections(g);
		if (g->interrupts > 1)
			end_connections(g);
		mind_output(g);
		if (g->open == 0 && g->queued == 0 && g->input_ended)
			break;
		event_base_loop(g->base, EVLOOP_ONCE);
	}
	unstall(g);
	if (g->sink.out.error == 0) {
		end_results(g);
		grab_flush(g, true);
	}
	summarise(g);
	report_progress(g, true);
	return outcome_worse(g->outcome, host_outcome(g->source));
}

const char *
grab_why(const struct grab *g)
{
	return g->why;
}

/* --- set-up --- */

/* Whether epoll takes it: not files and not /dev/null. */
static bool
can_wait(int fd)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	bool can = ep != -1 && epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0;

	if (ep != -1)
		close(ep);
	return can;
}

static bool
make_conns(struct grab *g)
{
	unsigned i;

	g->conns = calloc(g->config.concurrent, sizeof *g->conns);
	if (g->conns == NULL)
		return false;
	for (i = g->config.concurrent; i-- > 0;) {
		g->conns[i].grab = g;
		g->conns[i].fd = -1;
		g->conns[i].next = g->free;
		g->free = &g->conns[i];
	}
	return true;
}

static struct event_base *
make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config == NULL)
		return NULL;
	/* one call instead of three for a connection that turns to reading */
	event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static bool
make_events(struct grab *g)
{
	static const int signals[2] = { SIGINT, SIGTERM };
	const struct timeval second = { 1, 0 };
	struct timeval end = { .tv_sec = g->config.runtime_ns / SECOND,
		.tv_usec = g->config.runtime_ns % SECOND / MICROSECOND };
	int i;

	g->base = make_base();
	if (g->base == NULL)
		return false;
	g->input = event_new(g->base, g->config.in, EV_READ | EV_PERSIST,
	    on_input, g);
	g->output = event_new(g->base, g->config.out, EV_READ | EV_PERSIST,
	    on_output, g);
	g->tick = event_new(g->base, -1, EV_PERSIST, on_tick, g);
	g->end = event_new(g->base, -1, 0, on_end, g);
	if (g->input == NULL || g->output == NULL || g->tick == NULL ||
	    g->end == NULL)
		return false;
	for (i = 0; i < 2; i++) {
		g->signals[i] = evsignal_new(g->base, signals[i], on_signal, g);
		if (g->signals[i] == NULL ||
		    event_add(g->signals[i], NULL) == -1)
			return false;
	}
	if (g->config.status_fd != -1 && event_add(g->tick, &second) == -1)
		return false;
	if (g->config.runtime_ns != 0 && event_add(g->end, &end) == -1)
		return false;
	g->input_file = !can_wait(g->config.in);
	if (!can_wait(g->config.out))
		g->sink.file = true;
	return true;
}

struct grab *
grab_new(const struct grab_config *config, const char **why)
{
	struct grab *g = calloc(1, sizeof *g);

	*why = "out of memory";
	if (g == NULL)
		return NULL;
	g->config = *config;
	signal(SIGPIPE, SIG_IGN); /* of sockets; see end_by_sigpipe */
	g->source = host_source_new(config->in, &config->hosts);
	if (g->source == NULL || sink_open(&g->sink, config->out) == -1 ||
	    !make_conns(g))
		goto fail;
	if (config->format == REPORT_CBOR &&
	    results_open(&g->results, &g->sink.out, config->stage,
		config->argv) == -1)
		goto fail;
	if (config->status_fd != -1) {
		g->status = calloc(1, sizeof *g->status);
		if (g->status == NULL)
			goto fail;
		status_open(g->status, config->status_fd, config->stage);
	}
	if (config->tls) {
		g->tls = tls_new();
		if (g->tls == NULL) {
			*why = "OpenSSL cannot be set up";
			goto fail;
		}
	}
	if (!make_events(g)) {
		*why = "libevent cannot be set up";
		goto fail;
	}
	return g;
fail:
	grab_free(g);
	return NULL;
}

static void
free_event(struct event *e)
{
	if (e != NULL)
		event_free(e);
}

void
grab_free(struct grab *g)
{
	unsigned i;

	if (g == NULL)
		return;
	for (i = 0; g->conns != NULL && i < g->config.concurrent; i++)
		free(g->conns[i].buf);
	free_event(g->input);
	free_event(g->output);
	free_event(g->tick);
	free_event(g->end);
	free_event(g->signals[0]);
	free_event(g->signals[1]);
	if (g->base != NULL)
		event_base_free(g->base);
	if (g->tls != NULL)
		SSL_CTX_free(g->tls);
	host_source_free(g->source);
	results_close(&g->results);
	sink_close(&g->sink);
	free(g->status);
	free(g->conns);
	free(g->queue);
	free(g);
}
