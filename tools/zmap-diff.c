/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-diff: what is new in one file of results, beside an older one, as a
 * stream of the targets that appeared, went and changed.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rights.h"
#include "cli/tool.h"
#include "filter/compare.h"
#include "recv/spool.h"
#include "scan/facts.h"

struct input {
	const char *name;
	struct stream_in *in;
	struct header header; /* the first */
	enum outcome outcome;
	unsigned char *end; /* the last */
	size_t end_size;
};

struct job {
	const char *keys, *fields, *spill;
	size_t memory;
	char *const *argv;
	struct input inputs[COMPARE_SIDES];
	struct compare *compare;
	struct sorter *sorter;
	struct stream_out *out;
};

/* --- options --- */

static void
diff_read_options(struct job *job, struct tool *t, int argc, char *argv[])
{
	const struct options *o = &t->options;
	int c;

	tool_begin(t, program_of(STAGE_DIFF), argc, argv);
	job->memory = option_standard(option_table, OPT_MEMORY).number;
	while ((c = tool_next(t)) != -1)
		switch (c) {
		case OPT_COMPARE:
			job->fields = o->arg;
			break;
		case OPT_KEYS:
			job->keys = o->arg;
			break;
		case OPT_MEMORY:
			job->memory = o->value.number;
			break;
		case OPT_SPILL_DIRECTORY:
			job->spill = o->arg;
			break;
		}
	if (argc - o->index != COMPARE_SIDES)
		errx(TOOL_MISUSED,
		    "two files are compared: zmap-diff old.cbor new.cbor");
	option_end(&t->options);
}

/* The two files, and the one that takes what memory does not hold. */
static void
open_files(struct job *job, char *const *names)
{
	const int *fds = tool_files(names);
	int file = spool_file(job->spill);
	struct input *i;
	size_t side;

	if (file == -1 && job->spill != NULL)
		err(EXIT_FAILURE, "%s", job->spill);
	if (fds[COMPARE_OLD] == fds[COMPARE_NEW])
		errx(TOOL_MISUSED, "stdin cannot be both files");
	for (side = 0; side < COMPARE_SIDES; side++) {
		i = &job->inputs[side];
		i->name = names[side];
		i->in = stream_in_new(fds[side], "results");
		if (i->in == NULL)
			err(EXIT_FAILURE, NULL);
	}
	job->sorter = sorter_new(job->memory, file);
	job->out = stream_out_new(STDOUT_FILENO);
	if (job->sorter == NULL || job->out == NULL)
		err(EXIT_FAILURE, NULL);
}

/* --- reading --- */

static void
read_first(struct input *i)
{
	struct stream_item item;
	int rc = stream_read(i->in, &item);

	if (rc == -1)
		errx(EXIT_FAILURE, "%s: %s", i->name, stream_error(i->in));
	if (rc == 0 || item.what != STREAM_HEADER)
		errx(EXIT_FAILURE, "%s: no stream", i->name);
	if (header_copy(&i->header, item.header) == -1)
		err(EXIT_FAILURE, NULL);
}

static void
begin_compare(struct job *job)
{
	const struct input *in = job->inputs;
	struct compare_error error;

	job->compare = compare_new(&in[COMPARE_OLD].header,
	    &in[COMPARE_NEW].header, job->keys, job->fields, &error);
	if (job->compare != NULL)
		return;
	if (error.lacks == COMPARE_SIDES)
		errx(TOOL_MISUSED, "%s", error.why);
	in += error.lacks;
	warnx("%s: %s", in->name, error.why);
	field_names(stderr, in->header.fields, in->header.nfields);
	exit(TOOL_MISUSED);
}

static void
diff_bind(struct job *job, enum compare_side side, const struct header *h)
{
	char why[256];

	if (compare_bind(job->compare, side, h, why, sizeof why) == -1)
		errx(TOOL_MISUSED, "%s: %s", job->inputs[side].name, why);
}

static void
diff_keep_end(struct input *i, const struct stream_item *item)
{
	i->outcome = outcome_worse(i->outcome, stream_end_outcome(item));
	free(i->end);
	i->end = malloc(item->size);
	if (i->end == NULL)
		err(EXIT_FAILURE, NULL);
	memcpy(i->end, item->bytes, item->size);
	i->end_size = item->size;
}

static void
diff_take_record(struct job *job, enum compare_side side,
    const struct stream_item *item)
{
	if (compare_put(job->compare, side, job->sorter, item->values,
		item->nvalues) == 0)
		return;
	if (errno == ENOBUFS)
		errx(EXIT_FAILURE,
		    "memory is full, and there is no file to go on in: give --spill-directory, or a larger --memory");
	err(EXIT_FAILURE, "%s", job->spill != NULL ? job->spill : "sorting");
}

