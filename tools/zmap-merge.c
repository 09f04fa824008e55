/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-merge: one stream of those of a scan's shards, each answer once, and
 * what is missing, with the command that completes it.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rights.h"
#include "cli/again.h"
#include "cli/tool.h"
#include "formats/ends.h"
#include "recv/distinct.h"
#include "scan/together.h"
#include "stream/sums.h"

struct job {
	char *const *argv;
	struct distinct_config config;
	struct distinct *distinct;
	struct together all;
	struct stream_out *out;
	struct shards shards;
	char **commands; /* for each shard that is not complete, or NULL */
	struct sums *sums;
	uint64_t in, written, cut;
	bool damaged, lost;

	/* Of the run that is being read: */
	struct shards_run run;
	bool running;
	size_t from[FIELD_MAX]; /* where the fields of all are in it */
	bool same;		/* they are at the same places */
	size_t repeat;		/* where all has this field */
	struct value values[FIELD_MAX];
};

/* --- options and files --- */

static void
merge_read_options(struct job *job, struct tool *t, int argc, char *argv[])
{
	const struct options *o = &t->options;
	int c;

	tool_begin(t, program_of(STAGE_MERGE), argc, argv);
	job->config.window =
	    option_standard(option_table, OPT_DEDUP_WINDOW_SIZE).number;
	while ((c = tool_next(t)) != -1)
		switch (c) {
		case OPT_DEDUP_BY:
			job->config.by_responder = strcmp(o->arg,
						       "responder") == 0;
			break;
		case OPT_DEDUP_METHOD:
			job->config.method = dedup_method_parse(o->arg);
			break;
		case OPT_DEDUP_WINDOW_SIZE:
			job->config.window = o->value.number;
			break;
		}
	option_end(&t->options);
}

/* A scan may have more shards than a program has files, as a rule. */
static void
allow_files(size_t n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || n + 16 < limit.rlim_cur)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* --- are they of one scan? --- */

static void __attribute__((noreturn, format(printf, 2, 3)))
merge_refuse(const char *name, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	errx(TOOL_MISUSED, "%s: %s", name, why);
}

static void
merge_learn(struct job *job, const char *name, const struct header *h)
{
	char why[256];

	if (together_take(&job->all, name, h, why, sizeof why) == -1)
		merge_refuse(name, "%s", why);
	if (job->commands != NULL)
		return;
	job->shards.count = job->all.facts.count;
	job->shards.shards = job->all.facts.shards;
	job->commands = calloc(job->all.facts.shards, sizeof *job->commands);
	if (job->commands == NULL)
		err(EXIT_FAILURE, NULL);
}

/*
 * The first header of each file that can be read again: what is not of the
 * same scan is refused before anything is written.
 */
static void
look_ahead(struct job *job, const int *fds, char *const *names)
{
	struct stream_item item;
	struct stream_in *in;
	off_t at;

	for (size_t i = 0; fds[i] != -1; i++) {
		at = lseek(fds[i], 0, SEEK_CUR);
		if (at == -1)
			continue;
		in = stream_in_new(fds[i], "results");
		if (in == NULL)
			err(EXIT_FAILURE, NULL);
		if (stream_read(in, &item) == 1)
			merge_learn(job, names[i], item.header);
		else if (!stream_cut(in))
			errx(EXIT_FAILURE, "%s: %s", names[i],
			    stream_error(in));
		stream_in_free(in);
		if (lseek(fds[i], at, SEEK_SET) == -1)
			err(EXIT_FAILURE, "%s", names[i]);
	}
}

/* --- writing --- */

static void
merge_check_write(struct job *job, int rc)
{
	if (rc != -1)
		return;
	if (stream_out_error(job->out) == EPIPE)
		outcome_reader_gone();
	err(EXIT_FAILURE, "stdout");
}

static void
begin_output(struct job *job)
{
	struct header *h = stream_derive(job->out, &job->all.header, "results",
	    job->argv);
	size_t i;

	if (h == NULL || together_describe(&job->all, h) == -1)
		err(EXIT_FAILURE, NULL);
	merge_check_write(job, stream_header(job->out));
	for (i = 0; i < job->all.header.nfields; i++)
		if (strcmp(job->all.header.fields[i].name, "repeat") == 0)
			break;
	job->repeat = i;
	job->config.one_port = !(job->all.facts.has & FACT_PORTS) ||
	    ranges_count(&job->all.facts.ports) <= 1;
	job->distinct = distinct_new(&job->config);
	job->sums = sums_new();
	if (job->distinct == NULL || job->sums == NULL)
		err(EXIT_FAILURE, NULL);
}

