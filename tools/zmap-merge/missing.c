/* SPDX-License-Identifier: Apache-2.0 */
/* Shards that are not complete, and what completes them; see job.h. */
#include "tools/zmap-merge/job.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/again.h"

static const char *
how(const struct shards_run *run)
{
	return run->cut ? "its last run was killed" :
			  outcome_name(run->outcome);
}

/* Why a shard is not complete, in words. */
static void
tell_state(const struct shards_view *v, char *why, size_t size)
{
	switch (v->state) {
	case SHARDS_MISSING:
		snprintf(why, size, "is missing");
		break;
	case SHARDS_HOLE:
		snprintf(why, size,
		    "lacks the run from position %" PRIu64 " to %" PRIu64,
		    v->from, v->to);
		break;
	default:
		snprintf(why, size, "is not complete (%s)", how(v->last));
	}
}

/* The command of another shard, for a shard without anything to go on with. */
static char *
command_anew(const struct job *job, uint64_t shard)
{
	const struct again again = { .shard = shard,
		.shards = job->all.facts.shards,
		.seed = job->all.facts.seed,
		.has_seed = job->all.facts.has & FACT_SEED };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		err(EXIT_FAILURE, NULL);
	if (again_print(f, &job->all.header, &again) == -1)
		rewind(f);
	if (fclose(f) == EOF)
		err(EXIT_FAILURE, NULL);
	return text;
}

static void
tell_shard(const struct job *job, uint64_t shard, const struct shards_view *v)
{
	bool goes_on = v->state == SHARDS_UNFINISHED;
	char *made = goes_on ? NULL : command_anew(job, shard);
	const char *command = goes_on ? job->commands[shard] : made;
	char who[64] = "the scan", why[160];

	if (job->all.facts.shards > 1)
		snprintf(who, sizeof who, "shard %" PRIu64 " of %" PRIu64,
		    shard, job->all.facts.shards);
	tell_state(v, why, sizeof why);
	if (command == NULL || command[0] == '\0')
		warnx(
		    "%s %s; scan it by the same command with --shard=%" PRIu64,
		    who, why, shard);
	else
		warnx("%s %s; to complete it: %s", who, why, command);
	free(made);
}

uint64_t
merge_tell_shards(struct job *job, enum outcome *outcome)
{
	uint64_t complete = 0;
	struct shards_view v;

	shards_sort(&job->shards);
	for (uint64_t i = 0; i < job->all.facts.shards; i++) {
		v = shards_look(&job->shards, i);
		complete += v.state == SHARDS_COMPLETE;
		if (v.state == SHARDS_COMPLETE)
			continue;
		*outcome = outcome_worse(*outcome, OUTCOME_INTERRUPTED);
		if (v.last != NULL && v.last->outcome == OUTCOME_STOPPED)
			*outcome = outcome_worse(*outcome, OUTCOME_STOPPED);
		tell_shard(job, i, &v);
	}
	return complete;
}
