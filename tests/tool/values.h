/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe module's values must be like, whatever the answer was: checked
 * in tests and while fuzzing.
 */
#ifndef VALUES_H
#define VALUES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/encode.h"
#include "probe/probe.h"
#include "stream/token.h"
#include "base/utf8.h"

static void
values_bad(const struct probe *p, const struct field *f, const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", p->name, f->name, what);
	abort();
}

/* Texts inside of lists and maps; returns the bytes of the item. */
static size_t
values_item(const struct probe *p, const struct field *f,
    const unsigned char *at, size_t n, int depth)
{
	struct token t;
	ssize_t used = token_next(at, n, &t);
	size_t i, items = 0, size;

	if (used <= 0 || depth > 4 || t.indefinite)
		values_bad(p, f, "not an item of CBOR");
	size = used;
	if (t.kind == TOKEN_TEXT && !utf8_valid(t.bytes, t.number))
		values_bad(p, f, "text that is not UTF-8");
	if (t.kind == TOKEN_ARRAY)
		items = t.number;
	if (t.kind == TOKEN_MAP)
		items = 2 * t.number;
	for (i = 0; i < items; i++)
		size += values_item(p, f, at + size, n - size, depth + 1);
	return size;
}

/* Ends the program with SIGABRT if a value is not what its field says. */
static void
values_check(const struct probe *p, const struct value *values)
{
	const struct field *f;
	const struct value *v;
	size_t i;

	if (values[p->classification].type == VALUE_NULL ||
	    values[p->success].type == VALUE_NULL)
		values_bad(p, p->fields, "no classification or no success");
	for (i = 0; p->fields[i].name != NULL; i++) {
		f = &p->fields[i];
		v = &values[i];
		if (v->type == VALUE_NULL)
			continue;
		switch (f->type) {
		case FIELD_IP:
			if (v->type != VALUE_BYTES ||
			    (v->size != 4 && v->size != 16))
				values_bad(p, f, "not an address");
			break;
		case FIELD_UINT:
		case FIELD_TIME:
			if (v->type != VALUE_UINT)
				values_bad(p, f, "not a uint");
			break;
		case FIELD_INT:
			if (v->type != VALUE_UINT && v->type != VALUE_INT)
				values_bad(p, f, "not an int");
			break;
		case FIELD_BOOL:
			if (v->type != VALUE_BOOL || v->number > 1)
				values_bad(p, f, "not a bool");
			break;
		case FIELD_TEXT:
			if (v->type != VALUE_TEXT ||
			    !utf8_valid(v->bytes, v->size))
				values_bad(p, f, "not a text in UTF-8");
			break;
		case FIELD_BYTES:
			if (v->type != VALUE_BYTES)
				values_bad(p, f, "not bytes");
			break;
		case FIELD_LIST:
		case FIELD_MAP:
			if (v->type !=
				(f->type == FIELD_LIST ? VALUE_LIST :
							 VALUE_MAP) ||
			    values_item(p, f, v->bytes, v->size, 0) != v->size)
				values_bad(p, f, "not a list or map");
			break;
		}
		if (v->type != VALUE_BYTES && v->type != VALUE_TEXT)
			continue;
		/* all of it must be there to be read */
		for (size_t k = 0; k < v->size; k++) {
			volatile unsigned char c = v->bytes[k];

			(void)c;
		}
	}
}

#endif
