/*
 * Where the messages of all stages go: to the terminal, or to a log file, and
 * to syslog.  Lines of lib/log.h tell their level; any other line from a stage
 * is taken for an error.
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "log.h"

struct messages {
	int fd;
	bool file;     /* a log: each line must have its time */
	bool terminal; /* clear the status line below us first */
	bool colour;
	bool syslog;
	int error; /* errno of a log file that takes no more, or 0 */
};

/*
 * log_file or log_directory may be NULL.  -1 with errno and *path (to be
 * freed) set to what could not be opened.
 */
int messages_open(struct messages *, const char *log_file,
    const char *log_directory, bool to_syslog, char **path);

/*
 * One line, without newline.  When a log file takes no more, this and what
 * follows goes to stderr.
 */
void messages_line(struct messages *, const char *line, size_t n);

/* A line of zmap's own, in the form of lib/log.h. */
void messages_say(struct messages *, enum log_level, const char *text);

/* The level (lib/log.h) of a line that lib/log.c wrote, or -1. */
int messages_level(const char *line, size_t n);

#endif
