/* SPDX-License-Identifier: Apache-2.0 */
/* CSV and JSON to a stream; see intake.h. */
#include "intake/intake.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jsonfeed.h"
#include "base/shown.h"
#include "base/utf8.h"
#include "intake/cell.h"
#include "intake/csv.h"
#include "intake/layout.h"
#include "probe/receiver-fields.h"

#define ROOM	  (128 << 10) /* to begin with */
#define HELD	  256	      /* objects that are kept, at most */
#define HELD_TEXT (1 << 20)   /* or bytes of them */
#define IGNORED	  -1
#define STAGE	  "in"

/* A name of -f, or a key of objects, and the column that it is. */
struct key {
	char name[FIELD_NAME_MAX];
	long column; /* or IGNORED */
};

/* Where a look for numbers of more than 64 bits is in an object. */
struct digits {
	bool string, escape;	  /* in one; behind a backslash in there */
	bool number, minus, real; /* in one; which has a point or an e */
	bool over;		  /* it is too large */
	uint64_t n;
};

/* A character of several bytes, as far as it has come. */
struct character {
	unsigned char byte[4];
	size_t n;
};

struct intake {
	struct intake_config config;
	struct stream_out *out;
	struct layout layout;
	struct name wanted[FIELD_MAX]; /* of -f */
	struct key wants[FIELD_MAX];
	size_t nwanted;
	bool others; /* all that are not in -f, too */

	/* of the file */
	char file[128];
	uint64_t line; /* of the row or object */
	enum intake_format format;
	bool begun, in_segment, have_columns;

	unsigned char *buf; /* one byte more than room */
	size_t room, start, len;

	struct csv csv;
	struct csv_cell cells[LAYOUT_COLUMNS_MAX];
	long column_of[LAYOUT_COLUMNS_MAX]; /* of each cell */
	size_t ncells;

	struct json_tokener *tokener;
	bool inside; /* an object has begun */
	struct digits digits;
	struct character character;
	size_t object_size;
	uint64_t ended; /* lines */
	struct key keys[LAYOUT_COLUMNS_MAX];
	size_t nkeys, next_key;
	struct json_object *held[HELD];
	uint64_t held_line[HELD];
	size_t nheld, held_size;

	uint64_t records;
	char why[400];
};

