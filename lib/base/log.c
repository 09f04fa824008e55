/* SPDX-License-Identifier: Apache-2.0 */
/* Time-stamped messages on stderr; see log.h. */
#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/shown.h"

static const struct {
	const char *name;
	const char *colour;
} levels[] = {
	[LOG_LEVEL_FATAL] = { "FATAL", "\033[1;31m" },
	[LOG_LEVEL_ERROR] = { "ERROR", "\033[31m" },
	[LOG_LEVEL_WARN] = { "WARN", "\033[33m" },
	[LOG_LEVEL_INFO] = { "INFO", "\033[32m" },
	[LOG_LEVEL_DEBUG] = { "DEBUG", "\033[34m" },
	[LOG_LEVEL_TRACE] = { "TRACE", "\033[2m" },
};

void
log_time(char *buf, size_t size)
{
	uint64_t now = clock_wall_ns();
	time_t second = now / SECOND;
	struct tm tm;
	size_t n;

	localtime_r(&second, &tm);
	n = strftime(buf, size, "%b %d %H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03" PRIu64, now / MILLISECOND % 1000);
}

bool
log_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

bool
log_colour(int fd)
{
	const char *no = getenv("NO_COLOR");

	return log_terminal(fd) && (no == NULL || *no == '\0');
}

const char *
log_colour_of(enum log_level level)
{
	return levels[level].colour;
}

void
log_say(const struct log *log, enum log_level level, const char *fmt, ...)
{
	bool colour = log_colour(STDERR_FILENO);
	char text[1024], line[1024], when[32];
	va_list ap;
	int n, m;

	if (level > log->level)
		return;
	log_time(when, sizeof when);
	n = snprintf(line, sizeof line, "%s %s[%s]%s %s: ", when,
	    colour ? levels[level].colour : "", levels[level].name,
	    colour ? "\033[0m" : "", log->stage);
	va_start(ap, fmt);
	m = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (m > (int)sizeof text - 1)
		m = sizeof text - 1;
	m = shown(line + n, sizeof line - n - 1, text, m);
	if (m > (int)sizeof line - n - 2)
		m = sizeof line - n - 2;
	line[n + m] = '\n';
	/* one write: lines of the stages share a terminal */
	if (write(STDERR_FILENO, line, n + m + 1) == -1)
		return;
}