/* A record with the fields of all. */
static void
write_values(struct job *job)
{
	size_t i, n = job->all.header.nfields, room = 16 + 16 * n;
	struct encoder e;

	for (i = 0; i < n; i++)
		room += job->values[i].size;
	e = stream_begin(job->out,
	    room < STREAM_ITEM_MAX ? room : STREAM_ITEM_MAX);
	encode_array(&e, n);
	for (i = 0; i < n; i++)
		value_encode(&e, &job->values[i]);
	merge_check_write(job, stream_commit(job->out, &e, STREAM_RECORD));
}

/* --- reading --- */

static void
bind_fields(struct job *job, const char *name, const struct header *h)
{
	const char *lacks;
	size_t i, k;

	if (distinct_bind(job->distinct, h, &lacks) == -1)
		merge_refuse(name,
		    "its records have no field '%s', by which answers are told apart; keep it, or join all with --dedup-method none",
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
		begin_output(job);
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
	write_values(job);
}

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
	const char *counter;

	if (stream_end_outcome(end) == OUTCOME_INCOMPLETE)
		return true;
	for (size_t i = 0; i < ENDS_LOSSES; i++) {
		counter = ends_losses[i].counter;
		if (strcmp(counter, "left") != 0 &&
		    strcmp(counter, "unread") != 0 &&
		    ends_count(end, ends_losses[i].stage, counter) > 0)
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

	if (!ends_has(end, "send") || ends_count(end, "send", "left") > 0)
		return false;
	if (outcome == OUTCOME_INTERRUPTED)
		return ends_outcome(end, "send") == OUTCOME_DONE &&
		    ends_count(end, "recv", "waited") == 1;
	return outcome == OUTCOME_DONE || outcome == OUTCOME_INCOMPLETE;
}

static void
take_end(struct job *job, const struct stream_item *item)
{
	struct shards_run *run = &job->run;
	uint64_t position = ends_count(item, "send", "position");

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

static void
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

/* --- what is missing --- */

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

/* The command of another shard, for one of which there is nothing to go on. */
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

/* Shards that are complete; *outcome gets what the others make of it. */
static uint64_t
tell_shards(struct job *job, enum outcome *outcome)
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

static enum outcome
end_output(struct job *job)
{
	enum outcome outcome = job->damaged ? OUTCOME_FAILED :
	    job->lost			    ? OUTCOME_INCOMPLETE :
					      OUTCOME_DONE;
	uint64_t complete = tell_shards(job, &outcome);
	const struct counter counters[] = {
		counter_of(COUNT_MERGE_IN, job->in),
		counter_of(COUNT_MERGE_OUT, job->written),
		counter_of(COUNT_MERGE_REPEATS, job->in - job->written),
		counter_of(COUNT_MERGE_RUNS, job->shards.nruns),
		counter_of(COUNT_MERGE_CUT, job->cut),
		counter_of(COUNT_MERGE_SHARDS, job->all.facts.shards),
		counter_of(COUNT_MERGE_COMPLETE, complete),
		counter_end(),
	};
	const struct stream_item before = sums_end(job->sums, outcome);

	merge_check_write(job,
	    stream_end(job->out, "merge", outcome,
		before.size > 0 ? &before : NULL, counters));
	merge_check_write(job, stream_flush(job->out));
	return outcome;
}

static void
job_free(struct job *job)
{
	for (uint64_t i = 0; i < job->all.facts.shards; i++)
		free(job->commands[i]);
	free(job->commands);
	shards_free(&job->shards);
	sums_free(job->sums);
	distinct_free(job->distinct);
	together_free(&job->all);
	stream_out_free(job->out);
}

int
main(int argc, char *argv[])
{
	static struct job job;
	static char *const only_stdin[] = { "-", NULL };
	struct rights rights = { 0 };
	enum outcome outcome;
	char *const *names;
	const char *why;
	struct tool t;
	int *fds;

	job.argv = argv;
	merge_read_options(&job, &t, argc, argv);
	names = t.options.index < argc ? argv + t.options.index : only_stdin;
	tool_stream_out(STDOUT_FILENO, "pipe it to zmap-out");
	allow_files((size_t)argc);
	fds = tool_files(names);
	job.out = stream_out_new(STDOUT_FILENO);
	if (job.out == NULL ||
	    getrandom(job.config.seed, sizeof job.config.seed, 0) == -1)
		err(EXIT_FAILURE, NULL);
	tool_ignore_interrupts();
	if (rights_drop(&rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
	look_ahead(&job, fds, names);
	for (size_t i = 0; fds[i] != -1; i++)
		merge_read_file(&job, fds[i], names[i]);
	if (job.distinct == NULL)
		errx(EXIT_FAILURE, "no file has a whole header");
	outcome = end_output(&job);
	job_free(&job);
	free(fds);
	if (close(STDOUT_FILENO) == -1)
		err(EXIT_FAILURE, "stdout");
	return outcome;
}
