/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a result record, and how a name that a user types is found
 * among them.
 *
 * The stream holds each fact once.  What ZMap offers under several names is
 * computed from it: of an `ip` field X, X_raw is the address as ZMap's integer;
 * of a `time` field X, X_str, X_ts and X_us are ISO 8601, seconds and
 * microseconds.  These are views.  Hyphens count as underscores, and the names
 * of the first ZMap (response, seq, ack, in_cooldown, is_repeat, timestamp)
 * are understood.
 */
#ifndef FIELD_H
#define FIELD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "stream/value.h"

#define FIELD_MAX      256 /* fields in a record, at most */
#define FIELD_NAME_MAX 64

enum field_type {
	FIELD_IP, /* bytes, 4 or 16 */
	FIELD_UINT,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_TEXT,
	FIELD_BYTES,
	FIELD_TIME, /* uint, nanoseconds since 1970 UTC */
	FIELD_LIST,
	FIELD_MAP,
};

/* Tables of fields end with a NULL name. */
struct field {
	const char *name;
	enum field_type type;
	const char *help;
};

enum field_view {
	VIEW_SELF,
	VIEW_RAW, /* of an ip: network order, as an integer */
	VIEW_STR, /* of a time: ISO 8601, local time */
	VIEW_TS,  /* of a time: seconds since 1970 */
	VIEW_US,  /* of a time: microseconds of the second */
};

/* A field or view that was looked up; also the room to compute it in. */
struct field_ref {
	char name[FIELD_NAME_MAX]; /* canonical */
	size_t index;		   /* in the record */
	enum field_view view;
	enum field_type type; /* of what comes out */
	char text[40];	      /* last VIEW_STR, and */
	int64_t second;	      /* its second, or -1 */
};

/* 0, or -1 if nothing is called so. */
int field_find(const struct field *, size_t n, const char *name,
    struct field_ref *);

/*
 * The i-th of all fields and views in the order of listings and of `-f '*'`;
 * -1 past the last.
 */
int field_at(const struct field *, size_t n, size_t i, struct field_ref *,
    const char **help);

/*
 * The value of ref in a record of n values; null where the record is short or
 * the value is null.  Text of a VIEW_STR lives in ref until the next call.
 */
struct value field_value(struct field_ref *, const struct value *record,
    size_t n);

/*
 * What the first ZMap called so is this field or view; NULL for no such name.
 * The length of name before the suffix of a view, such as _raw, and what that
 * is a view of; 0 if it has none.
 */
const char *field_alias(const char *name);
size_t field_view_suffix(const char *name, enum field_view *,
    enum field_type *of);

/* "fields: saddr saddr_raw ...", in lines of under 80 columns. */
void field_names(FILE *, const struct field *, size_t n);

const char *field_type_name(enum field_type);	   /* as in streams */
const char *field_type_zmap_name(enum field_type); /* as ZMap lists */
int field_type_parse(const char *, size_t, enum field_type *);

#endif
