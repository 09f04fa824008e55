/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a stage, and the scan so far, came out.  The numbers are the exit
 * statuses of every program; the names are what an end event says in "status".
 *
 * Outcomes add up along the pipeline: a stage exits with the worse of its own
 * and of what the stages before it wrote in their end events, so the last
 * program of a shell pipeline tells the truth about all of it.
 */
#ifndef OUTCOME_H
#define OUTCOME_H
#include <stddef.h>

enum outcome {
	OUTCOME_DONE = 0,
	OUTCOME_FAILED = 1,
	OUTCOME_MISUSED = 2,
	OUTCOME_INTERRUPTED = 3, /* by a signal; what arrived is kept */
	OUTCOME_STOPPED = 4,	 /* by a guard, such as --min-hitrate */
	OUTCOME_INCOMPLETE = 5,	 /* answers or probes are known lost */
};

const char *outcome_name(enum outcome);

/* The outcome called so; an unknown name is OUTCOME_FAILED. */
enum outcome outcome_parse(const char *name, size_t len);

/*
 * Ends the program as one ends that writes to a pipe without a reader: by
 * SIGPIPE, and silently.  A stage has the signal ignored until then, because
 * it still has to say how far it came.
 */
void outcome_reader_gone(void) __attribute__((noreturn));

/* failed > misused > stopped > interrupted > incomplete > done */
enum outcome outcome_worse(enum outcome, enum outcome);

#endif
