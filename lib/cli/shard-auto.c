/* SPDX-License-Identifier: Apache-2.0 */
/* What engines tell their tasks; see shard-auto.h. */
#include "cli/shard-auto.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define INDEX_MAX UINT32_MAX
#define AD_LINES  10000 /* of a file that may be anything */

/* Names of variables; NULL where the engine has none. */
struct engine {
	const char *word; /* for --shard */
	const char *name; /* for people */
	const char *index;
	const char *count;
	const char *min, *max, *step; /* of the indices */
	uint64_t base;		      /* the first index */
	const char *ad;		      /* file with the variables */
	bool counted;		      /* index alone means nothing */
};

/* In the order in which they are asked; the manual has it too. */
static const struct engine engines[] = { { .word = "slurm",
					     .name = "Slurm array",
					     .index = "SLURM_ARRAY_TASK_ID",
					     .count = "SLURM_ARRAY_TASK_COUNT",
					     .min = "SLURM_ARRAY_TASK_MIN",
					     .max = "SLURM_ARRAY_TASK_MAX",
					     .step = "SLURM_ARRAY_TASK_STEP" },
	{ .word = "kubernetes",
	    .name = "Kubernetes Indexed Job",
	    .index = "JOB_COMPLETION_INDEX" },
	{ .word = "parallel",
	    .name = "GNU parallel",
	    .index = "PARALLEL_SEQ",
	    .base = 1 },
	{ .word = "nomad", .name = "Nomad", .index = "NOMAD_ALLOC_INDEX" },
	{ .word = "gridengine",
	    .name = "Grid Engine array",
	    .index = "SGE_TASK_ID",
	    .min = "SGE_TASK_FIRST",
	    .max = "SGE_TASK_LAST",
	    .step = "SGE_TASK_STEPSIZE",
	    .base = 1 },
	{ .word = "pbs", .name = "PBS array", .index = "PBS_ARRAY_INDEX" },
	{ .word = "pbs", .name = "Torque array", .index = "PBS_ARRAYID" },
	{ .word = "awsbatch",
	    .name = "AWS Batch array",
	    .index = "AWS_BATCH_JOB_ARRAY_INDEX",
	    .count = "AWS_BATCH_JOB_ARRAY_SIZE" },
	{ .word = "mpi",
	    .name = "Open MPI",
	    .index = "OMPI_COMM_WORLD_RANK",
	    .count = "OMPI_COMM_WORLD_SIZE" },
	{ .word = "mpi",
	    .name = "MPI",
	    .index = "PMI_RANK",
	    .count = "PMI_SIZE",
	    .counted = true },
	/* a batch script has a SLURM_PROCID too, but is no step */
	{ .word = "mpi",
	    .name = "Slurm step",
	    .index = "SLURM_PROCID",
	    .count = "SLURM_STEP_NUM_TASKS",
	    .counted = true },
	{ .word = "htcondor",
	    .name = "HTCondor",
	    .index = "ProcId",
	    .count = "TotalSubmitProcs",
	    .ad = "_CONDOR_JOB_AD" },
	{ .word = NULL } };

struct values {
	const struct engine *engine;
	char index[32], count[32], min[32], max[32], step[32]; /* or "" */
};

/* HTCondor's file has lines such as: ProcId = 3 */
static void
from_ad(const char *path, const char *name, char *buf, size_t size)
{
	char line[1024], format[64];
	FILE *f = fopen(path, "re");
	int n = 0;

	if (f == NULL)
		return;
	snprintf(format, sizeof format, "%s = %%31[0-9]", name);
	while (n++ < AD_LINES && fgets(line, sizeof line, f) != NULL)
		if (size >= 32 && sscanf(line, format, buf) == 1)
			break;
	fclose(f);
}

static void
shard_auto_get(const struct engine *e, const char *name, char *buf, size_t size)
{
	const char *v;

	buf[0] = '\0';
	if (name == NULL)
		return;
	v = getenv(e->ad != NULL ? e->ad : name);
	if (v == NULL)
		return;
	if (e->ad != NULL)
		from_ad(v, name, buf, size);
	else if (strcmp(v, "undefined") != 0) /* Grid Engine's "no array" */
		snprintf(buf, size, "%s", v);
}

/* False if it says nothing. */
static bool
shard_auto_ask(const struct engine *e, struct values *v)
{
	*v = (struct values){ .engine = e };
	shard_auto_get(e, e->index, v->index, sizeof v->index);
	shard_auto_get(e, e->count, v->count, sizeof v->count);
	shard_auto_get(e, e->min, v->min, sizeof v->min);
	shard_auto_get(e, e->max, v->max, sizeof v->max);
	shard_auto_get(e, e->step, v->step, sizeof v->step);
	return v->index[0] != '\0' && !(e->counted && v->count[0] == '\0');
}

/* Leaves *n as it is where there is no text. */
static int
shard_auto_number(const char *name, const char *text, uint64_t *n, char *why,
    size_t size)
{
	if (text[0] == '\0' || number_whole(text, 0, INDEX_MAX, n) == 0)
		return 0;
	snprintf(why, size, "%s is '%s', which is no number of a task", name,
	    text);
	return -1;
}

