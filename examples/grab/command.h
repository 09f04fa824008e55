/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line that banner-grab-tcp and forge-socket share, and what
 * their main functions do alike.
 */
#ifndef COMMAND_H
#define COMMAND_H
#include <stdbool.h>

#include "cli/tool.h"
#include "grab.h"

enum command_id {
	OPT_ALL = OPT_OWN,
	OPT_CONCURRENT,
	OPT_CONNECT_TIMEOUT,
	OPT_DATA,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_GAP,
	OPT_MAX_BYTES,
	OPT_NO_RULE,
	OPT_PORT,
	OPT_PRINT_RULE,
	OPT_QUEUE,
	OPT_READ_TIMEOUT,
	OPT_SERVER_NAME,
	OPT_TLS,
	OPT_TOTAL_TIMEOUT,
	OPT_UNTIL,
};

#define COMMAND_ABOUT                                                          \
	"Connects to hosts and prints what they say.  It reads addresses "     \
	"from stdin: as address, address:port, CSV, JSON lines or the stream " \
	"of zmap-recv; it finds out itself which of them."

/* The options of both programs, as in cli/option.h. */
extern const struct option_def command_table[];

struct command {
	const struct program *program;
	struct tool tool;
	struct grab_config config;
	struct request request;
};

/*
 * Reads the options that both have; returns the next of the program's own
 * (its value is in tool.options), or -1 at the end.  Ends the program for what
 * is wrong, for -h and for -V.
 */
void command_begin(struct command *, const struct program *, int argc,
    char **argv);
int command_option(struct command *);

/* Ends the program with 2: "name: why" and where to read on. */
void command_misused(const struct command *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/*
 * Raises the limit of open files to what these connections need, or ends
 * the program with the command that does.
 */
void command_files(const struct command *);

/* Gives up what rights.h may and runs: the exit status. */
int command_run(struct command *, unsigned may);

#endif