static int __attribute__((format(printf, 2, 3)))
fail(struct intake *in, const char *fmt, ...)
{
	int n = snprintf(in->why, sizeof in->why, "%s:%" PRIu64 ": ", in->file,
	    in->line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(in->why + n, sizeof in->why - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

static int
write_failed(struct intake *in)
{
	snprintf(in->why, sizeof in->why, "stdout: %s",
	    strerror(stream_out_error(in->out)));
	return -1;
}

/* A cell that is not of its type, with what it holds. */
static int
bad_value(struct intake *in, size_t column, const void *text, size_t n,
    const char *why)
{
	const struct field *f =
	    &in->layout.fields[in->layout.columns[column].field];
	char clean[96];

	shown(clean, sizeof clean, text, n);
	return fail(in, "%s '%s' is %s", f->name, clean, why);
}

/* --- segments --- */

static int
end_segment(struct intake *in, enum outcome outcome)
{
	if (!in->in_segment)
		return 0;
	in->in_segment = false;
	return stream_end(in->out, STAGE, outcome, NULL, NULL) == -1 ?
	    write_failed(in) :
	    0;
}

/* With the fields that are known now. */
static int
begin_segment(struct intake *in)
{
	struct header *h;

	if (end_segment(in, OUTCOME_DONE) == -1)
		return -1;
	h = stream_derive(in->out, NULL, "results", in->config.argv);
	if (h == NULL || header_set_fields(h, in->layout.fields) == -1)
		return fail(in, "%s", strerror(ENOMEM));
	in->in_segment = true;
	return stream_header(in->out) == -1 ? write_failed(in) : 0;
}

static int
write_record(struct intake *in)
{
	const char *why;

	if (layout_write(&in->layout, in->out, &why) == -1)
		return why != NULL ? fail(in, "%s", why) : write_failed(in);
	in->records++;
	return 0;
}

/* --- columns --- */

static int
add_column(struct intake *in, const struct name *name, long *column)
{
	const char *why;

	*column = layout_add(&in->layout, name, &why);
	if (*column == -1)
		return fail(in, "field '%s' is %s", name->name, why);
	return 0;
}

/* Hyphens count as underscores, and what follows a colon is a type. */
static void
intake_fold(char to[FIELD_NAME_MAX], const char *text, size_t n)
{
	const char *colon = memchr(text, ':', n);
	size_t i;

	n = colon != NULL ? (size_t)(colon - text) : n;
	if (n >= FIELD_NAME_MAX)
		n = FIELD_NAME_MAX - 1;
	for (i = 0; i < n; i++)
		to[i] = text[i] == '-' ? '_' : text[i];
	to[n] = '\0';
}

/* The columns of -f, in its order: they are there in any case. */
static int
add_wanted(struct intake *in)
{
	size_t i;

	layout_clear(&in->layout);
	for (i = 0; i < in->nwanted; i++)
		if (add_column(in, &in->wanted[i], &in->wants[i].column) == -1)
			return -1;
	return 0;
}

/* The column that this name stands for, which is made if it is new. */
static int
find_column(struct intake *in, const char *text, size_t n, bool typed,
    long *column)
{
	char folded[FIELD_NAME_MAX], why[256];
	struct name name;
	size_t i;

	*column = IGNORED;
	intake_fold(folded, text, n);
	for (i = 0; i < in->nwanted; i++)
		if (strcmp(in->wants[i].name, folded) == 0) {
			*column = in->wants[i].column;
			return 0;
		}
	/* a column that is always empty */
	if (!in->others || strcmp(folded, "blank") == 0)
		return 0;
	if (name_parse(&name, text, n, typed, why, sizeof why) == -1)
		return fail(in, "%s; %s", why,
		    typed ?
			"rows of CSV without a row of names want --no-header-row and -f" :
			"choose fields by -f");
	return add_column(in, &name, column);
}

static int
parse_wanted(struct intake *in, const char *spec, char *why, size_t size)
{
	size_t len;

	for (; spec != NULL; spec = *spec == '\0' ? NULL : spec + 1) {
		spec += strspn(spec, " ");
		len = strcspn(spec, ", ");
		if (len == 1 && *spec == '*')
			in->others = true;
		else if (in->nwanted == FIELD_MAX)
			return snprintf(why, size, "-f: too many names"), -1;
		else if (name_parse(&in->wanted[in->nwanted], spec, len, true,
			     why, size) == -1)
			return -1;
		else
			intake_fold(in->wants[in->nwanted++].name, spec, len);
		spec += len;
		spec += strspn(spec, " ");
		if (*spec != '\0' && *spec != ',')
			spec--;
	}
	return 0;
}

/* --- CSV --- */

/* Without a row of names, the columns are those of -f. */
static void
columns_of_fields(struct intake *in)
{
	for (in->ncells = 0; in->ncells < in->nwanted; in->ncells++)
		in->column_of[in->ncells] = in->wants[in->ncells].column;
}

static int
take_names(struct intake *in, const unsigned char *row)
{
	const struct csv_cell *cell;
	size_t i, k;

	for (i = 0; i < in->csv.n; i++) {
		cell = &in->cells[i];
		if (find_column(in, (const char *)row + cell->at, cell->size,
			true, &in->column_of[i]) == -1)
			return -1;
	}
	in->ncells = i;
	for (k = 0; k < in->nwanted; k++) {
		for (i = 0;
		     i < in->ncells && in->column_of[i] != in->wants[k].column;
		     i++)
			;
		if (i == in->ncells)
			return fail(in, "there is no column '%s'",
			    in->wants[k].name);
	}
	return 0;
}

/* Nothing at all is null; so is an empty text for what is no text. */
static int
put_cell(struct intake *in, size_t i, const unsigned char *row)
{
	const struct csv_cell *cell = &in->cells[i];
	size_t column = (size_t)in->column_of[i];
	enum field_type type = layout_type(&in->layout, column);
	struct value v;
	const char *why;

	if (cell->size == 0 &&
	    (!cell->quoted || (type != FIELD_TEXT && type != FIELD_BYTES)))
		return 0;
	if (cell_parse(&v, type, row + cell->at, cell->size,
		&in->layout.scratch, &why) == -1)
		return bad_value(in, column, row + cell->at, cell->size, why);
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
			return take_names(in, row) == -1 ? -1 :
							   begin_segment(in);
		columns_of_fields(in);
		if (begin_segment(in) == -1)
			return -1;
	}
	if (in->csv.n != in->ncells)
		return fail(in, "%zu cells, where there are %zu columns",
		    in->csv.n, in->ncells);
	layout_begin(&in->layout);
	for (i = 0; i < in->ncells; i++)
		if (in->column_of[i] != IGNORED && put_cell(in, i, row) == -1)
			return -1;
	return write_record(in);
}

static int
take_csv(struct intake *in, bool eof)
{
	unsigned char *row;
	const char *why = "";
	long n;

	for (;;) {
		row = in->buf + in->start;
		n = csv_row(&in->csv, row, in->len - in->start, eof, &why);
		in->line = in->csv.lines + 1;
		if (n == -1 && in->csv.opened > 0 && eof)
			in->line = in->csv.opened;
		if (n == -1)
			return fail(in, "%s", why);
		if (n == 0)
			break;
		in->start += (size_t)n;
		in->line = in->csv.begun;
		if (in->csv.n > 0 && take_row(in, row) == -1)
			return -1;
	}
	if (in->len - in->start >= INTAKE_TEXT_MAX)
		return fail(in, "a row of over 8 MiB");
	return 0;
}

/* --- JSON --- */

/* The key's column; keys come in the same order, mostly. */
static int
key_column(struct intake *in, const char *text, long *column)
{
	size_t i, k;

	for (i = 0; i < in->nkeys; i++) {
		k = (in->next_key + i) % in->nkeys;
		if (strcmp(in->keys[k].name, text) != 0)
			continue;
		in->next_key = k + 1;
		*column = in->keys[k].column;
		return 0;
	}
	if (find_column(in, text, strlen(text), false, column) == -1)
		return -1;
	if (in->nkeys < LAYOUT_COLUMNS_MAX && strlen(text) < FIELD_NAME_MAX) {
		strcpy(in->keys[in->nkeys].name, text);
		in->keys[in->nkeys++].column = *column;
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
			return bad_value(in, (size_t)column,
			    json_object_get_string(value),
			    strlen(json_object_get_string(value)), why);
		layout_put(&in->layout, (size_t)column, &v);
	}
	return write_record(in);
}

/* The fields of what is held are all there are, for now. */
static int
let_go(struct intake *in)
{
	size_t i;
	int rc = 0;

	if (in->nheld > 0) {
		in->have_columns = true;
		rc = begin_segment(in);
	}
	for (i = 0; i < in->nheld; i++) {
		in->line = in->held_line[i];
		if (rc == 0)
			rc = write_object(in, in->held[i]);
		json_object_put(in->held[i]);
	}
	in->nheld = in->held_size = 0;
	return rc;
}

static int
take_object(struct intake *in, struct json_object *o)
{
	bool changed;
	int rc = learn(in, o, &changed);

	if (rc == -1 || in->have_columns) {
		if (rc == 0 && changed)
			rc = begin_segment(in);
		if (rc == 0)
			rc = write_object(in, o);
		json_object_put(o);
		return rc;
	}
	in->held_line[in->nheld] = in->line;
	in->held[in->nheld++] = o;
	in->held_size += in->object_size;
	if (in->nheld == HELD || in->held_size > HELD_TEXT)
		return let_go(in);
	return 0;
}

static bool
has_overflown(const struct digits *d)
{
	return d->number && !d->real &&
	    (d->over || (d->minus && d->n > (uint64_t)INT64_MAX + 1));
}

/*
 * The parser makes the largest number it has of any that is larger: so they are
 * looked for here.  True at the end of one.
 */
static bool
too_large(struct digits *d, unsigned char c)
{
	bool over, digit = c >= '0' && c <= '9';

	if (d->string) {
		d->string = d->escape || c != '"';
		d->escape = !d->escape && c == '\\';
		return false;
	}
	if (digit || c == '-') {
		if (!d->number)
			*d = (struct digits){ .number = true };
		d->minus |= c == '-';
		if (digit)
			d->over |= __builtin_mul_overflow(d->n, 10, &d->n) ||
			    __builtin_add_overflow(d->n, c - '0', &d->n);
		return false;
	}
	d->real |= c == '.' || c == 'e' || c == 'E';
	if (d->real && strchr(".eE+", c) != NULL)
		return false;
	over = has_overflown(d);
	*d = (struct digits){ .string = c == '"' };
	return over;
}

/*
 * What is read in pieces, and is no UTF-8: json_feed() makes U+FFFD of that.
 */
static bool
breaks_utf8(struct character *u, unsigned char c)
{
	size_t whole, n;

	if (u->n == 0 && c < 0x80)
		return false;
	u->byte[u->n++] = c;
	whole = u->byte[0] < 0xe0 ? 2 : u->byte[0] < 0xf0 ? 3 : 4;
	if (c >= 0x80 && u->n < whole)
		return false;
	n = u->n;
	u->n = 0;
	return utf8_length(u->byte, n) != n;
}

/* Counts lines in n bytes that are read now. */
static int
pass(struct intake *in, size_t n)
{
	unsigned char c;
	bool over = false, broken = false;

	in->object_size += n;
	for (; n > 0; n--) {
		c = in->buf[in->start++];
		in->ended += c == '\n';
		over |= too_large(&in->digits, c);
		broken |= breaks_utf8(&in->character, c);
	}
	if (over)
		return fail(in, "a number of more than 64 bits");
	if (broken)
		return fail(in, "text that is not UTF-8");
	if (in->object_size > INTAKE_TEXT_MAX)
		return fail(in, "an object of over 8 MiB");
	return 0;
}

/* Blanks between objects; what comes behind them must begin one. */
static int
intake_skip_blanks(struct intake *in)
{
	unsigned char c;

	for (; in->start < in->len; in->start++) {
		c = in->buf[in->start];
		if (c == '\n')
			in->ended++;
		if (strchr(" \t\r\n", c) == NULL || c == '\0')
			break;
	}
	in->line = in->ended + 1;
	if (in->start == in->len)
		return 0;
	if (in->buf[in->start] == '[')
		return fail(in,
		    "an array, not an object; jq -c '.[]' writes what is in it");
	if (in->buf[in->start] != '{')
		return fail(in, "no JSON object");
	in->inside = true;
	in->object_size = 0;
	in->digits = (struct digits){ 0 };
	in->character.n = 0;
	json_tokener_reset(in->tokener);
	return 0;
}

static int
take_json(struct intake *in, bool eof)
{
	enum json_tokener_error error;
	struct json_object *o;
	size_t n;

	while (in->start < in->len) {
		if (!in->inside && intake_skip_blanks(in) == -1)
			return -1;
		if (in->start == in->len)
			break;
		o = json_feed(in->tokener, in->buf + in->start,
		    in->len - in->start, &n);
		error = json_tokener_get_error(in->tokener);
		if (pass(in, n) == -1) {
			json_object_put(o);
			return -1;
		}
		if (error == json_tokener_continue)
			break;
		if (error != json_tokener_success) {
			in->line = in->ended + 1;
			return fail(in, "%s",
			    has_overflown(&in->digits) ?
				"a number of more than 64 bits" :
				json_tokener_error_desc(error));
		}
		in->inside = false;
		if (take_object(in, o) == -1)
			return -1;
	}
	if (eof && in->inside)
		return fail(in, "the file ends within an object");
	return eof ? let_go(in) : 0;
}

/* --- input --- */

/*
 * Skips a byte order mark, and takes the format from what comes behind it:
 * false if that is not there yet.
 */
static int
begin_file(struct intake *in, bool eof)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };
	size_t n = in->len - in->start, i = 0;

	if (n < 3 && !eof)
		return 0;
	if (n >= 3 && memcmp(in->buf + in->start, mark, 3) == 0)
		in->start += 3;
	if (n >= 3 && memcmp(in->buf + in->start, "\xd9\xd9\xf7", 3) == 0)
		return fail(in, "a stream already: this reads text");
	n = in->len - in->start;
	while (i < n && strchr(" \t\r\n", in->buf[in->start + i]) != NULL)
		i++;
	if (i == n && !eof && n < ROOM / 2)
		return 0;
	in->format = in->config.format;
	if (in->format == INTAKE_GUESS)
		in->format = i < n && in->buf[in->start + i] == '{' ?
		    INTAKE_JSON :
		    INTAKE_CSV;
	if (in->format == INTAKE_CSV && !in->config.header_row &&
	    (in->nwanted == 0 || in->others))
		return fail(in,
		    "without a row of names, -f says how each column is called");
	in->begun = true;
	return 1;
}

