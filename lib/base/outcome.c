/* SPDX-License-Identifier: Apache-2.0 */
/* Names and order of the exit statuses; see outcome.h. */
#include "base/outcome.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int rank;
} outcomes[] = {
	[OUTCOME_DONE] = { "done", 0 },
	[OUTCOME_FAILED] = { "failed", 5 },
	[OUTCOME_MISUSED] = { "misused", 4 },
	[OUTCOME_INTERRUPTED] = { "interrupted", 2 },
	[OUTCOME_STOPPED] = { "stopped", 3 },
	[OUTCOME_INCOMPLETE] = { "incomplete", 1 },
};

const char *
outcome_name(enum outcome o)
{
	return outcomes[o].name;
}

enum outcome
outcome_parse(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
		if (strlen(outcomes[i].name) == len &&
		    memcmp(outcomes[i].name, name, len) == 0)
			return i;
	return OUTCOME_FAILED;
}

void
outcome_reader_gone(void)
{
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
	raise(SIGPIPE);
	_exit(128 + SIGPIPE); /* not reached */
}

enum outcome
outcome_worse(enum outcome a, enum outcome b)
{
	return outcomes[a].rank >= outcomes[b].rank ? a : b;
}
