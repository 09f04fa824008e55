/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-out: prints the records of a stream, in the format and with the fields
 * that are asked for.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/outfile.h"
#include "base/paths.h"
#include "cli/suggest.h"
#include "cli/tool.h"
#include "formats/append.h"
#include "formats/format.h"
#include "scan/facts.h"
#include "stream/handshake.h"
#include "stream/loop.h"

#define DEFAULT_FORMAT "csv"

struct job {
	const struct format *format;
	struct format_config config;
	struct format_state state;
	struct output output;
	struct columns columns;
	const char *path; /* of the output */
	struct outfile file;
	uint64_t max; /* results; 0: any number */
	uint64_t written, left_out;
	bool listing;	   /* --list-output-fields */
	bool bound;	   /* a header was seen */
	bool append;	   /* behind what the file holds */
	int older;	   /* that file, to be read; or -1 */
	char missing[256]; /* why the first was left out */
	const struct log *log;
};

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

/* --- listings --- */

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

static void
list_formats(void)
{
	const struct format *const *f;

	for (f = format_table; *f != NULL; f++)
		printf("%-10s %s\n", (*f)->name, (*f)->help);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

/* --- options --- */

/* The program beside this one, or where it is installed, instead of us. */
static void __attribute__((noreturn)) become(const char *name, char *argv[])
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		snprintf(path, sizeof path, "%s/libexec/%s", self, name);
		execv(path, argv);
	}
	snprintf(path, sizeof path, "%s/%s", LIBEXECDIR, name);
	execv(path, argv);
	err(EXIT_FAILURE, "%s", path);
}

static void __attribute__((noreturn)) unknown_format(const char *name)
{
	const struct format *const *f;
	const char *near;
	char names[256];
	size_t at = 0, len = 0;

	for (f = format_table; *f != NULL && at < sizeof names; f++)
		at += snprintf(names + at, sizeof names - at, "%s ",
		    (*f)->name);
	near = suggest_word(names, name, &len);
	if (near != NULL)
		errx(TOOL_MISUSED,
		    "unknown output format '%s'; did you mean %.*s?", name,
		    (int)len, near);
	errx(TOOL_MISUSED,
	    strchr(name, '/') != NULL ?
		"unknown output format '%s'; a program of your own is --stage out=PROGRAM" :
		"unknown output format '%s'; --list-output-modules lists them",
	    name);
}

static void
out_read_options(struct job *job, struct tool *t, int argc, char *argv[])
{
	const struct options *o = &t->options;
	const char *name = NULL;
	bool header_row = true;
	int c;

	tool_begin(t, program_of(STAGE_OUT), argc, argv);
	while ((c = tool_next(t)) != -1)
		switch (c) {
		case OPT_APPEND:
			job->append = true;
			break;
		case OPT_LIST_OUTPUT_FIELDS:
			job->listing = true;
			break;
		case OPT_LIST_OUTPUT_MODULES:
			list_formats();
			break;
		case OPT_MAX_RESULTS:
			job->max = o->value.number;
			break;
		case OPT_NO_HEADER_ROW:
			header_row = false;
			break;
		case OPT_OUTPUT_ARGS:
			job->config.args = o->arg;
			break;
		case OPT_OUTPUT_FIELDS:
			job->config.fields = o->arg;
			break;
		case OPT_OUTPUT_FILE:
			job->path = strcmp(o->arg, "-") == 0 ? NULL : o->arg;
			job->config.path = job->path;
			break;
		case OPT_OUTPUT_MODULE:
			name = o->arg;
			break;
		}
	option_end(&t->options);
	job->format = format_lookup(name != NULL ? name : DEFAULT_FORMAT);
	if (job->format == NULL)
		unknown_format(name);
	if (job->format->program != NULL)
		become(job->format->program, argv);
	/* without either, as ZMap: addresses and nothing else */
	job->config.header_row = header_row &&
	    (name != NULL || job->config.fields != NULL);
	if (job->format->fixed && job->config.fields != NULL)
		errx(TOOL_MISUSED,
		    "the fields of format %s are fixed: it takes no -f", name);
	if (job->format->elsewhere && job->path != NULL)
		errx(TOOL_MISUSED, "format %s writes no file: it takes no -o",
		    name);
}

/* What can be wrong with -f without knowing the stream. */
static void
out_check_fields(const struct job *job)
{
	struct columns columns;
	char why[256];

	if (job->config.fields == NULL)
		return;
	if (columns_parse(&columns, job->config.fields, job->format->template,
		why, sizeof why) == -1)
		errx(TOOL_MISUSED, "-f: %s", why);
	columns_free(&columns);
}

