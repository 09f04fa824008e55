/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on a terminal or in a log; see display.h. */
#include "tools/zmap-status/display.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "show/fit.h"

/* Of one scan out of several, its name in front. */
static void
scan_name(const struct display *d, const struct scans_one *one, char *buf,
    size_t size)
{
	buf[0] = '\0';
	if (scans_shown(&d->scans, 1, status_wall()) != NULL)
		snprintf(buf, size, "scan %.8s: ", one->id);
}

/* The line of a scan. */
static void
scan_line(const struct display *d, const struct scans_one *one, char *buf,
    size_t size)
{
	char line[512], name[32];

	progress_line(&one->progress, line, sizeof line);
	if (d->places == NULL) {
		snprintf(buf, size, "%s", line);
		return;
	}
	scan_name(d, one, name, sizeof name);
	snprintf(buf, size, "%s%.400s; shards: %" PRIu64 " of %" PRIu64 " done",
	    name, line, one->fleet.done, one->fleet.shards);
}

/*
 * A scan's line, and under it one for each shard in trouble, n at most.  How
 * many lines these are.
 */
static size_t
draw_scan(const struct display *d, const struct scans_one *one, size_t n,
    unsigned columns, FILE *out)
{
	char line[512];
	size_t i;

	scan_line(d, one, line, sizeof line);
	if (columns > 1)
		fit(line, columns, one->progress.drops.total > 0);
	fprintf(out, "%s\n", line);
	for (i = 0; i < n &&
	     fleet_trouble(&one->reports, status_wall(), i, line, sizeof line);
	     i++) {
		if (columns > 1)
			fit(line, columns, false);
		fprintf(out, "%s\n", line);
	}
	if (one->fleet.trouble <= i)
		return i + 1;
	fputs("... and more\n", out);
	return i + 2;
}

/* All scans that are followed, over what was drawn before. */
static void
draw_fleet(struct display *d)
{
	struct winsize w = { .ws_row = 24, .ws_col = 80 };
	const struct scans_one *one;
	size_t lines = 0, size, i;
	char *all = NULL;
	FILE *out;

	if (ioctl(d->line_fd, TIOCGWINSZ, &w) == -1 || w.ws_row < 4)
		w.ws_row = 24;
	out = open_memstream(&all, &size);
	if (out == NULL)
		return;
	if (d->drawn > 0)
		fprintf(out, "\033[%zuA\r\033[J", d->drawn);
	for (i = 0; (one = scans_shown(&d->scans, i, status_wall())) != NULL &&
	     lines + 3 <= w.ws_row;
	     i++)
		lines += draw_scan(d, one, w.ws_row - 3 - lines, w.ws_col, out);
	d->drawn = lines;
	fclose(out);
	if (write(d->line_fd, all, size) == -1)
		lines = 0;
	free(all);
}

void
status_say_troubles(struct display *d)
{
	char all[sizeof d->said] = "", line[128], name[32], *more;
	const struct scans_one *one;
	size_t at = 0, i, k;

	for (k = 0; (one = scans_shown(&d->scans, k, status_wall())) != NULL;
	     k++) {
		scan_name(d, one, name, sizeof name);
		for (i = 0; at < sizeof all - sizeof line - sizeof name &&
		     fleet_trouble(&one->reports, status_wall(), i, line,
			 sizeof line);
		     i++) {
			/* how long it has been silent is no news */
			more = strstr(line, " for ");
			if (more != NULL)
				*more = '\0';
			at += snprintf(all + at, sizeof all - at, "%s%s\n",
			    name, line);
		}
	}
	if (strcmp(all, d->said) == 0)
		return;
	memcpy(d->said, all, sizeof all);
	if (write(d->line_fd, all, strlen(all)) == -1)
		return;
}

static void
draw_line(struct display *d, const struct scans_one *one, bool last)
{
	struct winsize w = { .ws_col = 0 };
	char line[512], out[560];
	int n;

	scan_line(d, one, line, sizeof line);
	if (d->in_place && ioctl(d->line_fd, TIOCGWINSZ, &w) == 0 &&
	    w.ws_col > 1)
		fit(line, w.ws_col, one->progress.drops.total > 0);
	/* the cursor stays at the left: what comes next goes over it */
	n = snprintf(out, sizeof out,
	    !d->in_place ? "%s\n" :
		last	 ? "\r\033[K%s\n" :
			   "\r\033[K%s\r",
	    line);
	if (write(d->line_fd, out, n) == -1)
		return;
}

void
status_draw(struct display *d, bool last)
{
	const struct scans_one *one;
	size_t i;

	if (d->in_place && d->places != NULL) {
		draw_fleet(d);
		return;
	}
	for (i = 0; (one = scans_shown(&d->scans, i, status_wall())) != NULL;
	     i++)
		draw_line(d, one, last);
}
