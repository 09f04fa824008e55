/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the messages of all stages go: to stderr, or to a log file, and then
 * only what goes wrong to stderr too, and to syslog.  Lines of lib/base/log.h
 * tell their level; any other line from a stage is taken for an error.
 */
#ifndef LOGSINK_H
#define LOGSINK_H
#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

struct logsink {
	int fd;
	char *path;    /* of the log, or NULL */
	bool file;     /* a log: each line must have its time */
	bool terminal; /* clear the status line below us first */
	bool colour;
	bool syslog;
	enum log_level level; /* of logsink_say: this and what is graver */
	int error;	      /* errno of a log file that takes no more, or 0 */
};

/*
 * log_file or log_directory may be NULL.  A log that is there is written at
 * its end.  -1 with errno and path set to what could not be opened.
 */
int logsink_open(struct logsink *, const char *log_file,
    const char *log_directory, bool to_syslog);

/*
 * Opens the log anew, if its name is no longer that of the open file, which was
 * moved away.  Done before each line, too.
 */
void logsink_reopen(struct logsink *);

/*
 * One line, without newline.  When a log file takes no more, this and what
 * follows goes to stderr.
 */
void logsink_line(struct logsink *, const char *line, size_t n);

/*
 * A line of zmap's own, if its level asks for it, in the form of
 * lib/base/log.h.
 */
void logsink_say(struct logsink *, enum log_level, const char *text);

/*
 * The same for when a scan begins and ends: information, which a log has
 * whatever the level.
 */
void logsink_mark(struct logsink *, const char *text);

/* The level (lib/base/log.h) of a line that lib/base/log.c wrote, or -1. */
int logsink_level(const char *line, size_t n);

#endif
