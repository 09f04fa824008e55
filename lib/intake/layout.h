/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of text and the fields of the records that are made of them.  Most
 * columns are a field each; others are views, and several make one field:
 *
 *	saddr  saddr_raw  timestamp_ts  timestamp_us	columns
 *	  \	 /		 \	    /
 *	   saddr		timestamp		fields
 */
#ifndef LAYOUT_H
#define LAYOUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intake/names.h"
#include "stream/encode.h"
#include "stream/stream.h"

#define LAYOUT_COLUMNS_MAX (2 * FIELD_MAX)

struct layout_column {
	size_t field;
	enum field_view view;
};

/* What is known of a field's type. */
enum layout_guess {
	LAYOUT_SURE,
	LAYOUT_OPEN, /* text, as long as there was no value */
	LAYOUT_MADE, /* by the values so far */
};

/* Of a time, what its columns said in this record. */
struct layout_time {
	bool whole, second, micro;
	uint64_t ns, s, us;
};

struct layout {
	struct layout_column columns[LAYOUT_COLUMNS_MAX];
	size_t ncolumns;
	struct field fields[FIELD_MAX + 1];
	char names[FIELD_MAX][FIELD_NAME_MAX];
	enum layout_guess guess[FIELD_MAX];
	size_t nfields;

	/* of the record */
	struct value values[FIELD_MAX];
	struct layout_time times[FIELD_MAX];
	unsigned char *room;
	struct encoder scratch;
};

int layout_open(struct layout *); /* -1 for lack of memory */
void layout_close(struct layout *);
void layout_clear(struct layout *); /* no columns */

/* The new column's index, or -1 with *why: constant words. */
long layout_add(struct layout *, const struct name *, const char **why);

/* Of what type the text of a column is. */
enum field_type layout_type(const struct layout *, size_t column);

void layout_begin(struct layout *);
void layout_put(struct layout *, size_t column, const struct value *);

/* Writes the record: -1 with *why, or NULL in it if writing has failed. */
int layout_write(struct layout *, struct stream_out *, const char **why);

#endif
