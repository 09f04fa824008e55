/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-status - show how a scan goes, and record how it went.
 *
 * Reads status lines of any number of stages and shards, mixed.  All that is
 * counted is counted by them; this program adds up, estimates, and prints.
 */
#include <err.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/output.h"
#include "base/rights.h"
#include "cli/inforce.h"
#include "cli/tool.h"
#include "show/closing.h"
#include "show/record.h"
#include "tools/zmap-status/display.h"

#define WARN_SECONDS 10	 /* between two warnings */
#define APART	     10	 /* seconds between lines that are kept */
#define LOOK_MS	     200 /* between two looks at what is followed */

double
status_wall(void)
{
	static double start;

	if (start == 0)
		start = clock_wall_ns() / 1e9 - clock_ns() / 1e9;
	return start + clock_ns() / 1e9;
}

/* --- each second --- */

/* Where lines are kept, as in a log, the first is, and each tenth. */
static bool
draws_now(struct display *d)
{
	return d->terminal || d->ticks++ % APART == 0;
}

/* All that are shown; the first is that of files. */
static void
compute_scans(struct display *d, double now, bool over)
{
	struct progress before;
	struct scans_one *one;
	size_t i;

	d->scan = scans_shown(&d->scans, 0, now);
	for (i = 0; (one = scans_shown(&d->scans, i, now)) != NULL; i++) {
		before = one->progress;
		if (!one->reports.started)
			continue;
		progress_compute(&one->progress, &before, &one->reports, now,
		    over);
		if (d->places != NULL)
			fleet_compute(&one->fleet, &one->progress,
			    &one->reports, now);
	}
}

static void
tick(struct display *d, bool over)
{
	char words[256];
	double now = status_wall();

	compute_scans(d, now, over);
	if (!d->scan->reports.started)
		return;
	if (d->places != NULL && !d->in_place && !d->args.quiet)
		status_say_troubles(d);
	if (!over && d->places == NULL && now - d->warned >= WARN_SECONDS &&
	    progress_warning(&d->scan->progress, words, sizeof words) != NULL) {
		if (d->in_place && write(d->line_fd, "\r\033[K", 4) == -1)
			return;
		log_say(&d->log, LOG_LEVEL_WARN, "%s", words);
		d->warned = now;
	}
	/* a scan that never began has said why; a row of zeros adds nothing */
	if (!d->args.quiet && (over || draws_now(d)) &&
	    !(over && d->scan->progress.packets.total == 0 &&
		d->scan->progress.received.total == 0))
		status_draw(d, over);
	status_write_updates(d);
	status_write_prometheus(d);
}

/* Where zmap has started us; others have the last status line. */
static void
tell_closing(const struct display *d)
{
	char text[1024];

	if (d->line_fd == STDERR_FILENO || !d->scan->reports.started)
		return;
	closing(&d->scan->reports, &d->scan->progress, text, sizeof text);
	log_info(&d->log, "%s", text);
}

/* --- options --- */

/* What we were told ourselves is part of what the scan was told. */
static void
begin_scans(struct display *d, const struct options *o)
{
	struct output facts;

	if (output_open(&facts, -1) == -1)
		err(EXIT_FAILURE, NULL);
	inforce_options(&facts, o, NULL);
	output_byte(&facts, '\0');
	d->own = strdup((const char *)facts.buf);
	output_close(&facts);
	if (d->own == NULL || scans_begin(&d->scans, d->own) == -1)
		err(EXIT_FAILURE, NULL);
	d->scan = d->scans.all[0];
	d->scan->reports.live = d->places != NULL;
}

