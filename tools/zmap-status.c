/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-status - show how a scan goes, and record how it went.
 *
 * Reads status lines of any number of stages and shards, mixed.  All that is
 * counted is counted by them; this program adds up, estimates, and prints.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/outfile.h"
#include "base/output.h"
#include "base/replace.h"
#include "base/rights.h"
#include "cli/inforce.h"
#include "cli/tool.h"
#include "show/closing.h"
#include "show/fit.h"
#include "show/fleet.h"
#include "show/follow.h"
#include "show/progress.h"
#include "show/record.h"
#include "show/reports.h"

#define LINE_MAX_BYTES (1 << 20)
#define WARN_SECONDS   10 /* between two warnings */
#define APART	       10 /* seconds between lines that are kept */

#define LOOK_MS 200 /* between two looks at what is followed */

struct args {
	const char *updates, *metadata, *prometheus;
	const char *notes, *user, *copy;
	bool summary, quiet;
};

struct display {
	struct args args;
	struct reports reports;
	struct progress progress;
	struct log log;
	FILE *updates, *metadata; /* or NULL */
	FILE *copy;		  /* of --status-file, or NULL */
	struct follow *places;	  /* instead of stdin, or NULL */
	struct fleet fleet;	  /* of these */
	unsigned drawn;		  /* lines, to be drawn over */
	char said[1024];	  /* troubles, as said last */
	int line_fd;		  /* where lines of status go */
	bool updating;		  /* the header is in updates */
	bool terminal;		  /* is where lines go */
	unsigned ticks;		  /* seconds with something to show */
	bool in_place;		  /* the line is drawn over itself */
	double warned;
	bool failed;
	char *buf; /* unfinished line */
	size_t used, room;
	unsigned long lines;
};

/*
 * The time of day as it was when we began, and from there on by a clock that
 * no one sets: a scan does not get longer because ntpd has come up.
 */
static double
wall(void)
{
	static double start;

	if (start == 0)
		start = clock_wall_ns() / 1e9 - clock_ns() / 1e9;
	return start + clock_ns() / 1e9;
}

/* --- input --- */

static void
status_take_line(struct display *d, const char *line, size_t n)
{
	const char *why;

	d->lines++;
	if (d->copy != NULL)
		fprintf(d->copy, "%.*s\n", (int)n, line);
	if (n == 0 || reports_line(&d->reports, line, n, wall(), &why) == 0)
		return;
	if (!d->failed)
		warnx("stdin: line %lu: %s", d->lines, why);
	d->failed = true;
}

static void
status_take_bytes(struct display *d)
{
	char *line = d->buf, *end = d->buf + d->used, *nl;

	while ((nl = memchr(line, '\n', end - line)) != NULL) {
		status_take_line(d, line, nl - line);
		line = nl + 1;
	}
	if (d->copy != NULL && fflush(d->copy) == EOF && !d->failed) {
		warn("%s", d->args.copy);
		d->failed = true;
	}
	d->used = end - line;
	memmove(d->buf, line, d->used);
}

/* One read(2); false at the end of the input. */
static bool
read_more(struct display *d)
{
	ssize_t n;

	if (d->used == d->room) {
		if (d->room >= LINE_MAX_BYTES)
			errx(EXIT_FAILURE, "stdin: line %lu is too long",
			    d->lines + 1);
		d->room = d->room == 0 ? 16384 : d->room * 2;
		d->buf = realloc(d->buf, d->room);
		if (d->buf == NULL)
			err(EXIT_FAILURE, NULL);
	}
	n = read(STDIN_FILENO, d->buf + d->used, d->room - d->used);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n == -1)
		err(EXIT_FAILURE, "stdin");
	if (n == 0 && d->used > 0) {
		warnx("stdin: line %lu stops short", d->lines + 1);
		d->failed = true;
	}
	d->used += n;
	status_take_bytes(d);
	return n > 0;
}

/* --- places that are followed --- */

struct place {
	char scan[64];
	unsigned long shard;
	bool complained;
};

/* The text behind a key, up to a quote or comma. */
static void
peek(const char *line, size_t n, const char *key, char *buf, size_t size)
{
	const char *at = memmem(line, n, key, strlen(key)), *end = line + n;
	size_t i = 0;

	if (at != NULL)
		for (at += strlen(key); at < end && i + 1 < size &&
		     *at != '"' && *at != ',' && *at != '}';
		     at++)
			buf[i++] = *at;
	buf[i] = '\0';
}

