/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err(3), errx, warn and warnx, as the C library has them but for one thing:
 * messages quote options, files, streams and answers, and what of these a
 * terminal would obey is escaped.  They have the library's names, so no
 * program can include <err.h> and print a stranger's bytes after all.
 *
 * A message is a line, and one write: lines of several programs, on one
 * terminal, are not torn.
 */
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"

static void
err_print(int error, const char *fmt, va_list ap)
{
	char *text = NULL, *line = NULL, *safe;
	const char *colon = fmt != NULL && error != 0 ? ": " : "";
	const char *reason = error != 0 ? strerror(error) : "";
	size_t room;
	int n;

	/* what is printed already comes before it */
	fflush(stdout);
	if (fmt != NULL && vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	n = asprintf(&line, "%s: %s%s%s", program_invocation_short_name,
	    text != NULL ? text : "", colon, reason);
	room = n == -1 ? 0 : (size_t)n * SHOWN_GROWTH + 2;
	safe = n == -1 ? NULL : malloc(room);
	if (safe != NULL) {
		n = shown(safe, room - 1, line, n);
		safe[n] = '\n';
		fwrite(safe, 1, n + 1, stderr);
	} else {
		fputs("out of memory\n", stderr);
	}
	free(safe);
	free(line);
	free(text);
}

void
warn(const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	err_print(error, fmt, ap);
	va_end(ap);
	errno = error;
}

void
warnx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_print(0, fmt, ap);
	va_end(ap);
}

void
err(int status, const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	va_start(ap, fmt);
	err_print(error, fmt, ap);
	va_end(ap);
	exit(status);
}

void
errx(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_print(0, fmt, ap);
	va_end(ap);
	exit(status);
}
