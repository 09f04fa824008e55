/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-filter: passes on the records for which an expression is true, byte
 * for byte, and everything else of the stream with them.  With --aliased, it
 * first gives them a field that names the aliased prefix they are from.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr/aliases.h"
#include "base/log.h"
#include "base/rights.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "filter/filter.h"
#include "scan/facts.h"
#include "stream/loop.h"

#define FIELD "aliased"

/* A list of prefixes, opened with all rights and read without them. */
struct prefix_list {
	const char *name;
	int fd;
	bool aliased;
};

struct job {
	struct filter *filter;
	const char *text;

	struct prefix_list *lists;
	size_t nlists; /* 0: no field is added */
	struct aliases aliases;
	size_t saddr, at; /* where the fields are */
	/* of the record, with the field */
	struct value values[FIELD_MAX + 1];
	char prefix[ALIASES_TEXT];
};

static void
filter_complain(const char *text, const struct expr_error *error,
    const struct header *h)
{
	char carets[256];

	warnx("%s", error->why);
	if (filter_carets(text, error, carets, sizeof carets) == 0)
		fprintf(stderr, "%s\n", carets);
	if (h != NULL && h->nfields > 0)
		field_names(stderr, h->fields, h->nfields);
}

/* --- the field --- */

static void
open_list(struct job *job, const char *name, bool aliased)
{
	struct prefix_list l = { name, STDIN_FILENO, aliased };

	if (strcmp(name, "-") == 0)
		errx(TOOL_MISUSED,
		    "stdin is for results: name a file of prefixes");
	l.fd = open(name, O_RDONLY | O_CLOEXEC);
	if (l.fd == -1)
		err(EXIT_FAILURE, "%s", name);
	job->lists = reallocarray(job->lists, job->nlists + 1, sizeof l);
	if (job->lists == NULL)
		err(EXIT_FAILURE, NULL);
	job->lists[job->nlists++] = l;
}

static void
filter_read_lists(struct job *job)
{
	const struct prefix_list *l;
	char why[1024];

	for (size_t i = 0; i < job->nlists; i++) {
		l = &job->lists[i];
		if (aliases_read(&job->aliases, l->name, l->fd, l->aliased, why,
			sizeof why) == -1)
			errx(EXIT_FAILURE, "%s", why);
	}
	if (aliases_ready(&job->aliases) == -1)
		err(EXIT_FAILURE, NULL);
}

static size_t
find_field(const struct header *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->nfields; i++)
		if (strcmp(h->fields[i].name, name) == 0)
			break;
	return i;
}

/* Where the field is, or behind the others: how the records will look. */
static int
filter_add_field(struct loop *s, struct header *h)
{
	static const struct field field = { FIELD, FIELD_TEXT,
		"aliased prefix that saddr is in" };
	struct job *job = s->ctx;

	job->saddr = find_field(h, "saddr");
	job->at = find_field(h, FIELD);
	if (job->saddr == h->nfields ||
	    h->fields[job->saddr].type != FIELD_IP || job->at == FIELD_MAX) {
		snprintf(s->why, sizeof s->why,
		    job->at == FIELD_MAX ?
			"--aliased: the records have too many fields" :
			"--aliased: the records have no addresses in a field saddr");
		return -1;
	}
	if (job->at < h->nfields || header_add_field(h, &field) == 0)
		return 0;
	snprintf(s->why, sizeof s->why, "%s", strerror(ENOMEM));
	return -1;
}

/* A record of as many values as there are fields, this one among them. */
static void
tag(struct job *job, const struct stream_item *item)
{
	const size_t fields = item->header->nfields;
	const struct value *address;
	size_t n = item->nvalues < fields ? item->nvalues : fields;
	struct value *v = job->values;

	memset(v, 0, (fields + 1) * sizeof *v);
	memcpy(v, item->values, n * sizeof *v);
	v[job->at] = (struct value){ .type = VALUE_NULL };
	address = &v[job->saddr];
	if (address->type != VALUE_BYTES)
		return;
	n = aliases_find(&job->aliases, address->bytes, address->size,
	    job->prefix);
	if (n > 0)
		v[job->at] = (struct value){ .type = VALUE_TEXT,
			.bytes = (const unsigned char *)job->prefix,
			.size = n };
}

static size_t
tagged(const struct job *job, const struct stream_item *item)
{
	const size_t fields = item->header->nfields;

	return job->at < fields ? fields : fields + 1;
}