static int
intake_take(struct intake *in, bool eof)
{
	int rc;

	if (!in->begun) {
		rc = begin_file(in, eof);
		if (rc != 1)
			return rc;
	}
	return in->format == INTAKE_JSON ? take_json(in, eof) :
					   take_csv(in, eof);
}

int
intake_file(struct intake *in, const char *name)
{
	shown(in->file, sizeof in->file, name, strlen(name));
	in->line = 1;
	in->begun = in->have_columns = in->inside = false;
	in->start = in->len = 0;
	in->ended = 0;
	in->nkeys = in->next_key = 0;
	csv_open(&in->csv, in->cells, LAYOUT_COLUMNS_MAX);
	return add_wanted(in);
}

unsigned char *
intake_room(struct intake *in, size_t *n)
{
	unsigned char *grown;

	if (in->start > 0) {
		memmove(in->buf, in->buf + in->start, in->len - in->start);
		in->len -= in->start;
		in->start = 0;
	}
	if (in->room - in->len < in->room / 2 &&
	    in->room < 2 * INTAKE_TEXT_MAX) {
		grown = realloc(in->buf, 2 * in->room + 1);
		if (grown == NULL && in->room == in->len)
			return NULL;
		in->buf = grown != NULL ? grown : in->buf;
		in->room *= grown != NULL ? 2 : 1;
	}
	*n = in->room - in->len;
	return in->buf + in->len;
}

