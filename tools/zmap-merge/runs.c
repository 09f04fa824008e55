/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: each file has one run of a shard, or several; see job.h. */
#include "tools/zmap-merge/job.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/again.h"
#include "formats/ends.h"

/* --- begin of a run --- */

static void
bind_fields(struct job *job, const char *name, const struct header *h)
{
	const char *lacks;
	size_t i, k;

	if (distinct_bind(job->distinct, h, &lacks) == -1)
		merge_refuse(name,
		    "its records have no field '%s', which tells answers apart; keep it, or join all with --dedup-method none",
		    lacks);
	job->same = h->nfields == job->all.header.nfields;
	for (i = 0; i < job->all.header.nfields; i++) {
		for (k = 0; k < h->nfields; k++)
			if (strcmp(h->fields[k].name,
				job->all.header.fields[i].name) == 0)
				break;
		job->from[i] = k < h->nfields ? k : SIZE_MAX;
		job->same = job->same && k == i;
	}
}

static void
begin_run(struct job *job, const char *name, const struct header *h)
{
	size_t known = job->all.header.nfields;
	char why[256];
	struct facts f;

	merge_learn(job, name, h);
	if (job->distinct == NULL)
		merge_begin_output(job);
	else if (job->all.header.nfields > known)
		merge_refuse(name,
		    "its field '%s' comes too late: name a file first that begins with it",
		    job->all.header.fields[known].name);
	bind_fields(job, name, h);
	if (together_facts(&f, h, why, sizeof why) == -1)
		merge_refuse(name, "%s", why);
	job->run = (struct shards_run){ .shard = f.shard,
		.begin = f.position,
		.reached = f.position,
		.cut = true,
		.outcome = OUTCOME_FAILED };
	job->running = true;
	facts_free(&f);
}

/* --- records --- */

static void
merge_take_record(struct job *job, const struct stream_item *item)
{
	int seen = distinct_seen(job->distinct, item->values, item->nvalues);
	struct value *v = job->values;
	size_t i, at;

	job->in++;
	if (seen == -1)
		errx(EXIT_FAILURE,
		    "memory is full: --dedup-method window takes less");
	if (seen == 1)
		return;
	for (i = 0; i < job->all.header.nfields; i++) {
		at = job->from[i];
		v[i] = at < item->nvalues ?
		    item->values[at] :
		    (struct value){ .type = VALUE_NULL };
	}
	job->written++;
	if (job->config.method != DEDUP_NONE &&
	    job->repeat < job->all.header.nfields &&
	    v[job->repeat].type == VALUE_BOOL && v[job->repeat].number == 1)
		v[job->repeat] = value_bool(false);
	else if (job->same && item->nvalues == job->all.header.nfields) {
		merge_check_write(job, stream_pass(job->out, item));
		return;
	}
	merge_write_values(job);
}

/* --- how far it came --- */

static void
take_event(struct job *job, const struct stream_item *item)
{
	uint64_t position;

	if (stream_event_has(item, "stage", "send") &&
	    stream_event_uint(item, "position", &position) == 0 &&
	    position > job->run.reached)
		job->run.reached = position;
}

/*
 * Was anything lost, whatever else has become of the run?  What it did not
 * reach, or did not read when it was hurried, the next one asks for again.
 */
static bool
end_has_losses(const struct stream_item *end)
{
	enum counter_id counter;

	if (stream_end_outcome(end) == OUTCOME_INCOMPLETE)
		return true;
	for (size_t i = 0; i < ENDS_LOSSES; i++) {
		counter = ends_losses[i].counter;
		if (counter != COUNT_SEND_LEFT &&
		    counter != COUNT_RECV_UNREAD &&
		    ends_count(end, counter) > 0)
			return true;
	}
	return false;
}

/*
 * Did the run go through to the end of its shard?  Also if it was told to stop
 * when nothing was left but to wait for answers, and did wait.
 */
static bool
end_is_last(const struct stream_item *end)
{
	enum outcome outcome = stream_end_outcome(end);

	if (!ends_has(end, "send") || ends_count(end, COUNT_SEND_LEFT) > 0)
		return false;
	if (outcome == OUTCOME_INTERRUPTED)
		return ends_outcome(end, "send") == OUTCOME_DONE &&
		    ends_count(end, COUNT_RECV_WAITED) == 1;
	return outcome == OUTCOME_DONE || outcome == OUTCOME_INCOMPLETE;
}

static void
take_end(struct job *job, const struct stream_item *item)
{
	struct shards_run *run = &job->run;
	uint64_t position = ends_count(item, COUNT_SEND_POSITION);

	run->cut = false;
	run->outcome = stream_end_outcome(item);
	if (position > run->reached)
		run->reached = position;
	run->ended = end_is_last(item);
	job->lost = job->lost || end_has_losses(item);
	sums_add(job->sums, item);
}

/* How to go on with the shard of this run, unless another one does it. */
static void
keep_command(struct job *job, const struct header *h)
{
	const struct shards_run *run = &job->run;
	struct again again = { .shard = run->shard,
		.shards = job->all.facts.shards,
		.seed = job->all.facts.seed,
		.has_seed = job->all.facts.has & FACT_SEED,
		.goes_on = again_can_go_on(h) };
	char **text = &job->commands[run->shard];
	size_t size;
	FILE *f;

	free(*text);
	*text = NULL;
	if (run->ended)
		return;
	f = open_memstream(text, &size);
	if (f == NULL)
		err(EXIT_FAILURE, NULL);
	if (again_print(f, h, &again) == -1)
		rewind(f);
	if (fclose(f) == EOF)
		err(EXIT_FAILURE, NULL);
}

static void
merge_end_run(struct job *job, const struct header *h)
{
	if (!job->running)
		return;
	job->running = false;
	job->cut += job->run.cut;
	keep_command(job, h);
	if (shards_add(&job->shards, &job->run) == -1)
		err(EXIT_FAILURE, NULL);
}

/* --- a file --- */

static void
take(struct job *job, const char *name, const struct stream_item *item)
{
	switch (item->what) {
	case STREAM_HEADER:
		begin_run(job, name, item->header);
		break;
	case STREAM_RECORD:
		merge_take_record(job, item);
		break;
	case STREAM_EVENT:
		take_event(job, item);
		break;
	case STREAM_END:
		take_end(job, item);
		merge_end_run(job, item->header);
		break;
	}
}

void
merge_read_file(struct job *job, int fd, const char *name)
{
	struct stream_in *in = stream_in_new(fd, "results");
	struct stream_item item, last = { .header = NULL };
	uint64_t before = job->in;
	int rc;

	if (in == NULL)
		err(EXIT_FAILURE, NULL);
	while ((rc = stream_read(in, &item)) == 1) {
		take(job, name, &item);
		last = item;
	}
	if (rc == -1) {
		job->damaged = job->damaged || !stream_cut(in);
		warnx("%s: %s; %" PRIu64 " whole records of it are taken", name,
		    stream_error(in), job->in - before);
	}
	if (last.header != NULL)
		merge_end_run(job, last.header);
	stream_in_free(in);
}
