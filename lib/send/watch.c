/* SPDX-License-Identifier: Apache-2.0 */
/* News of a run; see watch.h. */
#include "send/watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "send/run.h"
#include "stream/handshake.h"

void
watch_signals(struct watch *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	signal(SIGPIPE, SIG_IGN); /* a write says it, too */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
change_rate(struct run *r, double factor)
{
	rate_scale(&r->rate, factor, clock_ns());
	if (rate_get(&r->rate) > 0)
		log_info(r->send->log, "rate is now %.10g packets per second",
		    rate_get(&r->rate));
	else
		log_info(r->send->log, "there is no rate to change");
}

static void
watch_take_signals(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->watch.signals, &info, sizeof info) == sizeof info)
		switch (info.ssi_signo) {
		case SIGUSR1:
			change_rate(r, 1.05);
			break;
		case SIGUSR2:
			change_rate(r, 0.95);
			break;
		case SIGHUP:
			if (r->send->exclude != NULL)
				keeper_reread(r->keeper);
			break;
		default:
			r->watch.interrupted = true;
		}
}

enum { OWN_FDS = 5 };

/* Waits for a signal, the end of a thread or of our reader, or the timeout. */
static void
wait_for_news(struct run *r, struct timespec timeout)
{
	struct pollfd p[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = r->watch.signals, .events = POLLIN },
		{ .fd = sender_event(r->sender), .events = POLLIN },
		/*
		 * zmap(1) reads our messages if it has asked for our status.
		 * If it is killed, nothing else stops us; then the pipe that
		 * our messages go into has lost its reader.
		 */
		{ .fd = r->send->status_fd != -1 ? STDERR_FILENO : -1 },
		{ .fd = asked_fd(&r->asked), .events = POLLIN },
		[OWN_FDS + UPLINK_FDS - 1] = { .fd = -1 },
	};
	uint64_t ended;
	int ready;

	uplink_poll(&r->uplink, p + OWN_FDS);
	ready = ppoll(p, OWN_FDS + UPLINK_FDS, &timeout, NULL);
	uplink_turn(&r->uplink, clock_ns());
	if (ready <= 0)
		return;
	if ((p[0].revents & (POLLERR | POLLHUP)) || (p[3].revents & POLLERR))
		r->watch.reader_gone = true;
	if (p[1].revents & POLLIN)
		watch_take_signals(r);
	if (p[2].revents & POLLIN &&
	    read(sender_event(r->sender), &ended, sizeof ended) == -1)
		return;
}

void
watch_taken(struct run *r)
{
	uint64_t begun = clock_ns();

	while (!r->watch.reader_gone && !r->watch.interrupted &&
	    !taken(STDOUT_FILENO))
		wait_for_news(r, handshake_pause(begun));
}

/* Until something is due. */
static struct timespec
next_pause(const struct run *r)
{
	uint64_t now = clock_ns(), next = r->report.next_ns, ns;
	int status = status_wait(&r->report.status);

	if (r->end != 0 && r->end < next)
		next = r->end;
	if (uplink_next(&r->uplink) < next)
		next = uplink_next(&r->uplink);
	if (tempo_next(&r->tempo) < next)
		next = tempo_next(&r->tempo);
	if (asked_next(&r->asked) < next)
		next = asked_next(&r->asked);
	ns = next > now ? next - now : 0;
	if (status != -1 && status * (SECOND / 1000) < ns)
		ns = status * (SECOND / 1000);
	return clock_timespec(ns);
}

/*
 * The way back outlasts the targets: zmap-recv learns that they are through,
 * closes it when nothing more is due, and then the threads end.
 */
static void
serve_back(struct run *r)
{
	uint64_t now = clock_ns();

	if (r->asked.in == NULL)
		return;
	asked_turn(&r->asked, now);
	if (!work_settled(&r->work))
		return;
	if (r->asked.drained_ns == 0 && back_in_live(r->asked.in)) {
		tempo_end(r);
		report_event(r, "drained", NULL);
	}
	if (!asked_wait(&r->asked, now))
		work_release(&r->work);
}

void
watch_threads(struct run *r)
{
	uint64_t now;

	while (sender_running(r->sender) > 0 && !r->watch.reader_gone &&
	    !r->watch.interrupted && r->uplink.gone[0] == '\0') {
		wait_for_news(r, next_pause(r));
		tempo_turn(r, clock_ns());
		serve_back(r);
		now = clock_ns();
		if (r->end != 0 && now >= r->end)
			break;
		report_status(r, false);
		if (now >= r->report.next_ns) {
			report_progress(r);
			r->report.next_ns = now + SECOND;
		}
	}
	sender_stop(r->sender);
	sender_join(r->sender);
}