/*
 * A place has one shard of one scan at a time; of an older one nothing is
 * shown.  Lines of stages that do not know their scan yet count nothing.
 */
static bool
status_is_current(struct display *d, struct place *p, const char *line,
    size_t n)
{
	char scan[64], shard[24];

	peek(line, n, "\"scan\":\"", scan, sizeof scan);
	peek(line, n, "\"shard\":", shard, sizeof shard);
	if (scan[0] == '\0')
		return memmem(line, n, "\"options\":", 10) != NULL ||
		    memmem(line, n, "\"defaults\":", 11) != NULL;
	if (p->scan[0] != '\0' && strcmp(p->scan, scan) != 0)
		reports_forget(&d->reports, p->scan, p->shard);
	snprintf(p->scan, sizeof p->scan, "%s", scan);
	p->shard = strtoul(shard, NULL, 10);
	return true;
}

static void
take_followed(void *ctx, const struct follow_line *l)
{
	struct display *d = ctx;
	struct place *p;
	const char *why;

	if (*l->memory == NULL &&
	    (*l->memory = calloc(1, sizeof(struct place))) == NULL)
		return;
	p = *l->memory;
	if (!status_is_current(d, p, l->text, l->len) ||
	    reports_line(&d->reports, l->text, l->len, wall(), &why) == 0)
		return;
	/* a crash may leave half a line in the middle */
	if (!p->complained)
		log_say(&d->log, LOG_LEVEL_WARN, "%s: %s: left out", l->place,
		    why);
	p->complained = true;
}

static void
add_places(struct display *d, char **names)
{
	char why[512];

	if (*names == NULL)
		return;
	d->places = follow_new();
	if (d->places == NULL)
		err(EXIT_FAILURE, NULL);
	d->reports.live = true;
	for (; *names != NULL; names++) {
		if (follow_add(d->places, *names, why, sizeof why) == -1)
			errx(TOOL_MISUSED, "%s", why);
		if (strchr(*names, ':') == NULL && access(*names, F_OK) == -1)
			log_say(&d->log, LOG_LEVEL_WARN,
			    "%s: not there yet, waiting for it", *names);
	}
}

/* --- output --- */

/* The line of all, and under it one for each shard in trouble. */
static void
draw_fleet(struct display *d, const char *head)
{
	struct winsize w = { .ws_row = 24, .ws_col = 80 };
	char all[16384], line[512];
	size_t at = 0, i, most;
	unsigned lines = 1;

	if (ioctl(d->line_fd, TIOCGWINSZ, &w) == -1 || w.ws_row < 4)
		w.ws_row = 24;
	if (d->drawn > 0)
		at = snprintf(all, sizeof all, "\033[%uA\r\033[J", d->drawn);
	at += snprintf(all + at, sizeof all - at, "%s\n", head);
	most = w.ws_row - 3 < 60 ? w.ws_row - 3 : 60;
	for (i = 0; i < most &&
	     fleet_trouble(&d->reports, wall(), i, line, sizeof line);
	     i++, lines++) {
		if (w.ws_col > 1)
			fit(line, w.ws_col, false);
		at += snprintf(all + at, sizeof all - at, "%s\n", line);
	}
	if (d->fleet.trouble > i) {
		at += snprintf(all + at, sizeof all - at, "... and more\n");
		lines++;
	}
	d->drawn = lines;
	if (write(d->line_fd, all, at) == -1)
		return;
}

/* Where lines are kept, troubles are said when they change. */
static void
say_troubles(struct display *d)
{
	char all[sizeof d->said] = "", line[128], *more;
	size_t at = 0, i;

	for (i = 0; at < sizeof all - sizeof line &&
	     fleet_trouble(&d->reports, wall(), i, line, sizeof line);
	     i++) {
		/* how long it has been silent is no news */
		more = strstr(line, " for ");
		if (more != NULL)
			*more = '\0';
		at += snprintf(all + at, sizeof all - at, "%s\n", line);
	}
	if (strcmp(all, d->said) == 0)
		return;
	memcpy(d->said, all, sizeof all);
	if (write(d->line_fd, all, strlen(all)) == -1)
		return;
}