/* What the file holds stays; where it cannot be added to, another is named. */
static void
prepare_append(struct job *job)
{
	static char other[PATH_MAX];
	struct stat st;

	job->older = -1;
	if (!job->append || job->path == NULL || job->format->elsewhere ||
	    job->format->appends == FORMAT_ITSELF ||
	    stat(job->path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size == 0)
		return;
	if (job->format->appends == FORMAT_NUMBERED) {
		if (append_number(job->path, other, sizeof other) == -1)
			errx(TOOL_MISUSED, "%s: no number is free", job->path);
		log_info(job->log, "%s stays; results go to %s", job->path,
		    other);
		job->path = job->config.path = other;
		return;
	}
	job->older = open(job->path, O_RDONLY | O_CLOEXEC);
	if (job->older == -1)
		err(EXIT_FAILURE, "%s", job->path);
}

/* Once the output is open: what stays, and what comes first. */
static void
begin_append(struct job *job)
{
	struct output first;
	char why[256];

	if (job->older == -1)
		return;
	if (output_open(&first, -1) == -1)
		err(EXIT_FAILURE, NULL);
	if (append_keep(job->format, job->older, &job->file.keep, &first, why,
		sizeof why) == -1)
		errx(TOOL_MISUSED, "--append: %s: %s", job->path, why);
	output_bytes(&job->output, first.buf, first.len);
	output_close(&first);
	if (job->file.keep == 0) {
		close(job->older);
		job->older = -1;
	}
}

/* Opening a FIFO takes until somebody reads it. */
static void
say_waiting(const struct job *job)
{
	struct stat st;

	if (stat(job->path, &st) == 0 && S_ISFIFO(st.st_mode))
		log_info(job->log, "%s is a FIFO: waiting for its reader",
		    job->path);
}

static void
open_output(struct job *job, const int *inputs)
{
	if (job->path != NULL)
		say_waiting(job);
	job->file = (struct outfile){ .fd = STDOUT_FILENO, .taken = true };
	if (job->path == NULL)
		job->path = "stdout";
	else if (!job->format->opens &&
	    outfile_open(&job->file, job->path, 0666) == -1)
		err(EXIT_FAILURE, "%s", job->path);
	for (; *inputs != -1; inputs++)
		if (outfile_same(job->file.fd, *inputs))
			errx(TOOL_MISUSED,
			    "%s is the input too: write to another file",
			    job->path);
	if (job->format->elsewhere || job->format->opens)
		signal(SIGPIPE, SIG_IGN); /* its connections may break */
	if (job->format->binary)
		tool_stream_out(job->file.fd,
		    "redirect it to a file, or give one by -o");
	if (output_open(&job->output, job->file.taken ? job->file.fd : -1) ==
	    -1)
		err(EXIT_FAILURE, NULL);
	/* also of a file that is written only when the scan is accepted */
	job->output.terminal = isatty(job->file.fd);
	begin_append(job);
	job->state.out = &job->output;
	job->state.config = &job->config;
}

/* Except those that the format has asked for. */
static void
give_up_rights(const struct job *job)
{
	const char *why;

	if (rights_drop(&job->state.rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
}

/* Ends the output, whatever came before, and returns the outcome of all. */
static enum outcome
out_finish(struct loop *s, enum outcome outcome)
{
	struct job *job = s->ctx;
	bool kept = !job->file.taken && outfile_used(job->file.fd);
	int rc, error;

	if (s->why[0] != '\0')
		warnx("%s%s%s%s", s->why, kept ? "; " : "",
		    kept ? job->path : "", kept ? " is left as it was" : "");
	job->state.complete = outcome != OUTCOME_FAILED &&
	    outcome != OUTCOME_MISUSED;
	if (job->format->close != NULL &&
	    job->format->close(&job->state) == -1 && job->output.error == 0 &&
	    job->state.complete) {
		warnx("%s", job->state.why);
		outcome = OUTCOME_FAILED;
	}
	rc = output_flush(&job->output);
	error = errno;
	if (outfile_close(&job->file) == -1 && rc == 0) {
		rc = -1;
		error = errno;
	}
	if (rc == -1 && error == EPIPE) {
		s->reader_gone = true;
	} else if (rc == -1 && s->why[0] == '\0') {
		errno = error;
		warn("%s", job->path);
		outcome = OUTCOME_FAILED;
	}
	if (job->left_out > 0)
		log_say(job->log, LOG_LEVEL_WARN,
		    "%" PRIu64 " records left out%s%s", job->left_out,
		    job->missing[0] != '\0' ? ": " : "", job->missing);
	columns_free(&job->columns);
	output_close(&job->output);
	return outcome;
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
	prepare_append(&job);
	open_output(&job, files);
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