static int
write_tagged(struct loop *s, const struct stream_item *item)
{
	const struct job *job = s->ctx;
	size_t n = tagged(job, item), i, room = ALIASES_TEXT + 16 * (n + 1);
	struct encoder e;

	for (i = 0; i < n; i++)
		room += job->values[i].size;
	if (room > STREAM_ITEM_MAX)
		room = STREAM_ITEM_MAX;
	e = stream_begin(s->out, room);
	encode_array(&e, n);
	for (i = 0; i < n; i++)
		value_encode(&e, &job->values[i]);
	return stream_commit(s->out, &e, STREAM_RECORD);
}

/* --- the stage --- */

static int
header(struct loop *s, struct header *h)
{
	struct job *job = s->ctx;
	struct expr_error error;

	if (job->nlists > 0 && filter_add_field(s, h) == -1) {
		s->outcome = OUTCOME_MISUSED;
		return -1;
	}
	if (filter_bind(job->filter, h->fields, h->nfields, &error) == 0)
		return 0;
	filter_complain(job->text, &error, h);
	s->outcome = OUTCOME_MISUSED;
	return -1;
}

static int
record(struct loop *s, const struct stream_item *item)
{
	struct job *job = s->ctx;

	if (job->nlists == 0)
		return filter_match(job->filter, item->values, item->nvalues);
	tag(job, item);
	return filter_match(job->filter, job->values, tagged(job, item));
}

static void
filter_parse_args(struct job *job, struct tool *t, int argc, char *argv[])
{
	bool any = false;
	int c;

	tool_begin(t, program_of(STAGE_FILTER), argc, argv);
	while ((c = tool_next(t)) != -1)
		if (c == OPT_ALIASED || c == OPT_NON_ALIASED) {
			open_list(job, t->options.arg, c == OPT_ALIASED);
			any = any || c == OPT_ALIASED;
		}
	if (job->nlists > 0 && !any)
		errx(TOOL_MISUSED,
		    "--non-aliased lists exceptions: give the prefixes that are aliased by --aliased");
}

/* The first operand; the others are files. */
static const char *
expression(char *const *operands)
{
	if (operands[0] == NULL)
		errx(TOOL_MISUSED,
		    "no expression; such as: zmap-filter 'success && !repeat'");
	if (operands[1] != NULL && strspn(operands[1], "=!<>&|~") > 0)
		errx(TOOL_MISUSED,
		    "%s: an operator, where a file is expected: quote the expression, as in zmap-filter 'success && !repeat'",
		    operands[1]);
	return operands[0];
}

int
main(int argc, char *argv[])
{
	struct rights rights = { 0 };
	struct expr_error error;
	struct status status;
	struct tool t;
	static struct job job;
	struct loop stage = { .name = "filter",
		.argv = argv,
		.ctx = &job,
		.header = header,
		.record = record,
		.status = &status,
		.identify = facts_identify,
		.to_stdout = true };
	enum outcome outcome;
	const char *why;
	int at, *files;

	filter_parse_args(&job, &t, argc, argv);
	at = t.options.index;
	option_end(&t.options);
	job.text = expression(argv + at);
	job.filter = filter_new(job.text, &error);
	if (job.filter == NULL) {
		filter_complain(job.text, &error, NULL);
		return TOOL_MISUSED;
	}
	stage.files = argv + at + 1;
	files = tool_files(stage.files);
	tool_stream_out(STDOUT_FILENO, "pipe it to zmap-out");
	tool_ignore_interrupts();
	if (rights_drop(&rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
	filter_read_lists(&job);
	if (job.nlists > 0)
		stage.write = write_tagged;
	status_open(&status, t.status_fd, stage.name);
	stage.in = stream_in_new(STDIN_FILENO, NULL);
	if (stage.in != NULL)
		stream_files(stage.in, files);
	stage.out = stream_out_new(STDOUT_FILENO);
	if (stage.in == NULL || stage.out == NULL)
		err(EXIT_FAILURE, NULL);
	outcome = loop_run(&stage);
	if (stage.why[0] != '\0')
		warnx("%s", stage.why);
	stream_in_free(stage.in);
	free(files);
	stream_out_free(stage.out);
	filter_free(job.filter);
	aliases_free(&job.aliases);
	free(job.lists);
	if (close(STDOUT_FILENO) == -1)
		err(EXIT_FAILURE, "stdout");
	return outcome;
}
