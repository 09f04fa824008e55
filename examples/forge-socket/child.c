/* SPDX-License-Identifier: Apache-2.0 */
/* The command and who waits for it; see child.h. */
#include "child.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rights.h"

/* In its own process, for good; *fault gets the errno if it does not start. */
static void
child_become(char **argv, int out, int fault)
{
	int e;

	if (dup2(out, STDOUT_FILENO) != -1)
		execvp(argv[0], argv);
	e = errno;
	if (write(fault, &e, sizeof e) == -1)
		_exit(127);
	_exit(127);
}

/*
 * Waits for the command, which the process with the connections may not do any
 * more, and says how it ended.  Until then this holds no rights, and no
 * descriptor whose end another process waits for.
 */
static void
watch(pid_t pid, int ended)
{
	const struct rights none = { .may = RIGHTS_UNCONFINED };
	const char *why;
	int status;

	/* those of the command are its own affair */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (dup2(ended, STDIN_FILENO) == -1)
		_exit(EXIT_FAILURE);
	closefrom(STDIN_FILENO + 1);
	if (rights_drop(&none, &why) == -1)
		_exit(EXIT_FAILURE);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			_exit(EXIT_FAILURE);
	if (write(STDIN_FILENO, &status, sizeof status) == -1)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

int
child_start(struct child *c, char **argv)
{
	int out[2], fault[2], end[2], e = 0;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) == -1 || pipe2(fault, O_CLOEXEC) == -1 ||
	    pipe2(end, O_CLOEXEC) == -1)
		return -1;
	pid = fork();
	if (pid == -1)
		return -1;
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			child_become(argv, out[1], fault[1]);
		e = errno;
		if (pid == -1 && write(fault[1], &e, sizeof e) == sizeof e)
			_exit(EXIT_FAILURE);
		watch(pid, end[1]);
	}
	close(out[1]);
	close(fault[1]);
	close(end[1]);
	/* nothing comes if it runs: the descriptor has closed by itself */
	if (read(fault[0], &e, sizeof e) == sizeof e) {
		errno = e;
		return -1;
	}
	close(fault[0]);
	*c = (struct child){ .name = argv[0], .out = out[0], .ended = end[0] };
	return c->out;
}

enum outcome
child_outcome(const struct child *c)
{
	struct pollfd p = { .fd = c->out };
	int status, code;
	ssize_t n;

	/* still open: it was not heard to its end */
	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLHUP))
		return OUTCOME_DONE;
	do
		n = read(c->ended, &status, sizeof status);
	while (n == -1 && errno == EINTR);
	if (n != sizeof status) {
		warnx("%s: it is not known how it ended", c->name);
		return OUTCOME_FAILED;
	}
	if (WIFSIGNALED(status)) {
		warnx("%s: killed by signal %d (%s)", c->name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
		return OUTCOME_FAILED;
	}
	code = WEXITSTATUS(status);
	if (code <= OUTCOME_INCOMPLETE)
		return (enum outcome)code;
	warnx("%s: exit status %d", c->name, code);
	return OUTCOME_FAILED;
}
