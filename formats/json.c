/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: one object a line (RFC 8259), keys in the order of -f, values typed
 * and nested.  Fields that are null are left out, as in ZMap.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "formats/format.h"
#include "stream/print.h"

/* Of each column, `"name":` as it is printed. */
struct key {
	unsigned char *text; /* NULL: the key is there already */
	size_t size;
};

static int
make_key(struct key *key, const char *name)
{
	struct output o;

	if (output_open(&o, -1) == -1)
		return -1;
	escape_json(&o, name, strlen(name));
	output_byte(&o, ':');
	key->text = malloc(o.len);
	if (key->text != NULL)
		memcpy(key->text, o.buf, o.len);
	key->size = o.len;
	output_close(&o);
	return key->text == NULL ? -1 : 0;
}

static int
open_json(struct format_state *f)
{
	const struct column *c = f->columns->list;
	struct key *keys;
	size_t i, k;

	keys = f->state = calloc(f->columns->count + 1, sizeof *keys);
	if (keys == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	for (i = 0; i < f->columns->count; i++) {
		for (k = 0; k < i && strcmp(c[k].name, c[i].name) != 0; k++)
			;
		if (k == i && make_key(&keys[i], c[i].name) == -1)
			return format_fail(f, "%s", strerror(ENOMEM));
	}
	return 0;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	const struct key *keys = f->state;
	struct output *out = f->out;
	struct column *c;
	struct value v;
	bool first = true;
	size_t i;

	output_byte(out, '{');
	for (i = 0; i < f->columns->count; i++) {
		c = &f->columns->list[i];
		v = column_value(c, item->values, item->nvalues);
		if (v.type == VALUE_NULL || keys[i].text == NULL)
			continue;
		if (!first)
			output_byte(out, ',');
		first = false;
		output_bytes(out, keys[i].text, keys[i].size);
		print_json(out, &v, c->type);
	}
	output_bytes(out, "}\n", 2);
	return 1;
}

static int
close_json(struct format_state *f)
{
	struct key *keys = f->state;
	size_t i;

	for (i = 0; keys != NULL && i < f->columns->count; i++)
		free(keys[i].text);
	free(keys);
	return 0;
}

const struct format format_json = {
	.name = "json",
	.help = "one JSON object a line, typed and nested",
	.open = open_json,
	.appends = FORMAT_LINES,
	.record = record,
	.close = close_json,
};
