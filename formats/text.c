/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: a line for each record: one value, or several with the text of a
 * template between them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "formats/format.h"
#include "stream/print.h"

static int
open_text(struct format_state *f)
{
	f->state = calloc(1, sizeof(struct output));
	if (f->state == NULL || output_open(f->state, -1) == -1)
		return format_fail(f, "%s", strerror(ENOMEM));
	return 0;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct columns *columns = f->columns;
	struct column *c;
	struct value v;
	size_t i;

	for (i = 0; i < columns->count; i++) {
		c = &columns->list[i];
		output_text(f->out, c->before);
		v = column_value(c, item->values, item->nvalues);
		print_bare(f->out, &v, c->type, escape_text, f->state);
	}
	output_text(f->out, columns->after);
	output_byte(f->out, '\n');
	return 1;
}

static int
close_text(struct format_state *f)
{
	if (f->state != NULL)
		output_close(f->state);
	free(f->state);
	return 0;
}

const struct format format_text = {
	.name = "text",
	.help = "one value or a template a line: -f saddr, -f saddr:sport",
	.template = true,
	.open = open_text,
	.appends = FORMAT_LINES,
	.record = record,
	.close = close_text,
};
