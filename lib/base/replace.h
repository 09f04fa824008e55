/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replace: a file that is replaced as a whole. Who reads it finds what was
 * there or what is new, and never a part.
 *
 *	if (replace_begin(&r, path, 0644) == -1)
 *		...
 *	fprintf(r.f, ...);
 *	if (replace_end(&r, true) == -1)
 *		...
 *
 * The new contents go into a new file beside it, with a name that cannot be
 * guessed. So the owner of the directory cannot have put a link there.
 */
#ifndef REPLACE_H
#define REPLACE_H
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct replace {
	FILE *f; /* takes the new contents */
	const char *path;
	char temporary[PATH_MAX];
};

/* Both: 0, or -1 with errno, and nothing new is left behind. */
int replace_begin(struct replace *, const char *path, mode_t mode);

/* Leaves what is there: only to see whether it could be replaced. */
void replace_cancel(struct replace *);

/* durable: contents and name are on disk when this returns. */
int replace_end(struct replace *, bool durable);

#endif