int
intake_took(struct intake *in, size_t n)
{
	in->len += n;
	return intake_take(in, false);
}

/* Where there is no record, there are the fields that every record has. */
static void
set_common(struct intake *in)
{
	struct layout *l = &in->layout;
	size_t i;

	if (l->nfields > 0)
		return;
	for (i = 0; i < FIRST_FIELDS; i++)
		l->fields[l->nfields++] = receiver_first[i];
	for (i = 0; i < LAST_FIELDS; i++)
		l->fields[l->nfields++] = receiver_last[i];
	l->fields[l->nfields] = (struct field){ .name = NULL };
}

int
intake_ended(struct intake *in)
{
	if (intake_take(in, true) == -1)
		return -1;
	if (!in->in_segment) {
		set_common(in);
		if (begin_segment(in) == -1)
			return -1;
	}
	return end_segment(in, OUTCOME_DONE);
}

int
intake_idle(struct intake *in)
{
	return let_go(in);
}

void
intake_fail(struct intake *in)
{
	char why[sizeof in->why];

	/* what was held is as good as if it had not been */
	memcpy(why, in->why, sizeof why);
	let_go(in);
	memcpy(in->why, why, sizeof why);
	end_segment(in, OUTCOME_FAILED);
}

/* --- as a whole --- */

struct intake *
intake_open(const struct intake_config *config, struct stream_out *out,
    char *why, size_t size)
{
	struct intake *in = calloc(1, sizeof *in);

	snprintf(why, size, "%s", strerror(ENOMEM));
	if (in == NULL)
		return NULL;
	in->config = *config;
	in->out = out;
	in->others = config->fields == NULL;
	in->room = ROOM;
	in->buf = malloc(ROOM + 1);
	in->tokener = json_tokener_new_ex(CELL_DEPTH_MAX);
	if (in->buf == NULL || in->tokener == NULL ||
	    layout_open(&in->layout) == -1)
		goto fail;
	json_tokener_set_flags(in->tokener,
	    JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	if (parse_wanted(in, config->fields, why, size) == -1)
		goto fail;
	return in;
fail:
	intake_close(in);
	return NULL;
}

void
intake_close(struct intake *in)
{
	while (in->nheld > 0)
		json_object_put(in->held[--in->nheld]);
	if (in->tokener != NULL)
		json_tokener_free(in->tokener);
	layout_close(&in->layout);
	free(in->buf);
	free(in);
}

uint64_t
intake_records(const struct intake *in)
{
	return in->records;
}

const char *
intake_error(const struct intake *in)
{
	return in->why;
}
