/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow: lines that others write, as they come, from any number of places:
 * files that grow, on shared storage too; directories of such files; pipes;
 * Unix and TCP sockets of programs that pass lines on.  A place may not be
 * there yet, go away and come back: it is looked at again and again.
 *
 *	follow_add(f, "status");		a directory, or a file
 *	follow_add(f, "tcp:192.0.2.1:9000");
 *	for (;;)
 *		follow_read(f, take, ctx);	then sleep a little
 */
#ifndef FOLLOW_H
#define FOLLOW_H
#include <stdbool.h>
#include <stddef.h>

struct follow;

struct follow_line {
	const char *text; /* without newline, not ended by NUL */
	size_t len;
	const char *place; /* where it comes from */
	void **memory;	   /* the callback's, of this place; freed at the end */
};

typedef void follow_take(void *ctx, const struct follow_line *);

struct follow *follow_new(void); /* NULL for lack of memory */
void follow_free(struct follow *);

/* -1 with the reason in why if that can never be one. */
int follow_add(struct follow *, const char *place, char *why, size_t whysize);

/* All whole lines that are there now.  A line over 64 KiB is skipped. */
void follow_read(struct follow *, follow_take *, void *ctx);

#endif