static void
status_draw(struct display *d, bool last)
{
	struct winsize w = { .ws_col = 0 };
	char line[512], out[560];
	int n;

	progress_line(&d->progress, line, sizeof line);
	if (d->places != NULL) {
		snprintf(out, sizeof out,
		    "%.400s; shards: %" PRIu64 " of %" PRIu64 " done", line,
		    d->fleet.done, d->fleet.shards);
		snprintf(line, sizeof line, "%.500s", out);
	}
	if (d->in_place && ioctl(d->line_fd, TIOCGWINSZ, &w) == 0 &&
	    w.ws_col > 1)
		fit(line, w.ws_col, d->progress.drops.total > 0);
	if (d->in_place && d->places != NULL) {
		draw_fleet(d, line);
		return;
	}
	/* the cursor stays at the left: what comes next goes over it */
	n = snprintf(out, sizeof out,
	    !d->in_place ? "%s\n" :
		last	 ? "\r\033[K%s\n" :
			   "\r\033[K%s\r",
	    line);
	if (write(d->line_fd, out, n) == -1)
		return;
}

/* An earlier scan's lines go when the first of this one comes. */
static void
begin_updates(struct display *d)
{
	d->updating = true;
	if (d->updates != stdout && outfile_empty(fileno(d->updates)) == -1) {
		warn("%s", d->args.updates);
		d->failed = true;
	}
	fprintf(d->updates, "%s\n", progress_csv_header);
}

static void
write_updates(struct display *d)
{
	char line[1024];

	if (d->updates == NULL)
		return;
	if (!d->updating)
		begin_updates(d);
	progress_csv(&d->progress, line, sizeof line);
	fprintf(d->updates, "%s\n", line);
	if (fflush(d->updates) == EOF && !d->failed) {
		warn("%s", d->args.updates);
		d->failed = true;
	}
}

static void
write_prometheus(struct display *d)
{
	struct replace r;
	int rc;

	if (d->args.prometheus == NULL)
		return;
	rc = replace_begin(&r, d->args.prometheus, 0666);
	if (rc == 0) {
		record_prometheus(r.f, &d->reports, &d->progress);
		rc = replace_end(&r, false);
	}
	if (rc == -1 && !d->failed) {
		warn("%s", d->args.prometheus);
		d->failed = true;
	}
}

/* Where lines are kept, as in a log, the first is, and each tenth. */
static bool
draws_now(struct display *d)
{
	return d->terminal || d->ticks++ % APART == 0;
}

/*
 * A failure is said before the scan begins; the counters of the last one stay
 * until it does.
 */
static void
try_prometheus(struct display *d)
{
	const char *path = d->args.prometheus;
	struct replace r;

	if (path == NULL)
		return;
	if (replace_begin(&r, path, 0666) == -1)
		err(EXIT_FAILURE, "%s", path);
	record_prometheus(r.f, &d->reports, &d->progress);
	if (fflush(r.f) == EOF) {
		warn("%s", path);
		replace_cancel(&r);
		exit(TOOL_MISUSED);
	}
	replace_cancel(&r);
}

static void
tick(struct display *d, bool over)
{
	struct progress before = d->progress;
	char words[256];
	double now = wall();

	if (!d->reports.started)
		return;
	progress_compute(&d->progress, &before, &d->reports, now, over);
	if (d->places != NULL) {
		fleet_compute(&d->fleet, &d->progress, &d->reports, now);
		if (!d->in_place && !d->args.quiet)
			say_troubles(d);
	}
	if (!over && d->places == NULL && now - d->warned >= WARN_SECONDS &&
	    progress_warning(&d->progress, words, sizeof words) != NULL) {
		if (d->in_place && write(d->line_fd, "\r\033[K", 4) == -1)
			return;
		log_say(&d->log, LOG_LEVEL_WARN, "%s", words);
		d->warned = now;
	}
	/* a scan that never began has said why; a row of zeros adds nothing */
	if (!d->args.quiet && (over || draws_now(d)) &&
	    !(over && d->progress.packets.total == 0 &&
		d->progress.received.total == 0))
		status_draw(d, over);
	write_updates(d);
	write_prometheus(d);
}

/* Where zmap has started us; others have the last status line. */
static void
tell_closing(const struct display *d)
{
	char text[1024];

	if (d->line_fd == STDERR_FILENO || !d->reports.started)
		return;
	closing(&d->reports, &d->progress, text, sizeof text);
	log_info(&d->log, "%s", text);
}

/* A dry run has a record, and never begins. */
static bool
is_dry(const struct display *d)
{
	return reports_option(&d->reports, "dryrun") != NULL ||
	    reports_option(&d->reports, "fast-dryrun") != NULL;
}

