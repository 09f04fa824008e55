/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of a pipeline, and what each is given; see run-parts.h. */
#include "cli/run-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "stream/handshake.h"

/* What a stage gets of us; -1: none, or ours. */
struct ends {
	int in, out;
	int report; /* for status lines */
	int back;   /* its end of the way back */
};

static char **
arguments(const struct command *c, const struct ends *e)
{
	const char *option = c->stage == STAGE_STATUS ? "line" : "status";
	size_t i, n = 0;
	char **argv;

	argv = calloc(c->argc + 7, sizeof *argv);
	if (argv == NULL)
		return NULL;
	if (c->shell != NULL) {
		argv[n++] = strdup("sh");
		argv[n++] = strdup("-c");
		if (c->argc > 1) {
			if (asprintf(&argv[n++], "%s \"$@\"", c->shell) == -1)
				return NULL;
		} else {
			argv[n++] = strdup(c->shell);
		}
	}
	argv[n++] = c->argv[0];
	if (c->shell == NULL && e->report != -1 &&
	    asprintf(&argv[n++], "--%s-fd=%d", option, e->report) == -1)
		return NULL;
	if (c->shell == NULL && e->back != -1 &&
	    asprintf(&argv[n++], "--back-fd=%d", e->back) == -1)
		return NULL;
	for (i = 1; i < c->argc; i++)
		argv[n++] = c->argv[i];
	return argv;
}

static void __attribute__((noreturn))
run_cannot(const struct command *c, const char *what)
{
	dprintf(2, "zmap: %s cannot %s: %s\n", c->name, what, strerror(errno));
	_exit(127);
}

/* In the child; does not return. */
static void
run_become(const struct command *c, char **argv, pid_t parent, const int fds[3],
    const struct ends *e, const sigset_t *mask)
{
	int i;

	/*
	 * The stages that make packets must not outlive us.  The kernel
	 * forgets this when a program with file capabilities starts; zmap-send
	 * therefore also stops when no reader of its stderr is left.
	 */
	if (c->stage & (STAGE_TARGETS | STAGE_SEND)) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
	}
	for (i = 2; i >= 0; i--) /* stderr first: it can say what fails */
		if (fds[i] != -1 && dup2(fds[i], i) == -1)
			run_cannot(c, "be given its input and output");
	if (e->report != -1)
		fcntl(e->report, F_SETFD, 0);
	if (e->back != -1 && c->shell == NULL)
		fcntl(e->back, F_SETFD, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (c->shell != NULL) {
		signal(SIGUSR1, SIG_DFL); /* ignored by tool_begin() */
		signal(SIGUSR2, SIG_DFL);
		execv("/bin/sh", argv);
	} else {
		execvp(c->program, argv);
	}
	dprintf(2, "zmap: cannot run %s: %s\n",
	    c->shell != NULL ? "/bin/sh" : c->program, strerror(errno));
	_exit(127);
}

/*
 * Starts a command as this stage.  A stage reports to zmap-status, and
 * zmap-status to the user.
 */
static int
run_start(struct run_stage *s, const struct command *c, const struct ends *e,
    const sigset_t *mask)
{
	pid_t parent = getpid();
	int errors[2], fds[] = { e->in, e->out, -1 };
	char **argv;

	argv = arguments(c, e);
	if (argv == NULL || pipe2(errors, O_CLOEXEC) == -1)
		return -1;
	fcntl(errors[0], F_SETFL, O_NONBLOCK);
	*s = (struct run_stage){ .command = c, .fd = errors[0] };
	if (run_is_status(s) && c->shell != NULL)
		s->spoke = true; /* has our stderr, and draws there */
	else
		fds[2] = errors[1];
	s->pid = fork();
	if (s->pid == 0)
		run_become(c, argv, parent, fds, e, mask);
	free(argv);
	close(errors[1]);
	if (s->pid != -1)
		return 0;
	s->pid = 0;
	return -1;
}

/*
 * zmap-status opens its files before it reads.  So when it has taken what we
 * wrote it is sure that they can be written, and the scan may begin.
 */
static int
await_status(struct run *r, const struct run_stage *s, int fd)
{
	uint64_t until = clock_ns() + RUN_STATUS_NS;

	if (r->facts == NULL || s->command->shell != NULL)
		return 0;
	while (s->pid != 0 && !taken(fd)) {
		if (clock_ns() > until) {
			errno = ETIMEDOUT;
			return -1;
		}
		poll(NULL, 0, 1);
		run_reap(r);
	}
	if (s->pid == 0 && s->status != 0)
		r->refused = s;
	return r->refused == NULL ? 0 : -1;
}

