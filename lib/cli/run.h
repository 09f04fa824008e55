/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the commands of a pipeline, waits, and judges how it came out.
 *
 * There is no thread and no data here.  The stages are joined by pipes; one
 * more pipe takes their status lines to zmap-status; and their stderr comes
 * to us line by line, so that messages can go to a file and to syslog and do
 * not tear the status line.
 *
 * No stage outlives us: stages that make packets get SIGTERM if we die, and a
 * stage whose reader has gone has a second to notice.
 */
#ifndef RUN_H
#define RUN_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/outcome.h"
#include "cli/compose.h"

struct run_stage {
	const struct command *command;
	pid_t pid;  /* 0: not started, or reaped */
	int status; /* of waitpid(2), once reaped */
	uint64_t ended_ns;
	int fd;		 /* its stderr, or -1 */
	char line[4096]; /* unfinished line from there */
	size_t used;
	char *held;   /* a message that may be an echo */
	bool spoke;   /* said why it failed */
	bool killed;  /* by us */
	bool hurried; /* told to end, since its reader has ended */
};

struct run {
	const struct pipeline *pipeline;

	/* A line from a stage, without newline.  Must be set. */
	void (
	    *message)(void *ctx, const struct command *, const char *, size_t);
	void *ctx;

	/* A first signal asks to stop: SIGTERM, ...  May be NULL. */
	void (*stopping)(void *ctx, int sig);

	/* SIGHUP: open the logs anew.  May be NULL. */
	void (*hangup)(void *ctx);

	/* Written to zmap-status before other stages start.  May be NULL. */
	const char *facts;
	int status_stdout; /* a descriptor, or -1: ours */

	struct run_stage stages[COMPOSE_MAX + 1];
	size_t count;	  /* the last is zmap-status */
	int tail;	  /* the last stage's input, or -1 */
	bool sated;	  /* the last stage did not read that to its end */
	unsigned signals; /* that asked us to stop */
	int signal;	  /* the first of these */
	uint64_t signal_ns;
	bool early; /* one came before all stages were there to get it */
	const struct run_stage *refused; /* before the scan began */

	/* How it came out: */
	const struct run_stage *culprit; /* first that failed, or NULL */
	const struct run_stage *cut;	 /* first ended by such a signal */
	bool reader_gone;		 /* SIGPIPE of the last stage */
};

/* -1 with the reason in why if it could not be started. */
int run_pipeline(struct run *, char *why, size_t whysize, enum outcome *);

/* "exit status 1", "killed by signal 9 (Killed)". */
void run_how(const struct run_stage *, char *, size_t);

#endif
