/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of intake.h share: text in a buffer, the columns it has, and
 * the two forms it comes in.
 *
 *	intake.c    files, the buffer, and segments of the stream
 *	columns.c   what -f names, and what each name of the text is
 *	rows.c      CSV
 *	objects.c   JSON
 */
#ifndef INTAKE_PARTS_H
#define INTAKE_PARTS_H
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/outcome.h"
#include "intake/csv.h"
#include "intake/intake.h"
#include "intake/jsonscan.h"
#include "intake/layout.h"
#include "stream/stream.h"

#define INTAKE_HELD	 256	   /* objects that are kept, at most */
#define INTAKE_HELD_TEXT (1 << 20) /* or bytes of them */
#define IGNORED		 -1

/* A name of -f, or a key of objects, and the column that it is. */
struct key {
	char name[FIELD_NAME_MAX];
	long column; /* or IGNORED */
};

/* What is read and not yet taken: len - start bytes. */
struct intake_text {
	unsigned char *buf; /* one byte more than room */
	size_t room, start, len;
};

/* -f */
struct intake_names {
	struct name wanted[FIELD_MAX];
	struct key wants[FIELD_MAX];
	size_t nwanted;
	bool others; /* all that are not in -f, too */
};

struct intake_rows {
	struct csv csv;
	struct csv_cell cells[LAYOUT_COLUMNS_MAX];
	long column_of[LAYOUT_COLUMNS_MAX]; /* of each cell */
	size_t ncells;
};

struct intake_objects {
	struct json_tokener *tokener;
	bool inside; /* an object has begun */
	struct json_scan scan;
	size_t object_size;
	uint64_t ended; /* lines */
	struct key keys[LAYOUT_COLUMNS_MAX];
	size_t nkeys, next_key;
	struct json_object *held[INTAKE_HELD];
	uint64_t held_line[INTAKE_HELD];
	size_t nheld, held_size;
};

struct intake {
	struct intake_config config;
	struct stream_out *out;
	struct layout layout;
	struct intake_names names;
	/* of the file */
	char file[128];
	uint64_t line; /* of the row or object */
	enum intake_format format;
	bool begun, in_segment, have_columns;
	struct intake_text text;
	struct intake_rows rows;
	struct intake_objects objects;
	uint64_t records;
	char why[400];
};

/* Sets the reason, with file and line; returns -1. */
int intake_wrong(struct intake *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A cell that is not of its type, with what it holds; returns -1. */
int intake_bad_value(struct intake *, size_t column, const void *text, size_t n,
    const char *why);

/* A segment with the fields that are known now. */
int intake_begin_segment(struct intake *);

/* The record that is in the layout. */
int intake_write_record(struct intake *);

/* The columns of -f, in its order: they are there in any case. */
int intake_add_wanted(struct intake *);

/* The column that this name stands for, which is made if it is new. */
int intake_find_column(struct intake *, const char *text, size_t n, bool typed,
    long *column);

int intake_parse_wanted(struct intake *, const char *spec, char *why, size_t);

/* Takes what is in the buffer, as far as it is whole. */
int intake_take_rows(struct intake *, bool eof);
int intake_take_objects(struct intake *, bool eof);

/* Writes the objects that are held: their fields are all there are, for now. */
int intake_let_go(struct intake *);

#endif
