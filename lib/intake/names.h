/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the name of a column says: the field of a stream that it is, or is a
 * view of, and its type.
 *
 *	saddr			field saddr, an address: receivers have it
 *	saddr_raw		the same, as ZMap's integer
 *	timestamp_ts		field timestamp, seconds of it
 *	response, is-repeat	fields classification, repeat: the first ZMap's
 *	score			text, because it is not known
 *	score:uint		a number, because the user says so
 */
#ifndef NAMES_H
#define NAMES_H
#include <stdbool.h>
#include <stddef.h>

#include "stream/field.h"

struct name {
	char name[FIELD_NAME_MAX]; /* of the field, canonical */
	enum field_type type;	   /* of the field */
	enum field_view view;	   /* that the column holds */
	bool known;		   /* the type is no guess */
	const char *help;	   /* lasts */
};

/*
 * typed: a colon and a type may follow.  -1 with the reason: this can be no
 * name of a field.
 */
int name_parse(struct name *, const char *text, size_t n, bool typed, char *why,
    size_t size);

#endif
