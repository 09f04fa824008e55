/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a scan in one place; see logsink.h. */
#include "cli/logsink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/shown.h"

static const struct {
	const char *tag; /* as lib/base/log.c writes it */
	int priority;	 /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_FATAL] = { "[FATAL]", LOG_CRIT },
	[LOG_LEVEL_ERROR] = { "[ERROR]", LOG_ERR },
	[LOG_LEVEL_WARN] = { "[WARN]", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "[INFO]", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "[DEBUG]", LOG_DEBUG },
	[LOG_LEVEL_TRACE] = { "[TRACE]", LOG_DEBUG },
};

#define WHEN_LEN 20 /* "Aug 11 16:16:12.813 " */

static void
look_at(struct logsink *m)
{
	m->terminal = log_terminal(m->fd);
	m->colour = log_colour(m->fd);
}

static int
open_log(const char *path)
{
	int fd = file_create(path, 0666);

	if (fd != -1)
		fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

int
logsink_open(struct logsink *m, const char *log_file, const char *log_directory,
    bool to_syslog)
{
	char name[64];
	struct tm tm;
	time_t now;

	*m = (struct logsink){ .fd = STDERR_FILENO,
		.syslog = to_syslog,
		.level = LOG_LEVEL_INFO };
	if (log_directory != NULL) {
		now = time(NULL);
		localtime_r(&now, &tm);
		strftime(name, sizeof name, "zmap-%Y-%m-%dT%H%M%S%z.log", &tm);
		if (asprintf(&m->path, "%s/%s", log_directory, name) == -1)
			return -1;
	} else if (log_file != NULL && strcmp(log_file, "-") != 0) {
		m->path = strdup(log_file);
	}
	if (m->path != NULL) {
		m->fd = open_log(m->path);
		m->file = true;
		if (m->fd == -1)
			return -1;
	}
	look_at(m);
	if (to_syslog)
		openlog("zmap", LOG_PID, LOG_USER);
	return 0;
}

void
logsink_reopen(struct logsink *m)
{
	struct stat open, named;
	int fd;

	if (!m->file || fstat(m->fd, &open) == -1 || !S_ISREG(open.st_mode) ||
	    (stat(m->path, &named) == 0 && named.st_ino == open.st_ino &&
		named.st_dev == open.st_dev))
		return;
	fd = open_log(m->path);
	if (fd == -1)
		return; /* better the moved one than none */
	close(m->fd);
	m->fd = fd;
}

int
logsink_level(const char *line, size_t n)
{
	size_t i, len;

	if (n < WHEN_LEN || line[WHEN_LEN] != '[' || line[WHEN_LEN - 5] != '.')
		return -1;
	for (i = 0; i < sizeof levels / sizeof *levels; i++) {
		len = strlen(levels[i].tag);
		if (n > WHEN_LEN + len &&
		    strncmp(line + WHEN_LEN, levels[i].tag, len) == 0)
			return i;
	}
	return -1;
}

#define LINE_LONGEST 4096 /* as zmap reads them */

static int
write_line(const struct logsink *m, int level, const char *line, size_t n)
{
	char buf[SHOWN_GROWTH * LINE_LONGEST + 512], when[32];
	const char *tag, *rest;
	size_t len = 0;

	if (m->terminal)
		len += snprintf(buf, sizeof buf, "\r\033[K");
	if (level == -1 && m->file) {
		log_time(when, sizeof when);
		len += snprintf(buf + len, sizeof buf - len, "%s [ERROR] ",
		    when);
	}
	if (level != -1 && m->colour) {
		tag = levels[level].tag;
		rest = line + WHEN_LEN + strlen(tag);
		len += snprintf(buf + len, sizeof buf - len, "%.*s%s%s\033[0m",
		    WHEN_LEN, line, log_colour_of(level), tag);
		line = rest;
		n -= WHEN_LEN + strlen(tag);
	}
	len += snprintf(buf + len, sizeof buf - len, "%.*s\n", (int)n, line);
	if (len >= sizeof buf) {
		len = sizeof buf - 1;
		buf[len - 1] = '\n';
	}
	return write(m->fd, buf, len) == (ssize_t)len ? 0 : -1;
}

/*
 * What goes wrong is on stderr as well as in a log, unless that is the same
 * file: who waits for the program, a person or cron(8), should not have to look
 * for it.
 */
static void
write_again(const struct logsink *m, int level, const char *line, size_t n)
{
	struct logsink other = { .fd = STDERR_FILENO };
	struct stat log, err;

	if (level > LOG_LEVEL_ERROR || fstat(m->fd, &log) == -1 ||
	    fstat(other.fd, &err) == -1 ||
	    (log.st_ino == err.st_ino && log.st_dev == err.st_dev))
		return;
	look_at(&other);
	write_line(&other, level, line, n);
}

void
logsink_line(struct logsink *m, const char *given, size_t size)
{
	char line[SHOWN_GROWTH * LINE_LONGEST + 1];
	int level = logsink_level(given, size);
	size_t skip, n;

	logsink_reopen(m);
	n = shown_lines(line, sizeof line, given, size);
	if (n > sizeof line - 1)
		n = strlen(line);
	skip = level == -1 ? 0 : WHEN_LEN + strlen(levels[level].tag) + 1;
	if (m->syslog)
		syslog(levels[level == -1 ? LOG_LEVEL_ERROR : level].priority,
		    "%.*s", (int)(n - skip), line + skip);
	errno = ENOSPC; /* that of a short write */
	if (write_line(m, level, line, n) == 0) {
		if (m->file)
			write_again(m, level, line, n);
		return;
	}
	if (!m->file)
		return;
	m->error = errno;
	m->file = false;
	m->fd = STDERR_FILENO;
	look_at(m);
	write_line(m, level, line, n);
}

static void
own_line(struct logsink *m, enum log_level level, const char *text)
{
	char line[512], when[32];

	log_time(when, sizeof when);
	snprintf(line, sizeof line, "%s %s zmap: %s", when, levels[level].tag,
	    text);
	logsink_line(m, line, strlen(line));
}

void
logsink_say(struct logsink *m, enum log_level level, const char *text)
{
	if (level <= m->level)
		own_line(m, level, text);
}

void
logsink_mark(struct logsink *m, const char *text)
{
	if (m->file || m->level >= LOG_LEVEL_INFO)
		own_line(m, LOG_LEVEL_INFO, text);
}
