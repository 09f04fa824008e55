/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the main functions of all tools; see tool.h. */
#include "cli/tool.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/option.h"

void
tool_begin(void)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			errx(TOOL_MISUSED, "%s is closed", names[fd]);
	/* some parents ignore it, and children inherit that */
	signal(SIGPIPE, SIG_DFL);
	/* a limit on the size of files is an error of write, not an end */
	signal(SIGXFSZ, SIG_IGN);
}

void
tool_ignore_interrupts(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

int
tool_signal_fd(void)
{
	struct sigaction sa;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	/* a job in the background of a script is not to be interrupted */
	if (sigaction(SIGINT, NULL, &sa) == -1 || sa.sa_handler != SIG_IGN)
		sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
tool_stream_in(int fd)
{
	if (isatty(fd))
		errx(TOOL_MISUSED,
		    "stdin is a terminal; pipe a stream into it");
}

void
tool_stream_out(int fd)
{
	if (isatty(fd))
		errx(TOOL_MISUSED, "stdout is a terminal; pipe it to zmap-out");
}

uint64_t
tool_number(const struct options *o, uint64_t min, uint64_t max)
{
	const char *why;
	uint64_t n;

	if (option_number(o->arg, min, max, &n, &why) == -1)
		errx(TOOL_MISUSED, "--%s: %s: %s", o->def->name, o->arg, why);
	return n;
}

void
tool_close_stdout(void)
{
	if (fflush(stdout) == EOF || ferror(stdout) || fclose(stdout) == EOF)
		err(EXIT_FAILURE, "stdout");
}

void
tool_version(const char *program)
{
	printf("%s %s\n", program, ZMAP_VERSION);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}
