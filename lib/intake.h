/*
 * The lists that a command line names, in their order, and what they say put
 * into a scope.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include <stddef.h>

#include "list.h"
#include "scope.h"

struct intake_source {
	enum scope_part part;
	const char *text; /* a path, "-" for stdin, or an operand */
	int is_path;
	int fd; /* of a path, once open */
};

struct intake { /* by intake_init() */
	struct intake_source *source;
	size_t n;
	/* Told of names that cannot be resolved; NULL: that is an error. */
	void (*unknown)(const char *what);
	struct resolver resolver; /* started by the caller */
	char why[1024];		  /* of a failure, or "": see errno */
};

void intake_init(struct intake *in);

/* All of these return -1 on failure. */
int intake_add(struct intake *in, enum scope_part part, const char *text,
    int is_path);
/* Opens all files. */
int intake_ready(struct intake *in);
/* Reads the lists of all parts but one; -1 for none. */
int intake_read(struct intake *in, struct scope *scope, int but);

/* One list, entry by entry: 1, or 0 at its end. */
int intake_open(struct intake *in, size_t i, struct list *l);
int intake_next(struct intake *in, struct list *l, struct list_entry *e);
/* The last entry has been refused for this reason, or for lack of memory. */
int intake_refuse(struct intake *in, struct list *l, const char *why);
/* No more names. */
void intake_resolved(struct intake *in);
void intake_free(struct intake *in);

#endif
