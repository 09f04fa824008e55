/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the main functions of all tools; see tool.h. */
#include "cli/tool.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/output.h"
#include "base/version.h"
#include "cli/inforce.h"
#include "cli/suggest.h"
#include "cli/help.h"

/* What stdio has for a terminal, which gets nothing that it would obey. */
static ssize_t
write_shown(void *ctx, const char *p, size_t n)
{
	struct output *o = ctx;

	output_bytes(o, p, n);
	return output_flush(o) == -1 ? 0 : (ssize_t)n;
}

/* Lists of fields, settings, pipelines hold names that strangers chose. */
static void
show_stdout(void)
{
	static struct output terminal;
	cookie_io_functions_t functions = { .write = write_shown };
	FILE *f;

	if (output_open(&terminal, STDOUT_FILENO) == -1 ||
	    (f = fopencookie(&terminal, "w", functions)) == NULL)
		err(EXIT_FAILURE, NULL);
	setvbuf(f, NULL, _IOLBF, 0);
	stdout = f;
}

void
tool_check_descriptors(void)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			errx(TOOL_MISUSED, "%s is closed", names[fd]);
	if (isatty(STDOUT_FILENO))
		show_stdout();
	/* some parents ignore it, and children inherit that */
	signal(SIGPIPE, SIG_DFL);
	/*
	 * These never end a scan: they have lists and logs read anew, and the
	 * rate changed, by the programs that know how.
	 */
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
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
tool_stream_out(int fd, const char *hint)
{
	if (isatty(fd))
		errx(TOOL_MISUSED,
		    "stdout is a terminal, and this is binary: %s", hint);
}

void
tool_begin(struct tool *t, const struct program *p, int argc, char **argv)
{
	tool_check_descriptors();
	*t = (struct tool){ .status_fd = -1,
		.log = { .stage = strncmp(p->name, "zmap-", 5) == 0 ?
			p->name + 5 :
			p->name,
		    .level = LOG_LEVEL_INFO } };
	if (option_begin(&t->options, p, argc, argv) == -1)
		err(EXIT_FAILURE, NULL);
}

/* All options are read. */
static void
tool_finish(struct tool *t)
{
	const struct options *o = &t->options;
	struct output facts;

	if (t->wants_help) {
		if (t->help != NULL)
			t->help(t->ctx);
		else
			help_print(stdout, o->program);
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	}
	if (o->program->operands == NULL && o->index < o->argc)
		errx(TOOL_MISUSED, "%s: no operand is taken: %s",
		    o->argv[o->index], o->program->input);
	if (t->status_fd == -1)
		return;
	if (output_open(&facts, -1) == -1)
		err(EXIT_FAILURE, NULL);
	inforce_options(&facts, o, t->facts);
	inforce_send(t->status_fd, &facts);
	output_close(&facts);
}

/* Messages go behind what is in this file. */
static void
tool_log_to(const char *path)
{
	int fd = file_create(path, 0666);

	if (fd == -1 || fcntl(fd, F_SETFL, O_APPEND) == -1 ||
	    dup2(fd, STDERR_FILENO) == -1)
		err(EXIT_FAILURE, "%s", path);
	close(fd);
}

int
tool_next(struct tool *t)
{
	struct options *o = &t->options;
	int c;

	for (;;) {
		c = option_next(o);
		switch (c) {
		case OPT_BAD:
			fprintf(stderr, "Try '%s -h'.\n", o->program->name);
			exit(TOOL_MISUSED);
		case OPT_HELP:
			t->wants_help = true;
			break;
		case OPT_LOG_FILE:
			tool_log_to(o->arg);
			break;
		case OPT_DISABLE_SYSLOG:
			break;
		case OPT_STATUS_FD:
			t->status_fd = o->value.number;
			break;
		case OPT_VERBOSITY:
			t->log.level = o->value.number;
			break;
		case OPT_VERSION:
			tool_version(o->program->name);
			break;
		case -1:
			tool_finish(t);
			return -1;
		default:
			return c;
		}
	}
}

int *
tool_files(char *const *names)
{
	size_t n = 0, i;
	int *fds;

	while (names[n] != NULL)
		n++;
	fds = calloc(n + 2, sizeof *fds);
	if (fds == NULL)
		err(EXIT_FAILURE, NULL);
	for (i = 0; i < n; i++) {
		fds[i] = strcmp(names[i], "-") == 0 ?
		    STDIN_FILENO :
		    open(names[i], O_RDONLY | O_CLOEXEC);
		if (fds[i] == -1)
			err(EXIT_FAILURE, "%s", names[i]);
		if (fds[i] == STDIN_FILENO)
			tool_stream_in(STDIN_FILENO);
	}
	if (n == 0) {
		tool_stream_in(STDIN_FILENO);
		fds[n++] = STDIN_FILENO;
	}
	fds[n] = -1;
	return fds;
}

void
tool_close_stdout(void)
{
	if (fflush(stdout) == EOF || ferror(stdout) || fclose(stdout) == EOF)
		err(EXIT_FAILURE, "stdout");
}

void
tool_unknown_probe(const char *name, const char *why, const char *names)
{
	const char *near;
	size_t n;

	if (strchr(name, '/') != NULL) /* why begins with it */
		errx(TOOL_MISUSED, "--probe-module: %s", why);
	near = suggest_word(names, name, &n);
	if (near != NULL)
		errx(TOOL_MISUSED, "--probe-module: %s: %s; did you mean %.*s?",
		    name, why, (int)n, near);
	errx(TOOL_MISUSED,
	    "--probe-module: %s: %s; --list-probe-modules lists them", name,
	    why);
}

void
tool_version(const char *program)
{
	printf("%s %s\n", program, ZMAP_VERSION);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}
