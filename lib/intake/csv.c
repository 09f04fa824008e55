/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of RFC 4180, a byte at a time; see csv.h. */
#include "intake/csv.h"

enum where {
	BETWEEN, /* at the begin of a row */
	BEGIN,	 /* at the begin of a cell behind a comma */
	BARE,	 /* in a cell without quotes */
	QUOTED,	 /* in one with them */
	CLOSED,	 /* behind a quote in there: its end, or half of a pair */
	RETURN,	 /* behind a CR that may end the line */
};

void
csv_open(struct csv *c, struct csv_cell *room, size_t max)
{
	*c = (struct csv){ .cells = room, .max = max };
}

static int
begin_cell(struct csv *c, bool quoted, const char **why)
{
	if (c->n == c->max) {
		*why = "too many cells in a row";
		return -1;
	}
	if (c->n == 0)
		c->begun = c->lines + 1;
	c->cells[c->n++] = (struct csv_cell){ .at = c->out, .quoted = quoted };
	c->where = quoted ? QUOTED : BARE;
	if (quoted)
		c->opened = c->lines + 1;
	return 0;
}

/* What is read is at least as long as what is kept, so there is room. */
static void
end_cell(struct csv *c, unsigned char *buf)
{
	struct csv_cell *cell = &c->cells[c->n - 1];

	cell->size = c->out - cell->at;
	buf[c->out++] = '\0';
}

/* One byte behind a quoted cell, or in one: 0, or -1 with *why. */
static int
closed(struct csv *c, unsigned char *buf, unsigned char b, const char **why)
{
	switch (b) {
	case '"':
		buf[c->out++] = b;
		c->where = QUOTED;
		return 0;
	case ',':
		end_cell(c, buf);
		c->where = BEGIN;
		return 0;
	case '\r':
		c->where = RETURN;
		return 0;
	}
	*why =
	    "text behind a closing quote; a quote in a cell is written twice";
	return -1;
}

/* One byte that does not end the row: 0, or -1 with *why. */
static int
csv_step(struct csv *c, unsigned char *buf, unsigned char b, const char **why)
{
	switch (c->where) {
	case BETWEEN:
	case BEGIN:
		if (b == '"')
			return begin_cell(c, true, why);
		if (begin_cell(c, false, why) == -1)
			return -1;
		break;
	case BARE:
		break;
	case QUOTED:
		if (b == '"')
			c->where = CLOSED;
		else
			buf[c->out++] = b;
		return 0;
	case CLOSED:
		return closed(c, buf, b, why);
	case RETURN:
		*why =
		    "a carriage return that ends no line; put the cell in quotes";
		return -1;
	}
	if (b == ',') {
		end_cell(c, buf);
		c->where = BEGIN;
	} else if (b == '\r') {
		c->where = RETURN;
	} else {
		buf[c->out++] = b;
	}
	return 0;
}

/* The row is whole: its bytes. */
static long
end_row(struct csv *c, unsigned char *buf, const char **why)
{
	size_t used = c->at;

	if (c->where == BEGIN && begin_cell(c, false, why) == -1)
		return -1;
	end_cell(c, buf);
	c->at = c->out = 0;
	c->where = BETWEEN;
	return (long)used;
}

/* Nothing but a line's end: is the row still to come? */
static bool
is_blank(const struct csv *c)
{
	return c->where == BETWEEN ||
	    (c->where == RETURN && c->n == 1 && !c->cells[0].quoted &&
		c->out == c->cells[0].at);
}

long
csv_row(struct csv *c, unsigned char *buf, size_t n, bool eof, const char **why)
{
	unsigned char b;

	if (c->where == BETWEEN && c->at == 0)
		c->n = 0;
	while (c->at < n) {
		b = buf[c->at++];
		if (b == '\n')
			c->lines++;
		if (b != '\n' || c->where == QUOTED) {
			if (csv_step(c, buf, b, why) == -1)
				return -1;
			continue;
		}
		if (!is_blank(c))
			return end_row(c, buf, why);
		c->n = 0;
		c->where = BETWEEN;
	}
	if (c->where == BETWEEN) {
		/* blank lines alone */
		n = c->at;
		c->at = 0;
		return (long)n;
	}
	if (!eof)
		return 0;
	if (c->where == QUOTED) {
		*why = "a quote that is never closed";
		return -1;
	}
	c->lines++;
	return end_row(c, buf, why);
}
