/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From options in force to the commands of a pipeline:
 *
 *	zmap-targets | zmap-send | zmap-recv [| zmap-filter] | zmap-out
 *
 * Each option goes to the stages that its line in the option table names
 * (lib/cli/option.h), as it was given.  A filter is there if --output-filter
 * asks for one, or if nothing says what to print: then only the first success
 * of each target is.  A dry run ends with zmap-send, whose stdout is text.
 */
#ifndef COMPOSE_H
#define COMPOSE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/config.h"

#define COMPOSE_INSERTED 16 /* commands besides the stages */
#define COMPOSE_MAX	 (5 + COMPOSE_INSERTED) /* in a pipeline */

/* The filter where the user says nothing. */
#define COMPOSE_FILTER "success = 1 && repeat = 0"

struct command {
	unsigned stage;	   /* STAGE_SEND, ...; STAGE_ZMAP: the user's own */
	const char *name;  /* "zmap-send" */
	char *program;	   /* its path, or the name for PATH */
	const char *shell; /* the user's command instead */
	char **argv;	   /* ends with NULL; argv[0] is name */
	size_t argc;
};

struct pipeline {
	struct command commands[COMPOSE_MAX];
	size_t count, inserted;
	struct command status; /* zmap-status, name NULL: not run */
	bool back;	       /* answers steer zmap-send; see scan/back.h */
};

/*
 * Fills the pipeline; operands (NULL at the end) go to zmap-targets.  Strings
 * stay those of config and operands, which must outlive it.  -1 with the
 * reason in why.
 */
int compose(struct pipeline *, const struct config *, char **operands,
    char *why, size_t whysize);

/* One command by itself, with the options of config that it takes. */
int compose_one(struct command *, unsigned stage, const struct config *);
int compose_add(struct command *, const char *word); /* -1: memory */

/*
 * The first two stages, to send nothing: whether the checkpoint at path, of a
 * scan that is done, is one of these targets and probes.  -1: it cannot be
 * asked, because a stage is the user's or a list comes on stdin.
 */
int compose_question(struct pipeline *, const struct config *, char **operands,
    const char *path);

/* A word of a command, quoted for sh where it has to be. */
void compose_quote(FILE *, const char *);

/* The shell pipeline that does the same, quoted for sh. */
void compose_print(FILE *, const struct pipeline *);

#endif