static void
write_metadata(struct display *d)
{
	FILE *f = d->metadata;

	if (f == NULL)
		return;
	/* a scan that was refused leaves the record of the last one */
	if (!d->reports.started && !is_dry(d) && outfile_used(fileno(f)))
		return;
	if ((f != stdout && outfile_empty(fileno(f)) == -1) ||
	    record_metadata(f, &d->reports, &d->progress) == -1 ||
	    fflush(f) == EOF || ferror(f) ||
	    (f != stdout && fclose(f) == EOF)) {
		warn("%s", d->args.metadata);
		d->failed = true;
	}
}

/* --- options --- */

/* What we were told ourselves is part of what the scan was told. */
static void
add_facts(struct reports *r, const struct options *o)
{
	struct output facts;
	const char *at, *nl, *why;

	if (output_open(&facts, -1) == -1)
		err(EXIT_FAILURE, NULL);
	inforce_options(&facts, o, NULL);
	output_byte(&facts, '\0');
	for (at = (const char *)facts.buf; (nl = strchr(at, '\n')) != NULL;
	     at = nl + 1)
		if (reports_line(r, at, nl - at, wall(), &why) == -1)
			errx(EXIT_FAILURE, "%s", why);
	output_close(&facts);
}

static FILE *
open_file(const char *path)
{
	struct outfile f;
	FILE *file;

	if (strcmp(path, "-") == 0)
		return stdout;
	if (outfile_open(&f, path, 0666) == -1 ||
	    (file = fdopen(f.fd, "w")) == NULL)
		err(EXIT_FAILURE, "%s", path);
	return file;
}

/* Behind what is there, which may be of a run that this one goes on with. */
static FILE *
open_copy(const char *path)
{
	int fd = file_create(path, 0666);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "a");

	if (f == NULL)
		err(EXIT_FAILURE, "%s", path);
	/* a crash may have left half a line */
	if (lseek(fd, 0, SEEK_END) > 0)
		fputc('\n', f);
	fcntl(fd, F_SETFL, O_APPEND);
	return f;
}

/* Before the scan begins: a file that cannot be written is no surprise. */
static void
status_open_files(struct display *d)
{
	const struct args *a = &d->args;
	struct stat st;

	if (a->updates != NULL) {
		d->updates = open_file(a->updates);
		/* a file may be one that an earlier scan has left */
		if (!outfile_used(fileno(d->updates))) {
			begin_updates(d);
			fflush(d->updates);
		}
	}
	if (a->copy != NULL)
		d->copy = open_copy(a->copy);
	if (a->metadata != NULL)
		d->metadata = open_file(a->metadata);
	if (a->prometheus != NULL && stat(a->prometheus, &st) == 0 &&
	    S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		err(EXIT_FAILURE, "%s", a->prometheus);
	}
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
	add_places(d, argv + o->index);
	if (d->places == NULL && isatty(STDIN_FILENO))
		errx(TOOL_MISUSED,
		    "stdin is a terminal: status lines come there, from the --status-fd of other programs; or name files that zmap --status-file keeps");
	if (d->places != NULL && a->copy != NULL)
		errx(TOOL_MISUSED, "--status-file keeps what comes on stdin");
	add_facts(&d->reports, &t->options);
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
		if (poll(&p, 1, wait) > 0 && !read_more(d))
			return;
	}
}

/* Until all shards are complete. */
static void
follow_places(struct display *d)
{
	uint64_t next = clock_ns() + SECOND / 2;

	while (!d->progress.complete || d->reports.nshards == 0) {
		follow_read(d->places, take_followed, d);
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
	try_prometheus(&d);
	d.terminal = isatty(d.line_fd);
	/* results on the same terminal would be torn by a line that moves */
	d.in_place = log_terminal(d.line_fd) &&
	    (d.places != NULL || !isatty(STDOUT_FILENO));
	if (d.places != NULL)
		follow_places(&d);
	else
		status_follow(&d);
	tick(&d, true);
	write_metadata(&d);
	tell_closing(&d);
	if (d.args.summary)
		record_summary(stderr, &d.reports, &d.progress);
	if (d.updates != NULL && d.updates != stdout &&
	    fclose(d.updates) == EOF && !d.failed) {
		warn("%s", d.args.updates);
		d.failed = true;
	}
	tool_close_stdout();
	reports_free(&d.reports);
	free(d.buf);
	return d.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
