/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on a terminal or in a log; see display.h. */
#include "tools/zmap-status/display.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "show/fit.h"

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
	     fleet_trouble(&d->reports, status_wall(), i, line, sizeof line);
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

void
status_say_troubles(struct display *d)
{
	char all[sizeof d->said] = "", line[128], *more;
	size_t at = 0, i;

	for (i = 0; at < sizeof all - sizeof line &&
	     fleet_trouble(&d->reports, status_wall(), i, line, sizeof line);
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

void
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
