/* SPDX-License-Identifier: Apache-2.0 */
/* JSON; see parts.h. */
#include "intake/parts.h"

#include <string.h>

#include "base/jsonfeed.h"
#include "intake/cell.h"

/* The key's column; keys come in the same order, mostly. */
static int
key_column(struct intake *in, const char *text, long *column)
{
	size_t i, k;

	for (i = 0; i < in->objects.nkeys; i++) {
		k = (in->objects.next_key + i) % in->objects.nkeys;
		if (strcmp(in->objects.keys[k].name, text) != 0)
			continue;
		in->objects.next_key = k + 1;
		*column = in->objects.keys[k].column;
		return 0;
	}
	if (intake_find_column(in, text, strlen(text), false, column) == -1)
		return -1;
	if (in->objects.nkeys < LAYOUT_COLUMNS_MAX &&
	    strlen(text) < FIELD_NAME_MAX) {
		strcpy(in->objects.keys[in->objects.nkeys].name, text);
		in->objects.keys[in->objects.nkeys++].column = *column;
	}
	return 0;
}

/* Widens the type of a field that is not known, so that this value fits. */
static void
widen(struct layout *l, size_t column, struct json_object *v)
{
	size_t f = l->columns[column].field;
	enum field_type type = cell_guess(v), *now = &l->fields[f].type;

	if (l->guess[f] == LAYOUT_SURE || v == NULL)
		return;
	if (l->guess[f] == LAYOUT_OPEN)
		*now = type;
	else if ((*now == FIELD_UINT && type == FIELD_INT) ||
	    (*now == FIELD_INT && type == FIELD_UINT))
		*now = FIELD_INT;
	else if (*now != type)
		*now = FIELD_TEXT;
	l->guess[f] = LAYOUT_MADE;
}

/* Adds the columns of an object, and true if that changes the fields. */
static int
learn(struct intake *in, struct json_object *o, bool *changed)
{
	struct layout *l = &in->layout;
	enum field_type before;
	size_t n = l->nfields;
	long column;

	*changed = false;
	json_object_object_foreach(o, key, v)
	{
		if (key_column(in, key, &column) == -1)
			return -1;
		if (column == IGNORED)
			continue;
		before = l->fields[l->columns[column].field].type;
		widen(l, (size_t)column, v);
		*changed |= before != l->fields[l->columns[column].field].type;
	}
	*changed |= l->nfields != n;
	return 0;
}

static int
write_object(struct intake *in, struct json_object *o)
{
	struct value v;
	const char *why;
	long column;

	layout_begin(&in->layout);
	json_object_object_foreach(o, key, value)
	{
		if (key_column(in, key, &column) == -1)
			return -1;
		if (column == IGNORED || value == NULL)
			continue;
		if (cell_convert(&v, layout_type(&in->layout, (size_t)column),
			value, &in->layout.scratch, &why) == -1)
			return intake_bad_value(in, (size_t)column,
			    json_object_get_string(value),
			    strlen(json_object_get_string(value)), why);
		layout_put(&in->layout, (size_t)column, &v);
	}
	return intake_write_record(in);
}

int
intake_let_go(struct intake *in)
{
	size_t i;
	int rc = 0;

	if (in->objects.nheld > 0) {
		in->have_columns = true;
		rc = intake_begin_segment(in);
	}
	for (i = 0; i < in->objects.nheld; i++) {
		in->line = in->objects.held_line[i];
		if (rc == 0)
			rc = write_object(in, in->objects.held[i]);
		json_object_put(in->objects.held[i]);
	}
	in->objects.nheld = in->objects.held_size = 0;
	return rc;
}

static int
take_object(struct intake *in, struct json_object *o)
{
	bool changed;
	int rc = learn(in, o, &changed);

	if (rc == -1 || in->have_columns) {
		if (rc == 0 && changed)
			rc = intake_begin_segment(in);
		if (rc == 0)
			rc = write_object(in, o);
		json_object_put(o);
		return rc;
	}
	in->objects.held_line[in->objects.nheld] = in->line;
	in->objects.held[in->objects.nheld++] = o;
	in->objects.held_size += in->objects.object_size;
	if (in->objects.nheld == INTAKE_HELD ||
	    in->objects.held_size > INTAKE_HELD_TEXT)
		return intake_let_go(in);
	return 0;
}

/* Counts lines in n bytes that are read now. */
static int
pass(struct intake *in, size_t n)
{
	unsigned char c;
	in->objects.object_size += n;
	for (; n > 0; n--) {
		c = in->text.buf[in->text.start++];
		in->objects.ended += c == '\n';
		json_scan(&in->objects.scan, c);
	}
	if (in->objects.scan.overflown)
		return intake_wrong(in, "a number of more than 64 bits");
	if (in->objects.scan.broken)
		return intake_wrong(in, "text that is not UTF-8");
	if (in->objects.object_size > INTAKE_TEXT_MAX)
		return intake_wrong(in, "an object of over 8 MiB");
	return 0;
}

/* Blanks between objects; what comes behind them must begin one. */
static int
intake_skip_blanks(struct intake *in)
{
	unsigned char c;

	for (; in->text.start < in->text.len; in->text.start++) {
		c = in->text.buf[in->text.start];
		if (c == '\n')
			in->objects.ended++;
		if (strchr(" \t\r\n", c) == NULL || c == '\0')
			break;
	}
	in->line = in->objects.ended + 1;
	if (in->text.start == in->text.len)
		return 0;
	if (in->text.buf[in->text.start] == '[')
		return intake_wrong(in,
		    "an array, not an object; jq -c '.[]' writes what is in it");
	if (in->text.buf[in->text.start] != '{')
		return intake_wrong(in, "no JSON object");
	in->objects.inside = true;
	in->objects.object_size = 0;
	in->objects.scan = (struct json_scan){ 0 };
	json_tokener_reset(in->objects.tokener);
	return 0;
}

int
intake_take_objects(struct intake *in, bool eof)
{
	enum json_tokener_error error;
	struct json_object *o;
	size_t n;

	while (in->text.start < in->text.len) {
		if (!in->objects.inside && intake_skip_blanks(in) == -1)
			return -1;
		if (in->text.start == in->text.len)
			break;
		o = json_feed(in->objects.tokener,
		    in->text.buf + in->text.start,
		    in->text.len - in->text.start, &n);
		error = json_tokener_get_error(in->objects.tokener);
		if (pass(in, n) == -1) {
			json_object_put(o);
			return -1;
		}
		if (error == json_tokener_continue)
			break;
		if (error != json_tokener_success) {
			in->line = in->objects.ended + 1;
			return intake_wrong(in, "%s",
			    json_scan_overflows(&in->objects.scan) ?
				"a number of more than 64 bits" :
				json_tokener_error_desc(error));
		}
		in->objects.inside = false;
		if (take_object(in, o) == -1)
			return -1;
	}
	if (eof && in->objects.inside)
		return intake_wrong(in, "the file ends within an object");
	return eof ? intake_let_go(in) : 0;
}
