/* SPDX-License-Identifier: Apache-2.0 */
/* Columns to fields; see layout.h. */
#include "intake/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

int
layout_open(struct layout *l)
{
	l->room = malloc(STREAM_ITEM_MAX);
	return l->room == NULL ? -1 : 0;
}

void
layout_close(struct layout *l)
{
	free(l->room);
}

void
layout_clear(struct layout *l)
{
	l->ncolumns = l->nfields = 0;
	l->fields[0] = (struct field){ .name = NULL };
}

/* The field of that name, which is made if there is none; -1 for no room. */
static long
field(struct layout *l, const struct name *name)
{
	struct field *f;
	size_t i;

	for (i = 0; i < l->nfields; i++)
		if (strcmp(l->fields[i].name, name->name) == 0)
			return (long)i;
	if (i == FIELD_MAX)
		return -1;
	snprintf(l->names[i], FIELD_NAME_MAX, "%s", name->name);
	f = &l->fields[l->nfields++];
	*f = (struct field){ l->names[i], name->type, name->help };
	f[1] = (struct field){ .name = NULL };
	l->guess[i] = name->known ? LAYOUT_SURE : LAYOUT_OPEN;
	return (long)i;
}

long
layout_add(struct layout *l, const struct name *name, const char **why)
{
	long at = field(l, name);
	size_t i;

	if (at == -1 || l->ncolumns == LAYOUT_COLUMNS_MAX) {
		*why = "more fields than a stream has";
		return -1;
	}
	for (i = 0; i < l->ncolumns; i++)
		if (l->columns[i].field == (size_t)at &&
		    l->columns[i].view == name->view) {
			*why = "there twice";
			return -1;
		}
	l->columns[i] = (struct layout_column){ (size_t)at, name->view };
	l->ncolumns++;
	return (long)i;
}

enum field_type
layout_type(const struct layout *l, size_t column)
{
	switch (l->columns[column].view) {
	case VIEW_RAW:
	case VIEW_TS:
	case VIEW_US:
		return FIELD_UINT;
	case VIEW_STR:
		return FIELD_TIME;
	case VIEW_SELF:
		break;
	}
	return l->fields[l->columns[column].field].type;
}

void
layout_begin(struct layout *l)
{
	memset(l->values, 0, l->nfields * sizeof *l->values);
	memset(l->times, 0, l->nfields * sizeof *l->times);
	l->scratch = encoder_on(l->room, STREAM_ITEM_MAX);
}

/* An address as ZMap's integer; one in another column says more. */
static void
put_raw(struct layout *l, struct value *to, const struct value *v)
{
	uint32_t raw = (uint32_t)v->number;
	unsigned char *p = l->scratch.at;

	if (to->type != VALUE_NULL || v->number > UINT32_MAX ||
	    l->scratch.end - p < (long)sizeof raw)
		return;
	memcpy(p, &raw, sizeof raw);
	l->scratch.at += sizeof raw;
	*to = value_bytes(p, sizeof raw);
}

void
layout_put(struct layout *l, size_t column, const struct value *v)
{
	const struct layout_column *c = &l->columns[column];
	struct layout_time *t = &l->times[c->field];

	if (v->type == VALUE_NULL)
		return;
	switch (c->view) {
	case VIEW_SELF:
		l->values[c->field] = *v;
		break;
	case VIEW_RAW:
		put_raw(l, &l->values[c->field], v);
		break;
	case VIEW_STR:
		t->whole = true;
		t->ns = v->number;
		break;
	case VIEW_TS:
		t->second = true;
		t->s = v->number;
		break;
	case VIEW_US:
		t->micro = true;
		t->us = v->number;
		break;
	}
}

/* Nothing for a part of a second alone, or what no time of a stream can be. */
static struct value
layout_join(const struct layout_time *t)
{
	uint64_t s = t->second ? t->s : t->ns / SECOND;
	uint64_t ns = t->micro ? t->us * 1000 : t->whole ? t->ns % SECOND : 0;

	if ((!t->whole && !t->second) || s > INT64_MAX / SECOND - 1 ||
	    t->us >= 1000000)
		return (struct value){ .type = VALUE_NULL };
	return value_uint(s * SECOND + ns);
}

int
layout_write(struct layout *l, struct stream_out *out, const char **why)
{
	struct encoder e;
	size_t i, size = 9;

	for (i = 0; i < l->nfields; i++) {
		if (l->values[i].type == VALUE_NULL &&
		    l->fields[i].type == FIELD_TIME)
			l->values[i] = layout_join(&l->times[i]);
		size += 9 + l->values[i].size;
	}
	*why = "a record of over a megabyte";
	if (size > STREAM_ITEM_MAX)
		return -1;
	*why = NULL;
	e = stream_begin(out, size);
	encode_array(&e, l->nfields);
	for (i = 0; i < l->nfields; i++)
		value_encode(&e, &l->values[i]);
	return stream_commit(out, &e, STREAM_RECORD);
}
