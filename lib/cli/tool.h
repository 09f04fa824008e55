/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the main function of every tool does alike.
 *
 *	struct tool t;
 *	int c;
 *
 *	tool_begin(&t, program_of(STAGE_OUT), argc, argv);
 *	while ((c = tool_next(&t)) != -1)
 *		switch (c) {
 *		case OPT_MAX_RESULTS:
 *			... t.options.value.number ...
 *		}
 *	argv + t.options.index is what is left.
 */
#ifndef TOOL_H
#define TOOL_H
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "cli/option.h"

#define TOOL_MISUSED 2 /* exit status for wrong options */

struct tool {
	struct options options;
	struct log log; /* its level is that of -v */
	int status_fd;	/* of --status-fd, or -1 */

	/* Set before tool_next where it is needed: */
	const char *facts;    /* name of the operands among the facts */
	void (*help)(void *); /* prints in place of help, and returns */
	void *ctx;
	bool wants_help;
};

/*
 * Ends the program if descriptor 0, 1 or 2 is closed: the next socket opened
 * would take its number, and records would go on the wire.
 * From now on, what is printed to a stdout that is a terminal is safe for it.
 */
void tool_check_descriptors(void);

/* Call first; does the above, too. */
void tool_begin(struct tool *, const struct program *, int argc, char **argv);

/*
 * The next option that is the tool's own, or -1 at the end.  Those that all
 * have are dealt with: the program ends, with what there is to say, for bad
 * options, -h, -V, and operands where none are taken.  At the end the options
 * in force are written as facts (inforce.h) to where --status-fd says.
 */
int tool_next(struct tool *);

/*
 * SIGINT and SIGTERM are for the stages that start or stop a scan; one that
 * only passes results on ends with its input, so that none is lost.
 */
void tool_ignore_interrupts(void);

/*
 * For a program with a poll loop: a signalfd(2) for SIGTERM, and for SIGINT
 * unless that is ignored, both blocked from now on.  -1 with errno.
 */
int tool_signal_fd(void);

/*
 * Streams are binary: refuses to read one from, or write one to, a terminal;
 * hint says what to do instead.  Ends the program with TOOL_MISUSED.
 */
void tool_stream_in(int fd);
void tool_stream_out(int fd, const char *hint);

/*
 * Opens files that are to be read as one stream: descriptors, ended by -1; "-"
 * is stdin, and no names at all are it, too.  Ends the program with 1 if one
 * cannot be opened, or as tool_stream_in.
 */
int *tool_files(char *const *names);

/* Flushes and closes stdout; ends the program with 1 if that fails. */
void tool_close_stdout(void);

/* Ends the program: no such probe module, and which may be meant of these. */
void tool_unknown_probe(const char *name, const char *why, const char *names)
    __attribute__((noreturn));

/* prints and exits 0 */
void tool_version(const char *program) __attribute__((noreturn));

#endif
