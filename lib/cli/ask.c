/* SPDX-License-Identifier: Apache-2.0 */
/* The output of a stage; see ask.h. */
#include "cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/output.h"
#include "cli/compose.h"

static void __attribute__((noreturn))
become(const struct command *c, bool quiet, int out)
{
	int null = open("/dev/null", O_RDWR);

	if (null != -1 && dup2(null, STDIN_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1 &&
	    (!quiet || dup2(null, STDERR_FILENO) != -1))
		execvp(c->program, c->argv);
	if (!quiet)
		dprintf(STDERR_FILENO, "zmap: cannot run %s: %s\n", c->program,
		    strerror(errno));
	_exit(127);
}

int
ask(const struct command *c, bool quiet, struct output *text)
{
	int fds[2], status;
	char buf[4096];
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		become(c, quiet, fds[1]);
	close(fds[1]);
	while (pid != -1 &&
	    ((n = read(fds[0], buf, sizeof buf)) > 0 ||
		(n == -1 && errno == EINTR)))
		if (n > 0)
			output_bytes(text, buf, n);
	close(fds[0]);
	if (pid == -1)
		return -1;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