/*
 * Tells zmap-status what zmap was told, as it reads: a user with many pipes
 * gets small ones.  Where there is room for PIPE_BUF bytes, a write of as many
 * does not block.
 */
static int
tell_facts(struct run *r, const struct run_stage *s, int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	uint64_t until = clock_ns() + RUN_STATUS_NS;
	const char *p = r->facts;
	size_t left = p == NULL ? 0 : strlen(p);
	ssize_t n;

	while (left > 0 && s->pid != 0) {
		if (poll(&room, 1, 10) > 0) {
			n = write(fd, p, left < PIPE_BUF ? left : PIPE_BUF);
			if (n == -1)
				return -1;
			p += n;
			left -= n;
		} else if (clock_ns() > until) {
			errno = ETIMEDOUT;
			return -1;
		}
		run_reap(r);
	}
	return 0;
}

static int
start_status(struct run *r, int pipe[2], const sigset_t *mask)
{
	struct ends e = { .in = pipe[0],
		.out = r->status_stdout,
		.report = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3),
		.back = -1 };
	struct run_stage *s = &r->stages[r->count - 1];
	int rc;

	rc = run_start(s, &r->pipeline->status, &e, mask);
	run_close(&e.report);
	return rc == -1 ? -1 : tell_facts(r, s, pipe[1]);
}

/* The end of the way back that a stage has, or -1. */
static int
end_of_back(const struct command *c, const int back[2])
{
	switch (c->stage) {
	case STAGE_SEND:
		return back[0];
	case STAGE_RECV:
		return back[1];
	default:
		return -1;
	}
}

/*
 * Of our programs we know what their exit status says.  A user's command may
 * fail because the last stage has ended, or by itself; what tells these apart
 * is whether that had read its input to the end, and we keep it open to see.
 */
static void
keep_tail(struct run *r, int fd)
{
	const struct pipeline *p = r->pipeline;
	size_t i;

	for (i = 0; i + 1 < p->count && r->tail == -1; i++)
		if (p->commands[i].shell != NULL)
			r->tail = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/*
 * Which stage is started as number k: the first one, whose lists are what takes
 * longest, at once; if it has to wait for zmap-status, while two others load.
 */
static size_t
turn_of(const struct pipeline *p, size_t k, bool status)
{
	const size_t first = !status ? 0 : p->count > 2 ? 2 : p->count - 1;

	return k == first ? 0 : k < first ? k + 1 : k;
}

int
run_start_all(struct run *r, const sigset_t *mask)
{
	const struct pipeline *p = r->pipeline;
	bool status = p->status.name != NULL;
	int between[COMPOSE_MAX + 1][2], status_pipe[2], back[] = { -1, -1 };
	struct ends e;
	int rc = 0;
	size_t i, k;

	r->count = p->count + status;
	for (i = 0; i < r->count; i++)
		r->stages[i] = (struct run_stage){ .fd = -1,
			.command = i < p->count ? &p->commands[i] :
						  &p->status };
	memset(between, -1, sizeof between);
	memset(status_pipe, -1, sizeof status_pipe);
	for (i = 1; i < p->count; i++)
		if (pipe2(between[i], O_CLOEXEC) == -1)
			return -1;
	if (p->back && pipe2(back, O_CLOEXEC) == -1)
		return -1;
	keep_tail(r, between[p->count - 1][0]);
	if (status)
		rc = pipe2(status_pipe, O_CLOEXEC) == -1 ?
		    -1 :
		    start_status(r, status_pipe, mask);
	for (k = 0; k < p->count && rc == 0; k++) {
		i = turn_of(p, k, status);
		if (i == 0 && status &&
		    await_status(r, &r->stages[p->count], status_pipe[1]) == -1)
			rc = -1;
		e = (struct ends){ between[i][0], between[i + 1][1],
			status_pipe[1], end_of_back(&p->commands[i], back) };
		if (rc == 0)
			rc = run_start(&r->stages[i], &p->commands[i], &e,
			    mask);
	}
	/* before it sees its input end, and complains */
	if (rc == -1)
		run_signal(r, STAGE_ALL, SIGKILL);
	for (i = 1; i < p->count; i++) {
		run_close(&between[i][0]);
		run_close(&between[i][1]);
	}
	run_close(&status_pipe[0]);
	run_close(&status_pipe[1]);
	run_close(&back[0]);
	run_close(&back[1]);
	return rc;
}
