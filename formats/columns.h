/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The columns that --output-fields selects: names, bound to the fields of each
 * segment.  A list is names between commas or blanks, or "*" for all fields.
 * A template is text with names in braces, "{saddr}:{sport}", or, where there
 * are no braces, text in which every word is a name, "saddr:sport".
 *
 * The first segment must have all fields.  Later ones may lack some, which
 * are null then, as those are with a "?" after the name anywhere.  The name
 * `blank` is a column that is always null.
 *
 * A name means what ZMap prints by it: `timestamp` is text there.  A caller
 * with types of its own sets `stored` after columns_parse(): then a name means
 * the stream's field of that name if there is one, `timestamp` is a time, and
 * "*" has each fact once.
 */
#ifndef COLUMNS_H
#define COLUMNS_H
#include <stdbool.h>
#include <stddef.h>

#include "stream/field.h"
#include "stream/header.h"
#include "stream/value.h"

struct column {
	char name[FIELD_NAME_MAX]; /* as printed */
	enum field_type type;
	char *before; /* text of a template before it */
	bool optional;
	struct field_ref ref;
};

struct columns {
	struct column *list;
	size_t count;
	char *after; /* text of a template at the end */
	bool all;    /* "*", not bound yet */
	bool stored; /* names and "*" mean fields as the stream has them */
};

/* -1 with the reason in why. */
int columns_parse(struct columns *, const char *spec, bool template, char *why,
    size_t whysize);

/*
 * Looks all names up.  first: -1 if one is unknown, and why is set; otherwise
 * returns how many were missing and sets *missing to the first of them.
 */
int columns_bind(struct columns *, const struct header *, bool first,
    const char **missing, char *why, size_t whysize);

void columns_free(struct columns *);

/* The value of a column. */
static inline struct value
column_value(struct column *c, const struct value *record, size_t n)
{
	if (c->ref.view == VIEW_SELF)
		return c->ref.index < n ? record[c->ref.index] :
					  (struct value){ .type = VALUE_NULL };
	return field_value(&c->ref, record, n);
}

#endif
