/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-out: prints the records of a stream, in the format and with the fields
 * that are asked for.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/rights.h"
#include "scan/facts.h"
#include "stream/handshake.h"
#include "tools/zmap-out/job.h"

/* --- callbacks of the stage --- */

static int
out_failed(struct loop *s, const char *why)
{
	snprintf(s->why, sizeof s->why, "%s", why);
	return -1;
}

static int
misused(struct loop *s, const char *why)
{
	s->outcome = OUTCOME_MISUSED;
	return out_failed(s, why);
}

/* A callback of the format came back: rc, or -1 if writing failed. */
static int
out_check(struct loop *s, int rc)
{
	struct job *job = s->ctx;

	if (job->output.error == EPIPE) {
		s->reader_gone = true;
		return -1;
	}
	if (job->output.error != 0) {
		snprintf(s->why, sizeof s->why, "%s: %s", job->path,
		    strerror(job->output.error));
		return -1;
	}
	if (rc == -1 && job->state.misused)
		return misused(s, job->state.why);
	return rc == -1 ? out_failed(s, job->state.why) : rc;
}

/*
 * The output is held in memory until the scan is accepted: only then may it
 * take the place of what an earlier one has left in the file.
 */
static int
take_over(struct loop *s)
{
	struct job *job = s->ctx;

	if (job->file.taken || !handshake_accepted(s->item))
		return 0;
	if (outfile_take(&job->file) == -1) {
		snprintf(s->why, sizeof s->why, "%s: %s", job->path,
		    strerror(errno));
		return -1;
	}
	job->output.fd = job->file.fd;
	return 0;
}

/* The columns, before the first segment is known. */
static int
out_choose(struct job *job, const struct header *h, char *why, size_t size)
{
	const char *spec = job->config.fields;

	if (spec == NULL)
		spec = job->format->fields;
	if (spec == NULL)
		spec = format_many_ports(h) ? "saddr,sport" : "saddr";
	if (columns_parse(&job->columns, spec, job->format->template, why,
		size) == -1)
		return -1;
	job->columns.stored = job->format->stored;
	return 0;
}

/*
 * What the format has begun its output with is how the file begins, which has
 * it already.
 */
static int
continue_older(struct loop *s)
{
	struct job *job = s->ctx;
	struct output *o = &job->output;
	unsigned char *begin;
	bool same;

	if (job->older == -1 || job->format->appends != FORMAT_LINES ||
	    o->len == 0)
		return 0;
	begin = malloc(o->len);
	if (begin == NULL)
		return out_failed(s, strerror(errno));
	same = pread(job->older, begin, o->len, 0) == (ssize_t)o->len &&
	    memcmp(begin, o->buf, o->len) == 0;
	free(begin);
	o->len = 0;
	if (same)
		return 0;
	snprintf(s->why, sizeof s->why,
	    "%s: holds other columns: append the same, or write to another file",
	    job->path);
	s->outcome = OUTCOME_MISUSED;
	return -1;
}

static int
header(struct loop *s, struct header *h)
{
	struct job *job = s->ctx;
	const struct format *format = job->format;
	bool first = !job->bound;
	const char *missing = "";
	char why[256];
	int rc;

	job->bound = true;
	job->state.header = h;
	job->state.item = s->item;
	if (job->config.fields != NULL || !format->whole) {
		if (first && out_choose(job, h, why, sizeof why) == -1)
			return misused(s, why);
		rc = columns_bind(&job->columns, h, first, &missing, why,
		    sizeof why);
		if (rc == -1) {
			warnx("%s", why);
			if (h->nfields > 0)
				field_names(stderr, h->fields, h->nfields);
			return misused(s, "");
		}
		if (rc > 0)
			log_say(job->log, LOG_LEVEL_WARN,
			    "a later part of the input has no field '%s'%s: printed as null",
			    missing, rc > 1 ? " and others" : "");
		job->state.columns = &job->columns;
	}
	if (first)
		rc = format->open == NULL ? 0 : format->open(&job->state);
	else
		rc = format->segment == NULL ? 0 : format->segment(&job->state);
	rc = out_check(s, rc);
	return rc == 0 && first ? continue_older(s) : rc;
}

static int
record(struct loop *s, const struct stream_item *item)
{
	struct job *job = s->ctx;
	int rc;

	if (take_over(s) == -1)
		return -1;
	rc = out_check(s, job->format->record(&job->state, item));
	if (rc == 0 && job->left_out++ == 0)
		memcpy(job->missing, job->state.why, sizeof job->missing);
	if (rc == 1 && ++job->written == job->max)
		s->done = true;
	return rc;
}

static int
event(struct loop *s, const struct stream_item *item)
{
	struct job *job = s->ctx;

	if (take_over(s) == -1)
		return -1;
	if (job->format->event == NULL)
		return 0;
	return out_check(s, job->format->event(&job->state, item));
}

static int
idle(struct loop *s)
{
	struct job *job = s->ctx;
	int rc = 0;

	if (job->format->idle != NULL && job->bound)
		rc = job->format->idle(&job->state);
	output_flush(&job->output);
	return out_check(s, rc);
}

/* --- the whole --- */

static int
list_header(struct loop *s, struct header *h)
{
	struct field_ref ref;
	const char *help;
	size_t i;

	for (i = 0; field_at(h->fields, h->nfields, i, &ref, &help) == 0; i++)
		printf("%-15s %6s: %s\n", ref.name,
		    field_type_zmap_name(ref.type), help);
	s->done = true;
	return 0;
}

/* Except those that the format has asked for. */
static void
give_up_rights(const struct job *job)
{
	const char *why;

	if (rights_drop(&job->state.rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
}

int
main(int argc, char *argv[])
{
	static struct job job; /* large */
	struct loop stage = { .name = "out",
		.argv = argv,
		.ctx = &job,
		.header = header,
		.record = record,
		.event = event,
		.idle = idle,
		.finish = out_finish };
	struct status status;
	enum outcome outcome;
	struct tool t;
	int *files;

	job.config.argv = argv;
	job.log = &t.log;
	out_read_options(&job, &t, argc, argv);
	out_check_fields(&job);
	stage.files = argv + t.options.index;
	files = tool_files(stage.files);
	stage.in = stream_in_new(files[0], NULL);
	if (stage.in == NULL)
		err(EXIT_FAILURE, NULL);
	stream_files(stage.in, files);
	if (job.listing) {
		stage.header = list_header;
		give_up_rights(&job);
		outcome = loop_run(&stage);
		if (stage.why[0] != '\0')
			errx(outcome, "%s", stage.why);
		tool_close_stdout();
		return outcome;
	}
	out_prepare_append(&job);
	out_open(&job, files);
	if (job.format->prepare != NULL &&
	    job.format->prepare(&job.state) == -1)
		errx(job.state.misused ? TOOL_MISUSED : EXIT_FAILURE, "%s",
		    job.state.why);
	tzset(); /* reads a file, which is not possible later */
	tool_ignore_interrupts();
	give_up_rights(&job);
	status_open(&status, t.status_fd, stage.name);
	stage.status = &status;
	stage.identify = facts_identify;
	stage.to_stdout = job.file.fd == STDOUT_FILENO;
	outcome = loop_run(&stage);
	stream_in_free(stage.in);
	free(files);
	return outcome;
}
