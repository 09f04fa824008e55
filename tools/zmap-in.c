/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-in: the other way round than zmap-out: makes a stream of results of CSV
 * or JSON, so that awk, jq and others can stand in a pipeline.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/rights.h"
#include "cli/tool.h"
#include "intake/intake.h"
#include "stream/status.h"
#include "stream/stream.h"

#define IDLE_MS 1000 /* objects wait so long for others with new names */

struct job {
	struct intake_config config;
	struct intake *in;
	struct stream_out *out;
	struct status status;
};

static void
in_report(struct job *job, bool final)
{
	uint64_t n = intake_records(job->in);
	struct counter c[4] = { counter_of(COUNT_LOOP_IN, n),
		counter_of(COUNT_LOOP_OUT, n),
		counter_of(COUNT_LOOP_FILTERED, 0), counter_end() };

	if (final || status_due(&job->status))
		status_line(&job->status, c, final);
}

/* Its reader has gone: this ends as a program that writes to a broken pipe. */
static void __attribute__((noreturn)) gone(struct job *job)
{
	job->status.outcome = outcome_name(OUTCOME_INTERRUPTED);
	in_report(job, true);
	outcome_reader_gone();
}

/* Ends with the message, after what was read has been written. */
static void __attribute__((noreturn)) failed(struct job *job, const char *why)
{
	intake_fail(job->in);
	stream_flush(job->out);
	if (stream_out_error(job->out) == EPIPE)
		gone(job);
	job->status.outcome = outcome_name(OUTCOME_FAILED);
	in_report(job, true);
	errx(EXIT_FAILURE, "%s", why);
}

static void
in_check(struct job *job, int rc)
{
	if (rc == -1)
		failed(job, intake_error(job->in));
}

/* Waits so long for input; false if there is none. */
static bool
in_ready(struct job *job, int fd, int ms)
{
	struct pollfd p[] = { { .fd = fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO } };
	int n = poll(p, 2, ms);

	if (n > 0 && p[1].revents & POLLERR)
		gone(job);
	return n != 0;
}

/* Before a read that may block, what is there goes out. */
static void
in_wait_for(struct job *job, int fd)
{
	int ms;

	in_report(job, false);
	if (in_ready(job, fd, 0))
		return;
	if (stream_flush(job->out) == -1)
		failed(job, strerror(errno));
	if (!in_ready(job, fd, IDLE_MS)) {
		in_check(job, intake_idle(job->in));
		if (stream_flush(job->out) == -1)
			failed(job, strerror(errno));
	}
	do {
		ms = status_wait(&job->status);
		in_report(job, false);
	} while (!in_ready(job, fd, ms));
}

static void
in_read_file(struct job *job, int fd, const char *name)
{
	unsigned char *room;
	char why[256];
	size_t size;
	ssize_t n;

	in_check(job, intake_file(job->in, name));
	do {
		in_wait_for(job, fd);
		room = intake_room(job->in, &size);
		n = room == NULL ? -1 : read(fd, room, size);
		if (n == -1 && errno != EINTR) {
			snprintf(why, sizeof why, "%s: %s", name,
			    strerror(errno));
			failed(job, why);
		}
		if (n > 0)
			in_check(job, intake_took(job->in, (size_t)n));
	} while (n != 0);
	in_check(job, intake_ended(job->in));
}

static void
in_read_options(struct job *job, struct tool *t, int argc, char *argv[])
{
	const struct options *o = &t->options;
	int c;

	job->config.header_row = true;
	job->config.argv = argv;
	tool_begin(t, program_of(STAGE_IN), argc, argv);
	while ((c = tool_next(t)) != -1)
		switch (c) {
		case OPT_TEXT_FIELDS:
			job->config.fields = o->arg;
			break;
		case OPT_TEXT_FORMAT:
			job->config.format = strcmp(o->arg, "csv") == 0 ?
			    INTAKE_CSV :
			    INTAKE_JSON;
			break;
		case OPT_NO_HEADER_ROW:
			job->config.header_row = false;
			break;
		}
	option_end(&t->options);
}

int
main(int argc, char *argv[])
{
	struct job job = { 0 };
	struct rights rights = { 0 };
	char why[256];
	const char *step, *const *names;
	struct tool t;
	int *files, i;

	in_read_options(&job, &t, argc, argv);
	names = (const char *const *)argv + t.options.index;
	files = tool_files(argv + t.options.index);
	tool_stream_out(STDOUT_FILENO, "pipe it to zmap-out");
	job.out = stream_out_new(STDOUT_FILENO);
	if (job.out == NULL)
		err(EXIT_FAILURE, NULL);
	job.in = intake_open(&job.config, job.out, why, sizeof why);
	if (job.in == NULL)
		errx(TOOL_MISUSED, "-f: %s", why);
	/* it draws a random number with its first object, from a file maybe */
	json_object_put(json_object_new_object());
	tool_ignore_interrupts();
	signal(SIGPIPE, SIG_IGN); /* see outcome.h */
	if (rights_drop(&rights, &step) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", step);
	status_open(&job.status, t.status_fd, "in");
	for (i = 0; files[i] != -1; i++)
		in_read_file(&job, files[i],
		    names[i] == NULL || strcmp(names[i], "-") == 0 ? "stdin" :
								     names[i]);
	if (stream_flush(job.out) == -1) {
		snprintf(why, sizeof why, "stdout: %s", strerror(errno));
		failed(&job, why);
	}
	job.status.outcome = outcome_name(OUTCOME_DONE);
	in_report(&job, true);
	intake_close(job.in);
	stream_out_free(job.out);
	free(files);
	if (close(STDOUT_FILENO) == -1)
		err(EXIT_FAILURE, "stdout");
	return OUTCOME_DONE;
}
