/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists that a command line names, in their order, and what they say put
 * into a scope.
 */
#ifndef LISTS_H
#define LISTS_H
#include <stdbool.h>
#include <stddef.h>

#include "addr/list.h"
#include "targets/selection.h"

struct lists_source {
	enum selection_part part;
	const char *text; /* a path, "-" for stdin, or an operand */
	bool is_path;
	int fd; /* of a path, once open */
};

struct lists { /* by lists_init() */
	struct lists_source *source;
	size_t n;
	/* Told of names that cannot be resolved; NULL: that is an error. */
	void (*unknown)(const char *what);
	/* Told of blacklists that name nothing; may be NULL. */
	void (*empty)(const char *what);
	struct resolver resolver; /* started by the caller */
	/* Of the entries that are wanted, 4 or 6; 0: both. */
	unsigned family;
	uint64_t skipped; /* entries of the other family */
	char why[1024];	  /* of a failure, or "": see errno */
};

void lists_init(struct lists *in);

/* All of these return -1 on failure. */
int lists_add(struct lists *in, enum selection_part part, const char *text,
    bool is_path);
/* Opens all files. */
int lists_ready(struct lists *in);
/* Reads the lists of some parts, given as bits, 1 << part. */
int lists_read(struct lists *in, struct selection *scope, unsigned parts);

/* One list, entry by entry: 1, or 0 at its end. */
int lists_open(struct lists *in, size_t i, struct list *l);
int lists_next(struct lists *in, struct list *l, struct list_entry *e);
/* The last entry has been refused for this reason, or for lack of memory. */
int lists_refuse(struct lists *in, struct list *l, const char *why);
/* No more names. */
void lists_resolved(struct lists *in);
void lists_free(struct lists *in);

#endif
