/* SPDX-License-Identifier: Apache-2.0 */
/* Status lines as they come on stdin; see display.h. */
#include "tools/zmap-status/display.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES (1 << 20)

static void
status_take_line(struct display *d, const char *line, size_t n)
{
	const char *why;

	d->lines++;
	if (d->copy != NULL)
		fprintf(d->copy, "%.*s\n", (int)n, line);
	if (n == 0 ||
	    reports_line(&d->scan->reports, line, n, status_wall(), &why) == 0)
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

bool
status_read_more(struct display *d)
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
