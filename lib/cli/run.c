/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of a pipeline: start, wait, judge; see run.h. */
#include "cli/run-parts.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/logsink.h"

bool
run_is_status(const struct run_stage *s)
{
	return s->command->stage == STAGE_STATUS;
}

void
run_close(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* --- messages --- */

/*
 * "zmap-out: stdin: ..." tells of an input that stopped short.  If a stage
 * before it failed, that is only the echo of what that stage said.
 */
static bool
is_echo(const struct run *r, const struct run_stage *s)
{
	size_t n = strlen(s->command->name);

	return s > r->stages && strncmp(s->line, s->command->name, n) == 0 &&
	    strncmp(s->line + n, ": stdin: ", 9) == 0;
}

static void
give_line(struct run *r, struct run_stage *s)
{
	s->line[s->used] = '\0';
	if (s->held == NULL && is_echo(r, s)) {
		s->held = strdup(s->line);
	} else {
		if (s->used > 0 &&
		    logsink_level(s->line, s->used) <= LOG_LEVEL_ERROR)
			s->spoke = true;
		r->message(r->ctx, s->command, s->line, s->used);
	}
	s->used = 0;
}

void
run_listen(struct run *r, struct run_stage *s)
{
	char buf[4096];
	ssize_t n, i;

	while (s->fd != -1) {
		n = read(s->fd, buf, sizeof buf);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return;
		for (i = 0; i < n; i++) {
			if (buf[i] != '\n')
				s->line[s->used++] = buf[i];
			if (buf[i] == '\n' || s->used + 1 == sizeof s->line)
				give_line(r, s);
		}
		if (n > 0)
			continue;
		if (s->used > 0)
			give_line(r, s);
		run_close(&s->fd);
	}
}

/* --- until the end --- */

static bool
anything_left(const struct run *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->stages[i].pid != 0)
			return true;
	return false;
}

static void
wait_all(struct run *r, int signals)
{
	struct pollfd fds[COMPOSE_MAX + 2];
	size_t i;

	while (anything_left(r)) {
		fds[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
		for (i = 0; i < r->count; i++)
			fds[i + 1] = (struct pollfd){ .fd = r->stages[i].fd,
				.events = POLLIN };
		if (poll(fds, r->count + 1, run_hurry(r)) == -1 &&
		    errno != EINTR)
			return;
		for (i = 0; i < r->count; i++)
			if (fds[i + 1].revents != 0)
				run_listen(r, &r->stages[i]);
		run_take_signals(r, signals);
		run_reap(r);
	}
	/* one that came just before its stages ended */
	run_take_signals(r, signals);
}

static void
show_held(struct run *r)
{
	struct run_stage *s;

	for (s = r->stages; s < r->stages + r->count; s++) {
		if (s->held == NULL)
			continue;
		if ((r->culprit == NULL || r->culprit >= s) &&
		    (r->cut == NULL || r->cut >= s)) {
			r->message(r->ctx, s->command, s->held,
			    strlen(s->held));
			s->spoke = true;
		}
		free(s->held);
		s->held = NULL;
	}
}

int
run_pipeline(struct run *r, char *why, size_t whysize, enum outcome *result)
{
	sigset_t ours, before, pending;
	int signals, rc;
	size_t i;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGUSR1);
	sigaddset(&ours, SIGUSR2);
	sigprocmask(SIG_BLOCK, &ours, &before);
	r->tail = -1;
	signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	rc = signals == -1 ? -1 : run_start_all(r, &before);
	sigpending(&pending);
	r->early = sigismember(&pending, SIGINT) == 1;
	if (rc == -1 && r->refused == NULL) {
		snprintf(why, whysize, "cannot start the stages: %s",
		    strerror(errno));
	}
	wait_all(r, signals);
	for (i = 0; i < r->count; i++)
		run_listen(r, &r->stages[i]);
	if (r->refused != NULL && run_cut_short(r, r->refused)) {
		*result = OUTCOME_INTERRUPTED;
		rc = 0;
	} else if (r->refused != NULL) {
		r->culprit = r->refused;
		*result = run_outcome(r->refused);
		rc = 0;
	} else {
		*result = run_judge(r);
	}
	show_held(r);
	run_close(&signals);
	run_close(&r->tail);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
