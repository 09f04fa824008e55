/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the main function of every tool does alike.
 */
#ifndef TOOL_H
#define TOOL_H
#include <stdbool.h>
#include <stdint.h>

struct options;

#define ZMAP_VERSION "5.0.0"

#define TOOL_MISUSED 2 /* exit status for wrong options */

/*
 * Call first.  Ends the program if descriptor 0, 1 or 2 is closed: the next
 * socket opened would take its number, and records would go on the wire.
 */
void tool_begin(void);

/*
 * SIGINT and SIGTERM are for the stages that start or stop a scan; one that
 * only passes results on ends with its input, so that none is lost.
 */
void tool_ignore_interrupts(void);

/*
 * For a program with a poll loop: a signalfd(2) for SIGTERM, and for SIGINT
 * unless that is ignored, both blocked from now on.  -1 with errno.
 */
int tool_signal_fd(void);

/*
 * Streams are binary: refuses to read one from, or write one to, a terminal.
 * Ends the program with TOOL_MISUSED.
 */
void tool_stream_in(int fd);
void tool_stream_out(int fd);

/* The number that an option takes; ends the program if it is none. */
uint64_t tool_number(const struct options *, uint64_t min, uint64_t max);

/* Flushes and closes stdout; ends the program with 1 if that fails. */
void tool_close_stdout(void);

/* prints and exits 0 */
void tool_version(const char *program) __attribute__((noreturn));

#endif