/* How many tasks there are, if they are all there; 0: it is not said. */
static int
count_tasks(const struct values *v, uint64_t *n, char *why, size_t size)
{
	const struct engine *e = v->engine;
	uint64_t min = e->base, max = 0, step = 1;

	*n = 0;
	if (shard_auto_number(e->count, v->count, n, why, size) == -1 ||
	    shard_auto_number(e->min, v->min, &min, why, size) == -1 ||
	    shard_auto_number(e->max, v->max, &max, why, size) == -1 ||
	    shard_auto_number(e->step, v->step, &step, why, size) == -1)
		return -1;
	if (min != e->base)
		snprintf(why, size,
		    "%s is %" PRIu64 ": number the tasks from %" PRIu64
		    ", or give --shards",
		    e->min, min, e->base);
	else if (step != 1)
		snprintf(why, size,
		    "%s is %" PRIu64
		    ": number the tasks without gaps, or give --shards",
		    e->step, step);
	else if (*n > 0 && v->max[0] != '\0' && max - e->base + 1 != *n)
		snprintf(why, size,
		    "%s is %" PRIu64 " and %s is %" PRIu64
		    ": number the tasks without gaps, or give --shards",
		    e->count, *n, e->max, max);
	else {
		if (*n == 0 && v->max[0] != '\0')
			*n = max - e->base + 1;
		return 0;
	}
	return -1;
}

/* With --shards, some of the tasks may run alone; none beyond. */
static int
check_given(const struct values *v, uint64_t shards, char *why, size_t size)
{
	const struct engine *e = v->engine;
	uint64_t count = 0, max = 0;

	if (shard_auto_number(e->count, v->count, &count, why, size) == -1 ||
	    shard_auto_number(e->max, v->max, &max, why, size) == -1)
		return -1;
	if (count > shards) {
		snprintf(why, size, "%s is %" PRIu64 ", but --shards %" PRIu64,
		    e->count, count, shards);
		return -1;
	}
	if (v->max[0] != '\0' && max >= shards + e->base) {
		snprintf(why, size,
		    "%s is %" PRIu64 ": of %" PRIu64
		    " shards the last task is %" PRIu64,
		    e->max, max, shards, shards + e->base - 1);
		return -1;
	}
	return 0;
}

static void
shard_auto_say(struct shard_auto *a, const struct values *v)
{
	const struct engine *e = v->engine;

	snprintf(a->said, sizeof a->said, "%s: %s=%s%s%s%s%s%s%s", e->name,
	    e->index, v->index, v->count[0] != '\0' ? ", " : "",
	    v->count[0] != '\0' ? e->count : "", v->count[0] != '\0' ? "=" : "",
	    v->count,
	    v->max[0] != '\0' && v->count[0] == '\0' ? ", up to " : "",
	    v->max[0] != '\0' && v->count[0] == '\0' ? v->max : "");
}

static int
shard_auto_settle(struct shard_auto *a, const struct values *v, uint64_t shards,
    char *why, size_t size)
{
	const struct engine *e = v->engine;
	uint64_t index = 0;

	if (shard_auto_number(e->index, v->index, &index, why, size) == -1)
		return -1;
	if (shards == 0 && count_tasks(v, &a->shards, why, size) == -1)
		return -1;
	if (shards > 0 && check_given(v, shards, why, size) == -1)
		return -1;
	if (shards > 0)
		a->shards = shards;
	if (a->shards == 0) {
		snprintf(why, size,
		    "%s tells each task its number (%s), but not how many there are: give --shards",
		    e->name, e->index);
		return -1;
	}
	if (index < e->base || index - e->base >= a->shards) {
		snprintf(why, size,
		    "%s is %" PRIu64 ": of %" PRIu64
		    " shards the tasks are %" PRIu64 " to %" PRIu64,
		    e->index, index, a->shards, e->base,
		    a->shards + e->base - 1);
		return -1;
	}
	a->shard = index - e->base;
	shard_auto_say(a, v);
	return 0;
}

static void
none_found(const char *engine, char *why, size_t size)
{
	const struct engine *e;
	size_t at;
	bool first = true;

	at = snprintf(why, size, "nothing says which shard this is: ");
	for (e = engines; e->word != NULL && at < size; e++) {
		if (strcmp(engine, "auto") != 0 && strcmp(engine, e->word) != 0)
			continue;
		at += snprintf(why + at, size - at, "%s%s",
		    first ? "there is no " : ", ",
		    e->ad != NULL ? e->ad : e->index);
		first = false;
	}
}

int
shard_auto(struct shard_auto *a, const char *engine, uint64_t shards, char *why,
    size_t whysize)
{
	bool any = strcmp(engine, "auto") == 0, found = false;
	struct values v, first;
	const struct engine *e;

	*a = (struct shard_auto){ .shard = 0 };
	for (e = engines; e->word != NULL; e++) {
		if ((!any && strcmp(engine, e->word) != 0) ||
		    !shard_auto_ask(e, &v))
			continue;
		if (!found) {
			first = v;
			found = true;
		} else if (a->others[0] == '\0') {
			snprintf(a->others, sizeof a->others, "%s (%s=%s)",
			    e->name, e->index, v.index);
		}
	}
	if (found)
		return shard_auto_settle(a, &first, shards, why, whysize);
	none_found(engine, why, whysize);
	return -1;
}
