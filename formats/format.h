/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of output formats: how zmap-out prints records.
 *
 * A format is one exported const struct; everything else in its file is
 * static, and formats/format.c has a line for it.  It writes through the
 * `struct output` that it is given, never prints messages and never exits.
 *
 *	prepare		before anything is read: check --output-args, open
 *			what needs rights
 *	open		at the first segment, when the columns are known
 *	segment		at each later one
 *	record		per record
 *	event		per event and end
 *	idle		before a read that may block
 *	close		at the end, whatever came before
 *
 * All but close are called only while all has gone well; close always is, even
 * if nothing else was or if it failed.  The callbacks return -1 with f->why
 * set to what happened; failures of f->out need not be looked at, they are
 * found by the caller.
 */
#ifndef FORMAT_H
#define FORMAT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/output.h"
#include "base/rights.h"
#include "formats/columns.h"
#include "stream/field.h"
#include "stream/header.h"
#include "stream/stream.h"

struct format_config {
	const char *args;   /* --output-args, or NULL */
	const char *fields; /* --output-fields, or NULL */
	const char *path;   /* --output-file, or NULL for stdout */
	bool header_row;    /* wanted where the format has one */
	char *const *argv;  /* of zmap-out, for histories */
};

struct format_state {
	struct output *out;
	const struct format_config *config;
	const struct header *header;	/* of the current segment */
	const struct stream_item *item; /* for open and segment: it */
	struct columns *columns;	/* what -f selected */
	struct rights rights;		/* kept; prepare may add some */
	bool complete;			/* for close: nothing failed */
	bool misused;			/* set if why is the user's fault */
	void *state;			/* the format's own, or NULL */
	char why[256];
};

/* How results are added to a file that holds some: see append.h. */
enum format_appends {
	FORMAT_NUMBERED, /* they are not: a new file is written */
	FORMAT_LINES,
	FORMAT_STREAM,
	FORMAT_ITSELF, /* the format does it */
};

struct format {
	const char *name;  /* must be set */
	const char *alias; /* a further name, or NULL */
	const char *help;  /* one line; must be set */

	/*
	 * The program that has this format, where zmap-out itself has not: it
	 * is run with the same arguments, and then nothing else is set.  NULL
	 * for most.
	 */
	const char *program;

	/* What is printed without -f; NULL: saddr, or saddr,sport. */
	const char *fields;
	bool fixed;	/* these are its fields: -f is refused */
	bool whole;	/* without -f there are no columns, and the format */
			/* takes any record whole */
	bool template;	/* -f is a template, see columns.h */
	bool stored;	/* fields as the stream has them, see columns.h */
	bool binary;	/* not for a terminal */
	bool elsewhere; /* writes nothing to the output */
	bool opens;	/* opens -o by itself, which must be there */
	enum format_appends appends;

	int (*prepare)(struct format_state *); /* may be NULL */
	int (*open)(struct format_state *);    /* may be NULL */
	int (*segment)(struct format_state *); /* may be NULL */

	/*
	 * Must be set.  1: written, 0: left out, because the format has no way
	 * to say it; f->why may then tell what is missing.
	 */
	int (*record)(struct format_state *, const struct stream_item *);

	int (*event)(struct format_state *,
	    const struct stream_item *);     /* may be NULL */
	int (*idle)(struct format_state *);  /* may be NULL */
	int (*close)(struct format_state *); /* may be NULL; frees */
};

extern const struct format *const format_table[]; /* by name, NULL at the end */
const struct format *format_lookup(const char *name);

/* Sets why; returns -1.  The second also says that the arguments are wrong. */
int format_fail(struct format_state *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int format_misuse(struct format_state *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Does the scan of this segment have several ports? */
bool format_many_ports(const struct header *);

#endif
