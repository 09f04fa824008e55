/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Informational messages, on stderr, as the first ZMap wrote them:
 *
 *	Aug 11 16:16:12.817 [DEBUG] send: no interface given, using eth0
 *
 * Errors and warnings of a tool are err(3) and warn(3) instead.
 */
#ifndef LOG_H
#define LOG_H
#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_FATAL,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO, /* the default */
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_TRACE,
};

struct log {
	const char *stage;
	enum log_level level; /* say this and what is graver */
};

void log_say(const struct log *, enum log_level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "Aug 11 16:16:12.817", local time: 19 characters. */
void log_time(char *, size_t);

/* A terminal that understands more than text; and that wants it coloured. */
bool log_terminal(int fd);
bool log_colour(int fd);
const char *log_colour_of(enum log_level);

#define log_info(log, ...)  log_say((log), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_say((log), LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
