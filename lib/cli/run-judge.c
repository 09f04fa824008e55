/* SPDX-License-Identifier: Apache-2.0 */
/* How a pipeline came out; see run-parts.h. */
#include "cli/run-parts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static bool
exited_with(const struct run_stage *s, int n)
{
	return WIFEXITED(s->status) && WEXITSTATUS(s->status) == n;
}

static bool
died_of(const struct run_stage *s, int sig)
{
	return (WIFSIGNALED(s->status) && WTERMSIG(s->status) == sig) ||
	    exited_with(s, 128 + sig); /* so a shell says it of a command */
}

static bool
by_sigpipe(const struct run_stage *s)
{
	return died_of(s, SIGPIPE);
}

bool
run_cut_short(const struct run *r, const struct run_stage *s)
{
	return r->signals > 0 &&
	    (died_of(s, SIGINT) || died_of(s, SIGTERM) ||
		(died_of(s, SIGKILL) && s->killed));
}

enum outcome
run_outcome(const struct run_stage *s)
{
	int n = WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 1;

	return n <= OUTCOME_INCOMPLETE ? (enum outcome)n : OUTCOME_FAILED;
}

/*
 * Trouble spreads from the stage that failed: those before it get SIGPIPE,
 * those after it see a stream that stops short and fail too.  So the first in
 * the pipeline that failed by itself is the one.
 *
 * The last stage may end well before the others, having all that it wanted.
 * What run_hurry() then does to the earlier ones is no failure, and neither is
 * it that a user's command minds.  Exit status 1 of one of our programs is: it
 * could not write a file beside the stream, say.
 */
static bool
is_consequence(const struct run *r, const struct run_stage *s,
    const struct run_stage *last)
{
	if (by_sigpipe(s))
		return true;
	if (s == last || r->reader_gone || run_outcome(last) != OUTCOME_DONE)
		return false;
	if (s->command->shell != NULL)
		return s->hurried || r->sated;
	return s->hurried &&
	    (WIFSIGNALED(s->status) || run_outcome(s) == OUTCOME_INTERRUPTED);
}

enum outcome
run_judge(struct run *r)
{
	const struct run_stage *s, *last = NULL, *status = NULL;
	enum outcome all = OUTCOME_DONE, o;
	bool refused = false;

	for (s = r->stages; s < r->stages + r->count; s++)
		if (run_is_status(s))
			status = s;
		else
			last = s;
	if (last == NULL)
		return OUTCOME_FAILED;
	r->reader_gone = by_sigpipe(last);
	for (s = r->stages; s <= last; s++) {
		if (is_consequence(r, s, last))
			continue;
		o = run_outcome(s);
		/* and those after it have an input that stops short */
		if (run_cut_short(r, s) ||
		    (r->cut != NULL && exited_with(s, OUTCOME_FAILED) &&
			!s->spoke)) {
			o = OUTCOME_INTERRUPTED;
			if (r->cut == NULL)
				r->cut = s;
		}
		if ((o == OUTCOME_FAILED || o == OUTCOME_MISUSED) &&
		    r->culprit == NULL && !r->reader_gone) {
			r->culprit = s;
			refused = o == OUTCOME_MISUSED;
		}
		all = outcome_worse(all, o);
	}
	if (status != NULL && run_cut_short(r, status)) {
		all = outcome_worse(all, OUTCOME_INTERRUPTED);
	} else if (status != NULL && !by_sigpipe(status) &&
	    run_outcome(status) != OUTCOME_DONE) {
		if (r->culprit == NULL)
			r->culprit = status;
		all = outcome_worse(all, OUTCOME_FAILED);
	}
	return refused ? OUTCOME_MISUSED : all;
}

void
run_how(const struct run_stage *s, char *buf, size_t size)
{
	if (WIFSIGNALED(s->status))
		snprintf(buf, size, "killed by signal %d (%s)",
		    WTERMSIG(s->status), strsignal(WTERMSIG(s->status)));
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(s->status));
}
