/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command whose output is read, and how it came out: a process beside it
 * waits for it, since the one with the connections has given that right up.
 */
#ifndef CHILD_H
#define CHILD_H
#include "base/outcome.h"

struct child {
	const char *name; /* for messages */
	int out;	  /* its output, to be read */
	int ended;	  /* where its wait status will come */
};

/* Its output; -1 with errno if it cannot be started. */
int child_start(struct child *, char **argv);

/*
 * Waits for its end; bad ones that it may not have told of itself are said.
 * One whose output we did not read to the end is not waited for, and done: it
 * may take long to notice, and what ended us is the news.
 */
enum outcome child_outcome(const struct child *);

#endif
