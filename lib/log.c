/* Time-stamped messages on stderr; see log.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

static const char *const names[] = {
	[LOG_LEVEL_FATAL] = "FATAL",
	[LOG_LEVEL_ERROR] = "ERROR",
	[LOG_LEVEL_WARN] = "WARN",
	[LOG_LEVEL_INFO] = "INFO",
	[LOG_LEVEL_DEBUG] = "DEBUG",
	[LOG_LEVEL_TRACE] = "TRACE",
};

void
log_say(const struct log *log, enum log_level level, const char *fmt, ...)
{
	struct timespec now;
	char line[1024], when[32];
	struct tm tm;
	va_list ap;
	int n, m;

	if (level > log->level)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(when, sizeof when, "%b %d %H:%M:%S", &tm);
	n = snprintf(line, sizeof line, "%s.%03ld [%s] %s: ", when,
	    now.tv_nsec / 1000000, names[level], log->stage);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
	va_end(ap);
	if (m > (int)sizeof line - n - 2)
		m = sizeof line - n - 2;
	line[n + m] = '\n';
	/* one write: lines of the stages share a terminal */
	if (write(STDERR_FILENO, line, n + m + 1) == -1)
		return;
}