static void
diff_read_rest(struct job *job, enum compare_side side)
{
	struct input *i = &job->inputs[side];
	struct stream_item item;
	int rc;

	diff_bind(job, side, &i->header);
	while ((rc = stream_read(i->in, &item)) == 1) {
		if (item.what == STREAM_HEADER)
			diff_bind(job, side, item.header);
		else if (item.what == STREAM_RECORD)
			diff_take_record(job, side, &item);
		else if (item.what == STREAM_END)
			diff_keep_end(i, &item);
	}
	if (rc == -1)
		errx(EXIT_FAILURE,
		    "%s: %s; what it lacks would look as if it had %s", i->name,
		    stream_error(i->in),
		    side == COMPARE_OLD ? "appeared" : "gone");
	if (i->outcome != OUTCOME_DONE)
		warnx(
		    "%s: the scan is %s: some of what it lacks may be there all the same",
		    i->name, outcome_name(i->outcome));
}

/* Is this key of the scan known of both, and not the same? */
static bool
scans_differ(const struct job *job, const char *key)
{
	const struct dict_entry *a, *b;

	a = dict_get(&job->inputs[COMPARE_OLD].header.scan, key);
	b = dict_get(&job->inputs[COMPARE_NEW].header.scan, key);
	return a != NULL && b != NULL &&
	    (a->size != b->size || memcmp(a->bytes, b->bytes, a->size) != 0);
}

/* Where the question was not the same, nor is the answer. */
static void
warn_of_scans(const struct job *job)
{
	static const struct {
		const char *key, *words;
	} rows[] = {
		{ "probe", "probe module" },
		{ "ports", "ports" },
		{ "lists", "targets" },
		{ "shard", "shard" },
		{ "shards", "number of shards" },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (scans_differ(job, rows[i].key)) {
			warnx(
			    "the scans are not of the same %s: what only one of them asked for appears or goes",
			    rows[i].words);
			return;
		}
}

/* --- writing --- */

static void
check_write(int rc)
{
	if (rc == -1)
		err(EXIT_FAILURE, "stdout");
}

static void
write_header(struct job *job)
{
	struct header *h = stream_derive(job->out,
	    &job->inputs[COMPARE_NEW].header, "results", job->argv);

	if (h == NULL ||
	    header_set_fields(h, compare_fields(job->compare)) == -1)
		err(EXIT_FAILURE, NULL);
	check_write(stream_header(job->out));
}

static void
write_changes(struct job *job)
{
	if (sorter_finish(job->sorter) == -1)
		err(EXIT_FAILURE, "sorting");
	while (compare_next(job->compare, job->sorter) == 1)
		check_write(compare_write(job->compare, job->out));
}

static enum outcome
diff_write_end(struct job *job)
{
	const struct input *in = job->inputs;
	const struct compare_counts *n = compare_count(job->compare);
	const struct counter counters[] = {
		counter_of(COUNT_DIFF_OLD, n->records[COMPARE_OLD]),
		counter_of(COUNT_DIFF_NEW, n->records[COMPARE_NEW]),
		counter_of(COUNT_DIFF_SAME, n->changes[COMPARE_SAME]),
		counter_of(COUNT_DIFF_APPEARED, n->changes[COMPARE_APPEARED]),
		counter_of(COUNT_DIFF_WENT, n->changes[COMPARE_WENT]),
		counter_of(COUNT_DIFF_CHANGED, n->changes[COMPARE_CHANGED]),
		counter_end(),
	};
	const struct stream_item before = { .what = STREAM_END,
		.bytes = in[COMPARE_NEW].end,
		.size = in[COMPARE_NEW].end_size };
	enum outcome outcome = outcome_worse(in[COMPARE_OLD].outcome,
	    in[COMPARE_NEW].outcome);

	check_write(stream_end(job->out, "diff", outcome, &before, counters));
	check_write(stream_flush(job->out));
	return outcome;
}

int
main(int argc, char *argv[])
{
	struct rights rights = { 0 };
	struct job job = { .argv = argv };
	enum compare_side side;
	enum outcome outcome;
	const char *why;
	struct tool t;
	int at;

	diff_read_options(&job, &t, argc, argv);
	at = t.options.index;
	tool_stream_out(STDOUT_FILENO, "pipe it to zmap-out");
	open_files(&job, argv + at);
	if (rights_drop(&rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
	for (side = 0; side < COMPARE_SIDES; side++)
		read_first(&job.inputs[side]);
	begin_compare(&job);
	for (side = 0; side < COMPARE_SIDES; side++)
		diff_read_rest(&job, side);
	warn_of_scans(&job);
	write_header(&job);
	write_changes(&job);
	outcome = diff_write_end(&job);
	sorter_free(job.sorter);
	compare_free(job.compare);
	stream_out_free(job.out);
	if (close(STDOUT_FILENO) == -1)
		err(EXIT_FAILURE, "stdout");
	return outcome;
}
