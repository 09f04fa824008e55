/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line that banner-grab-tcp and forge-socket share, and what
 * their main functions do alike.
 */
#ifndef COMMAND_H
#define COMMAND_H
#include <getopt.h>
#include <stdbool.h>

#include "grab.h"

struct command {
	const char *name;
	const char *usage;	   /* synopsis, in lines */
	const char *more_help;	   /* its own options, or NULL */
	const struct option *more; /* the same, ends with 0 */
	const char *more_letters;  /* as for getopt(3) */
	struct grab_config config;
	struct log log;
	struct request request;
};

/* val of options without a letter of their own, for command->more. */
#define COMMAND_OWN 1000

/*
 * Reads the options that both have; returns the next of the program's own
 * (val, with optarg), or -1 at the end.  Ends the program for what is wrong,
 * for -h and for -V.
 */
void command_begin(struct command *);
int command_option(struct command *, int argc, char **argv);

/* Ends the program with 2: "name: why" and where to read on. */
void command_misused(const struct command *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* A whole number from min to max in s, the argument of an option. */
uint64_t command_number(const struct command *, const char *option,
    const char *s, uint64_t min, uint64_t max);

/*
 * Raises the limit of open files to what so many connections need, or ends
 * the program with the command that does.
 */
void command_files(const struct command *);

/* Gives up what rights.h may and runs: the exit status. */
int command_run(struct command *, unsigned may);

#endif
