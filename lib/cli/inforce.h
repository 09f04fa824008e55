/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inforce: a program says which options are in force for it, as status lines:
 *
 *	{"stage":"send","options":{"rate":2500.5},"defaults":{"probe-ttl":64}}
 *
 * Numbers are numbers, by the types of the table, so a reader of this needs no
 * parser of options.  A line stays below PIPE_BUF and is never torn; what
 * does not fit comes in several, where "more" adds to a text or an array.
 */
#ifndef INFORCE_H
#define INFORCE_H
#include <stddef.h>

struct option_def;
struct options;
struct output;

/*
 * What was given, what is in force without it, and the operands, under that
 * name, if it is not NULL.  Operands beyond some 32 KiB are only counted.
 */
void inforce_options(struct output *, const struct options *,
    const char *operands);

/* Writes such lines, or what fits into the pipe within a second. */
void inforce_send(int fd, const struct output *);

/* One option that zmap was told, as a line of its own. */
void inforce_option(struct output *, const char *stage,
    const struct option_def *, const char *text);

#endif
