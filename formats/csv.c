/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv: comma-separated values as RFC 4180 has them, with a header row.  Lines
 * end with a newline alone, as everywhere on Unix.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "formats/format.h"
#include "stream/print.h"

static int
open_csv(struct format_state *f)
{
	size_t i;

	f->state = calloc(1, sizeof(struct output));
	if (f->state == NULL || output_open(f->state, -1) == -1)
		return format_fail(f, "%s", strerror(ENOMEM));
	if (!f->config->header_row)
		return 0;
	for (i = 0; i < f->columns->count; i++) {
		if (i > 0)
			output_byte(f->out, ',');
		escape_csv(f->out, f->columns->list[i].name,
		    strlen(f->columns->list[i].name));
	}
	output_byte(f->out, '\n');
	return 0;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct columns *columns = f->columns;
	struct output *out = f->out;
	struct column *c;
	struct value v = { .type = VALUE_NULL };
	size_t i;

	for (i = 0; i < columns->count; i++) {
		c = &columns->list[i];
		if (i > 0)
			output_byte(out, ',');
		v = column_value(c, item->values, item->nvalues);
		print_bare(out, &v, c->type, escape_csv, f->state);
	}
	/* a line with nothing on it would be no record */
	if (columns->count == 1 && v.type == VALUE_NULL)
		output_text(out, "\"\"");
	output_byte(out, '\n');
	return 1;
}

static int
close_csv(struct format_state *f)
{
	if (f->state != NULL)
		output_close(f->state);
	free(f->state);
	return 0;
}

const struct format format_csv = {
	.name = "csv",
	.help = "comma-separated values (RFC 4180), with a header row",
	.open = open_csv,
	.appends = FORMAT_LINES,
	.record = record,
	.close = close_csv,
};
