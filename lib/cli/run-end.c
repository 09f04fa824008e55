/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, and stages that end or should; see run-parts.h. */
#include "cli/run-parts.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* A stage whose reader is gone is told so after this, and then killed. */
#define TELL_NS	    (800 * RUN_MS)
#define KILL_NS	    (1500 * RUN_MS)
#define STRANDED_NS (300 * RUN_MS)

/*
 * timeout(1) and service managers send a signal to us and to our group: what
 * comes within this time is one wish to stop, not two.
 */
#define SAME_SIGNAL_NS (250 * RUN_MS)

static void
end_stage(struct run_stage *s, int sig)
{
	s->killed = s->killed || sig == SIGKILL;
	kill(s->pid, sig);
}

/* The last stage has ended, and this one goes on. */
static void
hurry_stage(struct run_stage *s, int sig)
{
	s->hurried = true;
	end_stage(s, sig);
}

void
run_signal(struct run *r, unsigned stages, int sig)
{
	struct run_stage *s;

	for (s = r->stages; s < r->stages + r->count; s++)
		if (s->pid != 0 && (s->command->stage & stages))
			end_stage(s, sig);
}

/*
 * The last stage has ended: at the end of its input, or before it, having all
 * that it wanted?  We hold its input, so that no stage before it can know yet.
 */
static void
look_at_tail(struct run *r)
{
	struct pollfd input = { .fd = r->tail, .events = POLLIN };
	int unread = 0;

	if (r->tail == -1)
		return;
	ioctl(r->tail, FIONREAD, &unread);
	r->sated = poll(&input, 1, 0) != 1 || unread > 0 ||
	    (input.revents & POLLHUP) == 0;
	run_close(&r->tail);
}

void
run_reap(struct run *r)
{
	struct run_stage *s;

	for (s = r->stages; s < r->stages + r->count; s++) {
		if (s->pid == 0 ||
		    waitpid(s->pid, &s->status, WNOHANG) != s->pid)
			continue;
		s->pid = 0;
		s->ended_ns = clock_ns();
		if (s->command ==
		    &r->pipeline->commands[r->pipeline->count - 1])
			look_at_tail(r);
		run_listen(r, s);
	}
}

/*
 * Somebody wants the scan to stop.  A terminal tells the whole group, if it is
 * there by then; any other sender told us alone, or us and the group.  So the
 * stages that stop at the first signal are told at once, and zmap-recv, for
 * which the second one means more, only at the second.
 */
static void
interrupted(struct run *r, const struct signalfd_siginfo *info)
{
	uint64_t now = clock_ns();
	bool told = info->ssi_signo == SIGINT && info->ssi_code == SI_KERNEL &&
	    !r->early;

	if (r->signals > 0 && now - r->signal_ns < SAME_SIGNAL_NS)
		return;
	if (r->signals++ == 0)
		r->signal = (int)info->ssi_signo;
	r->signal_ns = now;
	if (r->signals >= 3) {
		run_signal(r, STAGE_ALL, SIGKILL);
	} else if (!told && r->signals == 1) {
		run_signal(r, STAGE_TARGETS | STAGE_SEND, SIGTERM);
		if (r->stopping != NULL)
			r->stopping(r->ctx, r->signal);
	} else if (!told) {
		run_signal(r, STAGE_RECV, SIGTERM);
		poll(NULL, 0, 20);
		run_signal(r, STAGE_RECV, SIGTERM);
	}
}

/* What zmap-send does at a signal; a user's command may know none of it. */
static void
forward(struct run *r, int sig)
{
	struct run_stage *s;

	for (s = r->stages; s < r->stages + r->count; s++)
		if (s->pid != 0 && s->command->stage == STAGE_SEND &&
		    s->command->shell == NULL)
			kill(s->pid, sig);
}

void
run_take_signals(struct run *r, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof info) == sizeof info)
		switch (info.ssi_signo) {
		case SIGCHLD:
			break;
		case SIGHUP:
			if (r->hangup != NULL)
				r->hangup(r->ctx);
			forward(r, SIGHUP);
			break;
		case SIGUSR1:
		case SIGUSR2:
			forward(r, (int)info.ssi_signo);
			break;
		default:
			interrupted(r, &info);
		}
}

static bool
stages_running(const struct run *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->stages[i].pid != 0 && !run_is_status(&r->stages[i]))
			return true;
	return false;
}

/*
 * Targets that ended badly leave a pipe full behind, a minute's worth at a low
 * rate.  That is not waited for, once zmap-send had time to say what it knows.
 */
static bool
stranded(const struct run *r, const struct run_stage *s)
{
	return s > r->stages && s->command->stage == STAGE_SEND &&
	    s[-1].pid == 0 && s[-1].status != 0;
}

int
run_hurry(struct run *r)
{
	struct run_stage *s, *next;
	uint64_t now = clock_ns(), since, last = 0;
	bool running = stages_running(r);
	int wait = -1;

	for (s = r->stages; s < r->stages + r->count; s++)
		if (!run_is_status(s) && s->ended_ns > last)
			last = s->ended_ns;
	for (s = r->stages; s < r->stages + r->count; s++) {
		if (s->pid == 0)
			continue;
		next = s + 1;
		if (run_is_status(s)) {
			if (running || last == 0)
				continue;
			if (now - last > RUN_STATUS_NS)
				end_stage(s, SIGKILL);
		} else if (stranded(r, s)) {
			if (now - s[-1].ended_ns > STRANDED_NS)
				end_stage(s, SIGTERM);
		} else {
			if (next == r->stages + r->count ||
			    run_is_status(next) || next->pid != 0)
				continue;
			since = now - next->ended_ns;
			if (since > KILL_NS)
				hurry_stage(s, SIGKILL);
			else if (since > TELL_NS)
				hurry_stage(s, SIGTERM);
		}
		wait = 200;
	}
	return wait;
}
