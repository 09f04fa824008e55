/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-merge: one stream of those of a scan's shards, each answer once, and
 * what is missing, with the command that completes it.
 */
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rights.h"
#include "cli/tool.h"
#include "tools/zmap-merge/job.h"

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

void __attribute__((noreturn, format(printf, 2, 3)))
merge_refuse(const char *name, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	errx(TOOL_MISUSED, "%s: %s", name, why);
}

void
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

void
merge_check_write(struct job *job, int rc)
{
	if (rc != -1)
		return;
	if (stream_out_error(job->out) == EPIPE)
		outcome_reader_gone();
	err(EXIT_FAILURE, "stdout");
}

void
merge_begin_output(struct job *job)
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

void
merge_write_values(struct job *job)
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

static enum outcome
end_output(struct job *job)
{
	enum outcome outcome = job->damaged ? OUTCOME_FAILED :
	    job->lost			    ? OUTCOME_INCOMPLETE :
					      OUTCOME_DONE;
	uint64_t complete = merge_tell_shards(job, &outcome);
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

/* --- the whole --- */

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
