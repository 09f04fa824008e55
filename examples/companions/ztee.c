/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ztee: keeps results in a file and hands the addresses on.
 *
 *	zmap -p 22 -f saddr,success | ztee results.csv | zgrab2 ssh
 *
 *	stdin --line--> FILE
 *	          `---> queue ---> stdout
 *
 * The reader of stdout may be slow: nothing waits for it before memory is full.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/outfile.h"
#include "base/rights.h"
#include "cli/tool.h"
#include "recv/spool.h"

#define QUEUE	      (UINT64_C(256) << 20)
#define COLUMNS	      1024
#define FULL_USECONDS 1000

enum {
	OPT_MONITOR = OPT_OWN,
	OPT_RAW,
	OPT_SUCCESS_ONLY,
};

#define US STAGE_COMPANION
/* clang-format off */
static const struct option_def table[] = {
	{ OPT_RAW, 'r', "raw", NULL, NULL, US, 0, GROUP_RESULTS,
	    "Hand on whole lines",
	    .type = ARG_FLAG },
	{ OPT_SUCCESS_ONLY, 0, "success-only", NULL, NULL, US, 0, GROUP_RESULTS,
	    "Hand on only rows whose column success is 1 or true",
	    .type = ARG_FLAG },
	{ OPT_MONITOR, 'm', "monitor", NULL, NULL, US, 0, GROUP_MONITOR,
	    "Print a line on stderr each second",
	    .type = ARG_FLAG },
	{ OPT_STATUS_UPDATES_FILE, 'u', "status-updates-file", NULL, "path", US, 0, GROUP_MONITOR,
	    "Write a CSV line here each second",
	    .type = ARG_PATH },
	OPTION_LOG_FILE(US),
	OPTION_HELP(US),
	OPTION_VERSION(US),
	{ .name = NULL }
};
/* clang-format on */

static const struct program program = {
	.name = "ztee",
	.stage = STAGE_COMPANION,
	.table = table,
	.operands = "file",
	.about =
	    "Writes stdin to the file and hands on, of CSV, the addresses; of other text, its lines.",
};

struct tee {
	const char *path, *updates;
	bool raw, success_only, monitor;
	struct outfile file;
	FILE *status;
	struct spool *queue;
	struct stream_sink out;
	int saddr, success; /* columns; -1: none */
	_Atomic uint64_t lines;
	/* of the thread that reports; it ends when the pipe is closed */
	pthread_t reporter;
	int stop[2];
	uint64_t lines_before, begun, last;
	uint64_t queued; /* lines in it, added up over the seconds */
};

static void
ztee_parse_args(struct tee *e, int argc, char **argv)
{
	struct tool t;
	int id;

	tool_begin(&t, &program, argc, argv);
	while ((id = tool_next(&t)) != -1)
		switch (id) {
		case OPT_RAW:
			e->raw = true;
			break;
		case OPT_SUCCESS_ONLY:
			e->success_only = true;
			break;
		case OPT_MONITOR:
			e->monitor = true;
			break;
		case OPT_STATUS_UPDATES_FILE:
			e->updates = t.options.arg;
			break;
		}
	if (t.options.index == argc)
		errx(TOOL_MISUSED, "no file is named to keep the input in");
	if (t.options.index + 1 < argc)
		errx(TOOL_MISUSED,
		    "%s: one file is enough; the shell's > keeps stdout",
		    argv[t.options.index + 1]);
	if (e->raw && e->success_only)
		errx(TOOL_MISUSED,
		    "--raw hands on all, --success-only does not");
	e->path = argv[t.options.index];
}

/* --- rows --- */

/*
 * Column i of a row, without quotes around it; its size, or -1. A quote opens
 * only where a column begins.
 */
static ssize_t
column(const char *row, size_t size, int i, const char **text)
{
	const char *p = row, *end = row + size, *begin;
	bool quoted;

	for (;; i--) {
		quoted = p < end && *p == '"';
		begin = p += quoted;
		if (quoted)
			while (p < end &&
			    (*p != '"' || (p + 1 < end && p[1] == '"')))
				p += *p == '"' ? 2 : 1;
		else
			while (p < end && *p != ',')
				p++;
		if (i == 0) {
			*text = begin;
			return (p < end ? p : end) - begin;
		}
		while (p < end && *p != ',')
			p++;
		if (p >= end)
			return -1;
		p++;
	}
}

static bool
says(const char *text, ssize_t n, const char *word)
{
	return n == (ssize_t)strlen(word) && strncasecmp(text, word, n) == 0;
}

static int
ztee_find_column(const char *row, size_t size, const char *name)
{
	const char *text;
	ssize_t n;

	for (int i = 0; i < COLUMNS; i++) {
		n = column(row, size, i, &text);
		if (n == -1)
			break;
		if (says(text, n, name))
			return i;
	}
	return -1;
}

/* What the first line shows: a header of CSV, or text to hand on. */
static void
ztee_look_at(struct tee *e, const char *row, size_t size)
{
	e->saddr = e->success = -1;
	if (e->raw)
		return;
	if (size > 0 && row[0] == '{')
		errx(TOOL_MISUSED,
		    "this is JSON: --raw hands it on, and jq -r .saddr picks addresses");
	e->saddr = ztee_find_column(row, size, "saddr");
	if (e->saddr == -1)
		e->saddr = ztee_find_column(row, size, "ip");
	e->success = ztee_find_column(row, size, "success");
	if (e->saddr == -1 && memchr(row, ',', size) != NULL)
		errx(TOOL_MISUSED,
		    "the header has no column saddr or ip; --raw hands on whole lines");
	if (e->success_only && (e->saddr == -1 || e->success == -1))
		errx(TOOL_MISUSED,
		    "--success-only wants CSV with the columns saddr and success: zmap -f saddr,success");
}

static void
hand_on(struct tee *e, const char *text, size_t n)
{
	while (spool_is_full(e->queue))
		usleep(FULL_USECONDS);
	if (e->out.write(e->out.ctx, (const unsigned char *)text, n, 1) == -1)
		err(EXIT_FAILURE, "stdout");
}

static void
ztee_pick(struct tee *e, char *row, size_t size, size_t whole)
{
	const char *text;
	ssize_t n;

	if (e->saddr == -1) {
		hand_on(e, row, whole);
		return;
	}
	if (e->lines == 1)
		return; /* the header */
	if (e->success_only) {
		n = column(row, size, e->success, &text);
		if (!says(text, n, "1") && !says(text, n, "true"))
			return;
	}
	n = column(row, size, e->saddr, &text);
	if (n <= 0)
		return;
	/* behind the column there is a comma, a quote or the end of the line */
	row[text + n - row] = '\n';
	hand_on(e, text, n + 1);
}

/* --- each second --- */

static void
ztee_report(struct tee *e)
{
	struct spool_counts q;
	uint64_t now = clock_ns(), n = e->lines, past, rate, mean;

	spool_count(e->queue, &q);
	past = (now - e->begun + SECOND / 2) / SECOND;
	past = past == 0 ? 1 : past;
	rate = (n - e->lines_before) * SECOND / (now - e->last);
	mean = n / past;
	e->queued += q.records;
	if (e->monitor)
		fprintf(stderr,
		    "%2" PRIu64 ":%02" PRIu64 " read_rate: %" PRIu64
		    " rows/s (avg %" PRIu64 " rows/s), buffer_size: %" PRIu64
		    " (avg %" PRIu64 ")\n",
		    past / 60, past % 60, rate, mean, q.records,
		    e->queued / past);
	if (e->status != NULL)
		fprintf(e->status,
		    "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		    ",%" PRIu64 "\n",
		    past, n, rate, mean, q.records, e->queued / past);
	e->lines_before = n;
	e->last = now;
}

static void *
report_each_second(void *arg)
{
	struct tee *e = arg;
	struct pollfd end = { .fd = e->stop[0], .events = POLLIN };

	while (poll(&end, 1, 1000) == 0)
		ztee_report(e);
	return NULL;
}

static void
ztee_open_all(struct tee *e)
{
	struct rights r = { .may = RIGHTS_THREADS };
	const char *step;
	int fd, spill;

	if (outfile_open(&e->file, e->path, 0666) == -1)
		err(EXIT_FAILURE, "%s", e->path);
	if (outfile_same(e->file.fd, STDIN_FILENO))
		errx(TOOL_MISUSED, "%s is the input as well", e->path);
	if (e->updates != NULL) {
		fd = file_create(e->updates, 0666);
		if (fd == -1 || outfile_empty(fd) == -1 ||
		    (e->status = fdopen(fd, "w")) == NULL)
			err(EXIT_FAILURE, "%s", e->updates);
		setvbuf(e->status, NULL, _IOLBF, 0);
		fputs(
		    "time_past,total_read_in,read_in_last_sec,read_per_sec_avg,buffer_current_size,buffer_avg_size\n",
		    e->status);
	}
	if (pipe(e->stop) == -1)
		err(EXIT_FAILURE, "pipe");
	spill = spool_file(NULL);
	e->queue = spool_new(STDOUT_FILENO, QUEUE, spill);
	if (e->queue == NULL)
		err(EXIT_FAILURE, "memory");
	spool_keep_all(e->queue);
	e->out = spool_sink(e->queue);
	if (rights_drop(&r, &step) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", step);
	if (spool_start(e->queue) == -1 || outfile_take(&e->file) == -1)
		err(EXIT_FAILURE, "%s", e->path);
	e->begun = e->last = clock_ns();
	if ((e->monitor || e->status != NULL) &&
	    pthread_create(&e->reporter, NULL, report_each_second, e) != 0)
		errx(EXIT_FAILURE, "no more threads");
}

static void
ztee_copy(struct tee *e)
{
	char *line = NULL;
	size_t room = 0, size;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) != -1) {
		e->lines++;
		if (outfile_write(&e->file, line, n) == -1)
			err(EXIT_FAILURE, "%s", e->path);
		size = n - (line[n - 1] == '\n');
		if (size > 0 && line[size - 1] == '\r')
			size--;
		if (e->lines == 1)
			ztee_look_at(e, line, size);
		ztee_pick(e, line, size, n);
	}
	if (ferror(stdin))
		err(EXIT_FAILURE, "stdin");
	free(line);
}

/* Reports go on until the reader has all. */
static void
stop_reports(struct tee *e)
{
	struct spool_counts q;

	if (!e->monitor && e->status == NULL)
		return;
	do {
		usleep(FULL_USECONDS);
		spool_count(e->queue, &q);
	} while (q.bytes > 0 && !q.failed);
	close(e->stop[1]);
	pthread_join(e->reporter, NULL);
}

int
main(int argc, char **argv)
{
	struct tee e = { 0 };

	ztee_parse_args(&e, argc, argv);
	ztee_open_all(&e);
	ztee_copy(&e);
	if (outfile_close(&e.file) == -1)
		err(EXIT_FAILURE, "%s", e.path);
	stop_reports(&e);
	if (spool_end(e.queue) == -1)
		err(EXIT_FAILURE, "stdout");
	if (e.status != NULL && fclose(e.status) == EOF)
		err(EXIT_FAILURE, "%s", e.updates);
	return EXIT_SUCCESS;
}
