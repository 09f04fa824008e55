/* SPDX-License-Identifier: Apache-2.0 */
/* CSV; see parts.h. */
#include "intake/parts.h"

#include "intake/cell.h"

/* Without a row of names, the columns are those of -f. */
static void
columns_of_fields(struct intake *in)
{
	for (in->rows.ncells = 0; in->rows.ncells < in->names.nwanted;
	     in->rows.ncells++)
		in->rows.column_of[in->rows.ncells] =
		    in->names.wants[in->rows.ncells].column;
}

static int
take_names(struct intake *in, const unsigned char *row)
{
	const struct csv_cell *cell;
	size_t i, k;

	for (i = 0; i < in->rows.csv.n; i++) {
		cell = &in->rows.cells[i];
		if (intake_find_column(in, (const char *)row + cell->at,
			cell->size, true, &in->rows.column_of[i]) == -1)
			return -1;
	}
	in->rows.ncells = i;
	for (k = 0; k < in->names.nwanted; k++) {
		for (i = 0; i < in->rows.ncells &&
		     in->rows.column_of[i] != in->names.wants[k].column;
		     i++)
			;
		if (i == in->rows.ncells)
			return intake_wrong(in, "there is no column '%s'",
			    in->names.wants[k].name);
	}
	return 0;
}

/* Nothing at all is null; so is an empty text for what is no text. */
static int
put_cell(struct intake *in, size_t i, const unsigned char *row)
{
	const struct csv_cell *cell = &in->rows.cells[i];
	size_t column = (size_t)in->rows.column_of[i];
	enum field_type type = layout_type(&in->layout, column);
	struct value v;
	const char *why;

	if (cell->size == 0 &&
	    (!cell->quoted || (type != FIELD_TEXT && type != FIELD_BYTES)))
		return 0;
	if (cell_parse(&v, type, row + cell->at, cell->size,
		&in->layout.scratch, &why) == -1)
		return intake_bad_value(in, column, row + cell->at, cell->size,
		    why);
	layout_put(&in->layout, column, &v);
	return 0;
}

static int
take_row(struct intake *in, const unsigned char *row)
{
	size_t i;

	if (!in->have_columns) {
		in->have_columns = true;
		if (in->config.header_row)
			return take_names(in, row) == -1 ?
			    -1 :
			    intake_begin_segment(in);
		columns_of_fields(in);
		if (intake_begin_segment(in) == -1)
			return -1;
	}
	if (in->rows.csv.n != in->rows.ncells)
		return intake_wrong(in,
		    "%zu cells, where there are %zu columns", in->rows.csv.n,
		    in->rows.ncells);
	layout_begin(&in->layout);
	for (i = 0; i < in->rows.ncells; i++)
		if (in->rows.column_of[i] != IGNORED &&
		    put_cell(in, i, row) == -1)
			return -1;
	return intake_write_record(in);
}

int
intake_take_rows(struct intake *in, bool eof)
{
	unsigned char *row;
	const char *why = "";
	long n;

	for (;;) {
		row = in->text.buf + in->text.start;
		n = csv_row(&in->rows.csv, row, in->text.len - in->text.start,
		    eof, &why);
		in->line = in->rows.csv.lines + 1;
		if (n == -1 && in->rows.csv.opened > 0 && eof)
			in->line = in->rows.csv.opened;
		if (n == -1)
			return intake_wrong(in, "%s", why);
		if (n == 0)
			break;
		in->text.start += (size_t)n;
		in->line = in->rows.csv.begun;
		if (in->rows.csv.n > 0 && take_row(in, row) == -1)
			return -1;
	}
	if (in->text.len - in->text.start >= INTAKE_TEXT_MAX)
		return intake_wrong(in, "a row of over 8 MiB");
	return 0;
}
