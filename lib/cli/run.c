/* SPDX-License-Identifier: Apache-2.0 */
/* Processes of a pipeline: start, wait, judge; see run.h. */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/logsink.h"
#include "stream/handshake.h"

#define MS 1000000ull

/* A stage whose reader is gone is told so after this, and then killed. */
#define TELL_NS	    (800 * MS)
#define KILL_NS	    (1500 * MS)
#define STRANDED_NS (300 * MS)

/* zmap-status has this long to write its files after the last stage. */
#define STATUS_NS (5000 * MS)

/*
 * timeout(1) and service managers send a signal to us and to our group: what
 * comes within this time is one wish to stop, not two.
 */
#define SAME_SIGNAL_NS (250 * MS)

static bool
is_status(const struct run_stage *s)
{
	return s->command->stage == STAGE_STATUS;
}

/* --- a command --- */

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

static void
close_fd(int *fd)
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

/* Takes what is there; closes the descriptor at its end. */
static void
listen_to(struct run *r, struct run_stage *s)
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
		close_fd(&s->fd);
	}
}

/* --- wait --- */

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

static void
send_signal(struct run *r, unsigned stages, int sig)
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
	close_fd(&r->tail);
}

static void
reap(struct run *r)
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
		listen_to(r, s);
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
		send_signal(r, STAGE_ALL, SIGKILL);
	} else if (!told && r->signals == 1) {
		send_signal(r, STAGE_TARGETS | STAGE_SEND, SIGTERM);
		if (r->stopping != NULL)
			r->stopping(r->ctx, r->signal);
	} else if (!told) {
		send_signal(r, STAGE_RECV, SIGTERM);
		poll(NULL, 0, 20);
		send_signal(r, STAGE_RECV, SIGTERM);
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

static void
take_signals(struct run *r, int fd)
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
		if (r->stages[i].pid != 0 && !is_status(&r->stages[i]))
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

/*
 * Hurries stages that should have ended.  Returns how many milliseconds to
 * wait before looking again, -1 for as long as nothing happens.
 */
static int
hurry(struct run *r)
{
	struct run_stage *s, *next;
	uint64_t now = clock_ns(), since, last = 0;
	bool running = stages_running(r);
	int wait = -1;

	for (s = r->stages; s < r->stages + r->count; s++)
		if (!is_status(s) && s->ended_ns > last)
			last = s->ended_ns;
	for (s = r->stages; s < r->stages + r->count; s++) {
		if (s->pid == 0)
			continue;
		next = s + 1;
		if (is_status(s)) {
			if (running || last == 0)
				continue;
			if (now - last > STATUS_NS)
				end_stage(s, SIGKILL);
		} else if (stranded(r, s)) {
			if (now - s[-1].ended_ns > STRANDED_NS)
				end_stage(s, SIGTERM);
		} else {
			if (next == r->stages + r->count || is_status(next) ||
			    next->pid != 0)
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

static bool
anything_left(const struct run *r)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->stages[i].pid != 0)
			return true;
	return false;
}

/* --- start --- */

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
	if (is_status(s) && c->shell != NULL)
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
	uint64_t until = clock_ns() + STATUS_NS;

	if (r->facts == NULL || s->command->shell != NULL)
		return 0;
	while (s->pid != 0 && !taken(fd)) {
		if (clock_ns() > until) {
			errno = ETIMEDOUT;
			return -1;
		}
		poll(NULL, 0, 1);
		reap(r);
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
	uint64_t until = clock_ns() + STATUS_NS;
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
		reap(r);
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
	close_fd(&e.report);
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
 * Starts all, targets last: without them nothing is sent.  If one fails the
 * others are killed.
 */
static int
start_all(struct run *r, const sigset_t *mask)
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
	for (k = 1; k <= p->count && rc == 0; k++) {
		i = k % p->count;
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
		send_signal(r, STAGE_ALL, SIGKILL);
	for (i = 1; i < p->count; i++) {
		close_fd(&between[i][0]);
		close_fd(&between[i][1]);
	}
	close_fd(&status_pipe[0]);
	close_fd(&status_pipe[1]);
	close_fd(&back[0]);
	close_fd(&back[1]);
	return rc;
}

/* --- until the end --- */

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
		if (poll(fds, r->count + 1, hurry(r)) == -1 && errno != EINTR)
			return;
		for (i = 0; i < r->count; i++)
			if (fds[i + 1].revents != 0)
				listen_to(r, &r->stages[i]);
		take_signals(r, signals);
		reap(r);
	}
	/* one that came just before its stages ended */
	take_signals(r, signals);
}

/* --- judge --- */

static bool
exited_with(const struct run_stage *s, int n)
{
	return WIFEXITED(s->status) && WEXITSTATUS(s->status) == n;
}

static bool
died_of(const struct run_stage *s, int sig)
{
	return (WIFSIGNALED(s->status) && WTERMSIG(s->status) == sig) ||
	    exited_with(s, 128 + sig); /* so a shell says it of a command */
}

static bool
by_sigpipe(const struct run_stage *s)
{
	return died_of(s, SIGPIPE);
}

/*
 * We were asked to end, and that ended the stage: before it could catch the
 * signal, or by our hand, because it took too long.
 */
static bool
cut_short(const struct run *r, const struct run_stage *s)
{
	return r->signals > 0 &&
	    (died_of(s, SIGINT) || died_of(s, SIGTERM) ||
		(died_of(s, SIGKILL) && s->killed));
}

/* The exit status, in our terms. */
static enum outcome
outcome(const struct run_stage *s)
{
	int n = WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 1;

	return n <= OUTCOME_INCOMPLETE ? (enum outcome)n : OUTCOME_FAILED;
}

/*
 * Trouble spreads from the stage that failed: those before it get SIGPIPE,
 * those after it see a stream that stops short and fail too.  So the first in
 * the pipeline that failed by itself is the one.
 *
 * The last stage may end well before the others, having all that it wanted.
 * What hurry() then does to the earlier ones is no failure, and neither is it
 * that a user's command minds.  Exit status 1 of one of our programs is: it
 * could not write a file beside the stream, say.
 */
static bool
is_consequence(const struct run *r, const struct run_stage *s,
    const struct run_stage *last)
{
	if (by_sigpipe(s))
		return true;
	if (s == last || r->reader_gone || outcome(last) != OUTCOME_DONE)
		return false;
	if (s->command->shell != NULL)
		return s->hurried || r->sated;
	return s->hurried &&
	    (WIFSIGNALED(s->status) || outcome(s) == OUTCOME_INTERRUPTED);
}

static enum outcome
run_judge(struct run *r)
{
	const struct run_stage *s, *last = NULL, *status = NULL;
	enum outcome all = OUTCOME_DONE, o;
	bool refused = false;

	for (s = r->stages; s < r->stages + r->count; s++)
		if (is_status(s))
			status = s;
		else
			last = s;
	if (last == NULL)
		return OUTCOME_FAILED;
	r->reader_gone = by_sigpipe(last);
	for (s = r->stages; s <= last; s++) {
		if (is_consequence(r, s, last))
			continue;
		o = outcome(s);
		/* and those after it have an input that stops short */
		if (cut_short(r, s) ||
		    (r->cut != NULL && exited_with(s, OUTCOME_FAILED) &&
			!s->spoke)) {
			o = OUTCOME_INTERRUPTED;
			if (r->cut == NULL)
				r->cut = s;
		}
		if ((o == OUTCOME_FAILED || o == OUTCOME_MISUSED) &&
		    r->culprit == NULL && !r->reader_gone) {
			r->culprit = s;
			refused = o == OUTCOME_MISUSED;
		}
		all = outcome_worse(all, o);
	}
	if (status != NULL && cut_short(r, status)) {
		all = outcome_worse(all, OUTCOME_INTERRUPTED);
	} else if (status != NULL && !by_sigpipe(status) &&
	    outcome(status) != OUTCOME_DONE) {
		if (r->culprit == NULL)
			r->culprit = status;
		all = outcome_worse(all, OUTCOME_FAILED);
	}
	return refused ? OUTCOME_MISUSED : all;
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
	rc = signals == -1 ? -1 : start_all(r, &before);
	sigpending(&pending);
	r->early = sigismember(&pending, SIGINT) == 1;
	if (rc == -1 && r->refused == NULL) {
		snprintf(why, whysize, "cannot start the stages: %s",
		    strerror(errno));
	}
	wait_all(r, signals);
	for (i = 0; i < r->count; i++)
		listen_to(r, &r->stages[i]);
	if (r->refused != NULL && cut_short(r, r->refused)) {
		*result = OUTCOME_INTERRUPTED;
		rc = 0;
	} else if (r->refused != NULL) {
		r->culprit = r->refused;
		*result = outcome(r->refused);
		rc = 0;
	} else {
		*result = run_judge(r);
	}
	show_held(r);
	close_fd(&signals);
	close_fd(&r->tail);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

void
run_how(const struct run_stage *s, char *buf, size_t size)
{
	if (WIFSIGNALED(s->status))
		snprintf(buf, size, "killed by signal %d (%s)",
		    WTERMSIG(s->status), strsignal(WTERMSIG(s->status)));
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(s->status));
}
