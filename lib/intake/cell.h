/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells of CSV and values of JSON as values of records, by the type that their
 * field has; the other way round than stream/print.h.
 *
 * Values point to the text that they were made of, or into scratch, an encoder
 * that is emptied for each record.  All return -1 with *why set to constant
 * words, such as "no address".
 */
#ifndef CELL_H
#define CELL_H
#include <stddef.h>

#include "stream/encode.h"
#include "stream/field.h"
#include "stream/value.h"

#define CELL_DEPTH_MAX 24 /* of nested JSON */

struct json_object;

/* Of text that has a NUL behind its n bytes.  Anything but null. */
int cell_parse(struct value *, enum field_type, const unsigned char *, size_t n,
    struct encoder *scratch, const char **why);

/* Of JSON; text takes any value, as its JSON where it is none. */
int cell_convert(struct value *, enum field_type, struct json_object *,
    struct encoder *scratch, const char **why);

/* The type of a field that is not known, guessed from one of its values. */
enum field_type cell_guess(struct json_object *);

/*
 * Nanoseconds since 1970 of ISO 8601: 2026-11-28T20:15:00.123+0100, with a
 * blank or a T, with up to nine digits of a second, and in UTC without a zone.
 */
int cell_time(const char *, uint64_t *ns);

#endif
