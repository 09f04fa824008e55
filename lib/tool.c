/* Shared by the main functions of all tools; see tool.h. */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool.h"

void
tool_begin(void)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			errx(TOOL_MISUSED, "%s is closed", names[fd]);
}

void
tool_ignore_interrupts(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
}

void
tool_stream_in(int fd)
{
	if (isatty(fd))
		errx(TOOL_MISUSED, "stdin is a terminal; pipe a stream into it");
}

void
tool_stream_out(int fd)
{
	if (isatty(fd))
		errx(TOOL_MISUSED,
		    "stdout is a terminal; pipe it to zmap-out");
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