static void
status_parse(struct display *d, struct tool *t, int argc, char **argv)
{
	const struct options *o = &t->options;
	struct args *a = &d->args;
	int c;

	tool_begin(t, program_of(STAGE_STATUS), argc, argv);
	while ((c = tool_next(t)) != -1)
		switch (c) {
		case OPT_STATUS_UPDATES_FILE:
			a->updates = o->arg;
			break;
		case OPT_METADATA_FILE:
			a->metadata = o->arg;
			break;
		case OPT_PROMETHEUS:
			a->prometheus = o->arg;
			break;
		case OPT_NOTES:
			a->notes = o->arg;
			break;
		case OPT_USER_METADATA:
			a->user = o->arg;
			if (!json_valid(o->arg))
				errx(TOOL_MISUSED,
				    "--user-metadata: not JSON (RFC 8259): %s",
				    o->arg);
			break;
		case OPT_SUMMARY:
			a->summary = true;
			break;
		case OPT_STATUS_FILE:
			a->copy = o->arg;
			break;
		case OPT_LINE_FD:
			d->line_fd = o->value.number;
			break;
		case OPT_QUIET:
			a->quiet = true;
			break;
		}
	d->log = t->log;
	status_add_places(d, argv + o->index);
	if (d->places == NULL && isatty(STDIN_FILENO))
		errx(TOOL_MISUSED,
		    "stdin is a terminal: status lines come there, from the --status-fd of other programs; or name files that zmap --status-file keeps");
	if (d->places != NULL && a->copy != NULL)
		errx(TOOL_MISUSED, "--status-file keeps what comes on stdin");
	begin_scans(d, &t->options);
	option_end(&t->options);
}

/* What is left to do is to read lines, and to replace one file. */
static void
status_give_up_rights(const struct args *a, bool follows)
{
	/* what is followed may be anywhere, and readable by this user alone */
	struct rights rights = { .may = follows ? RIGHTS_UNCONFINED : 0,
		.keep_user = follows };
	char dir[PATH_MAX];
	const char *step;

	if (a->prometheus != NULL) {
		if (rights_dir_of(a->prometheus, dir, sizeof dir) == -1)
			err(EXIT_FAILURE, "%s", a->prometheus);
		if (access(dir, F_OK) == -1)
			err(EXIT_FAILURE, "%s", a->prometheus);
		rights.write_dir = dir;
	}
	if (rights_drop(&rights, &step) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", step);
}

/* --- the whole --- */

/* A line a second while the input lasts. */
static void
status_follow(struct display *d)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	uint64_t now, next;
	int wait;

	/* a little after the stages, which write a line a second as well */
	next = clock_ns() + SECOND + SECOND / 10;
	for (;;) {
		now = clock_ns();
		if (now >= next) {
			tick(d, false);
			while (next <= now)
				next += SECOND;
		}
		wait = (next - now) / 1000000 + 1;
		if (poll(&p, 1, wait) > 0 && !status_read_more(d))
			return;
	}
}

/* Until all shards are complete. */
static void
follow_places(struct display *d)
{
	uint64_t next = clock_ns() + SECOND / 2;

	while (!scans_complete(&d->scans, status_wall())) {
		follow_read(d->places, status_take_followed, d);
		if (clock_ns() >= next) {
			tick(d, false);
			next += SECOND;
		}
		poll(NULL, 0, LOOK_MS);
	}
}

int
main(int argc, char **argv)
{
	struct display d = { .line_fd = STDERR_FILENO };
	struct tool t;

	status_parse(&d, &t, argc, argv);
	/* at a prompt there is no scan that Ctrl-C could be meant for */
	if (!isatty(STDIN_FILENO) && d.places == NULL)
		tool_ignore_interrupts();
	status_open_files(&d);
	status_give_up_rights(&d.args, d.places != NULL);
	status_try_prometheus(&d);
	d.terminal = isatty(d.line_fd);
	/* results on the same terminal would be torn by a line that moves */
	d.in_place = log_terminal(d.line_fd) &&
	    (d.places != NULL || !isatty(STDOUT_FILENO));
	if (d.places != NULL)
		follow_places(&d);
	else
		status_follow(&d);
	tick(&d, true);
	status_write_metadata(&d);
	tell_closing(&d);
	if (d.args.summary)
		record_summary(stderr, &d.scan->reports, &d.scan->progress);
	if (d.updates != NULL && d.updates != stdout &&
	    fclose(d.updates) == EOF && !d.failed) {
		warn("%s", d.args.updates);
		d.failed = true;
	}
	tool_close_stdout();
	scans_free(&d.scans);
	free(d.own);
	free(d.buf);
	return d.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
