/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parquet: Apache Parquet, for DuckDB, ClickHouse, BigQuery, Spark, pandas.
 *
 *	PAR1 | row group | row group | ... | footer | its size | PAR1
 *
 * A row group holds 122,880 records, or fewer where they are large: of each
 * column one chunk (parquet-column.h).  Every column may be null.  The footer
 * has the schema, where the chunks are, and what the stream's header says of
 * the scan, as JSON in the keys zmap.scan and zmap.history.
 *
 * A file without its footer cannot be read.  The footer is written whenever
 * the program ends by itself, whatever the input was like.  For what kills it,
 * rows=N begins a new file after every N records; those before are whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/utf8.h"
#include "formats/arguments.h"
#include "formats/facts.h"
#include "formats/format.h"
#include "formats/parquet-column.h"
#include "formats/thrift.h"
#include "stream/print.h"

#define MAGIC	    "PAR1"
#define GROUP_ROWS  122880
#define GROUP_BYTES (64 << 20)

/* What one column holds; the order is that of the table below. */
enum kind {
	ADDRESS_TEXT,
	ADDRESS_BYTES,
	ADDRESS_INT,
	UINT,
	INT,
	BOOL,
	TEXT,
	BYTES,
	TIME_US,
	TIME_NS,
	JSON,
};

/* How the schema says it.  Numbers are those of parquet.thrift. */
static const struct {
	enum parquet_type type;
	bool is_signed;
	int converted; /* -1: none */
	int logical;   /* field of the union LogicalType; 0: none */
} kinds[] = {
	[ADDRESS_TEXT] = { PARQUET_BYTE_ARRAY, false, 0, 1 },
	[ADDRESS_BYTES] = { PARQUET_BYTE_ARRAY, false, -1, 0 },
	[ADDRESS_INT] = { PARQUET_INT64, true, -1, 0 },
	[UINT] = { PARQUET_INT64, false, 14, 10 },
	[INT] = { PARQUET_INT64, true, -1, 0 },
	[BOOL] = { PARQUET_BOOLEAN, false, -1, 0 },
	[TEXT] = { PARQUET_BYTE_ARRAY, false, 0, 1 },
	[BYTES] = { PARQUET_BYTE_ARRAY, false, -1, 0 },
	[TIME_US] = { PARQUET_INT64, true, 10, 8 },
	[TIME_NS] = { PARQUET_INT64, true, -1, 8 },
	[JSON] = { PARQUET_BYTE_ARRAY, false, 19, 12 },
};

struct column_state {
	enum kind kind;
	struct parquet_column data;
};

struct state {
	/* --output-args */
	enum kind addresses; /* ADDRESS_... */
	enum kind times;     /* TIME_... */
	uint64_t rows_max;   /* records in a file; 0: any number */

	struct column_state *columns;
	size_t count;
	struct parquet_writer writer;
	struct output groups; /* RowGroups for the footer, encoded */
	struct output scratch, text;
	uint64_t ngroups, rows; /* in this file */
	uint64_t group_rows;	/* in this row group */
	size_t group_bytes;
	bool begun;

	struct output part; /* the file after the first */
	int part_fd;	    /* or -1 */
	unsigned number;    /* of the file, from 1 */
	char dir[4096];	    /* of all parts */
};

static int
parquet_failed(struct format_state *f)
{
	return format_fail(f, "%s", strerror(ENOMEM));
}

/* --- arguments and parts --- */

static int
parquet_take_addresses(struct format_state *f, const char *value, int word)
{
	static const enum kind by_word[] = { ADDRESS_TEXT, ADDRESS_BYTES,
		ADDRESS_INT };
	struct state *s = f->state;

	(void)value;
	s->addresses = by_word[word];
	return 0;
}

static int
parquet_take_times(struct format_state *f, const char *value, int word)
{
	struct state *s = f->state;

	(void)value;
	s->times = word == 0 ? TIME_US : TIME_NS;
	return 0;
}

static int
parquet_take_rows(struct format_state *f, const char *value, int word)
{
	struct state *s = f->state;

	(void)word;
	if (number_whole(value, 1, UINT64_MAX, &s->rows_max) == -1)
		return format_misuse(f,
		    "parquet: rows=%s: must be a whole number above 0", value);
	return 0;
}

static const struct format_argument arguments[] = {
	{ "addresses", .words = "text bytes int",
	    .take = parquet_take_addresses },
	{ "times", .words = "us ns", .take = parquet_take_times },
	{ "rows", .value = "NUMBER", .take = parquet_take_rows },
	{ .name = NULL },
};

/* The name of the file with this number: scan.parquet, scan.2.parquet, ... */
static int
part_name(const struct format_state *f, unsigned number, char *buf, size_t size)
{
	const char *path = f->config->path, *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	int n;

	if (dot == NULL || dot == name)
		dot = name + strlen(name);
	n = snprintf(buf, size, "%.*s.%u%s", (int)(dot - path), path, number,
	    dot);
	return n > 0 && (size_t)n < size ? 0 : -1;
}

static int
prepare_parts(struct format_state *f, struct state *s)
{
	char second[4096];

	if (f->config->path == NULL)
		return format_misuse(f,
		    "parquet: rows= makes several files: -o says how they are called");
	if (part_name(f, 2, second, sizeof second) == -1 ||
	    rights_dir_of(f->config->path, s->dir, sizeof s->dir) == -1)
		return format_misuse(f, "%s: the name is too long",
		    f->config->path);
	if (access(second, F_OK) == 0)
		return format_misuse(f,
		    "%s exists: move the files of the last scan away, or choose another -o",
		    second);
	if (access(s->dir, X_OK) == -1)
		return format_fail(f, "%s: %s", f->config->path,
		    strerror(errno));
	f->rights.write_dir = s->dir;
	return 0;
}

static int
prepare(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);
	char *text;
	int rc;

	f->state = s;
	if (s == NULL)
		return parquet_failed(f);
	s->part_fd = -1;
	s->number = 1;
	s->times = TIME_US;
	rc = format_arguments(f, "parquet", arguments, &text);
	free(text);
	if (rc == 0 && s->rows_max > 0)
		rc = prepare_parts(f, s);
	return rc;
}

/* --- schema --- */

static enum kind
kind_of(const struct state *s, enum field_type type)
{
	switch (type) {
	case FIELD_IP:
		return s->addresses;
	case FIELD_UINT:
		return UINT;
	case FIELD_INT:
		return INT;
	case FIELD_BOOL:
		return BOOL;
	case FIELD_TEXT:
		return TEXT;
	case FIELD_BYTES:
		return BYTES;
	case FIELD_TIME:
		return s->times;
	case FIELD_LIST:
	case FIELD_MAP:
		break;
	}
	return JSON;
}

static void
parquet_begin_file(struct state *s)
{
	output_text(s->writer.out, MAGIC);
	s->writer.at = strlen(MAGIC);
	s->begun = true;
}

static int
open_parquet(struct format_state *f)
{
	struct state *s = f->state;
	const struct column *c;
	size_t i, k;

	s->columns = calloc(f->columns->count, sizeof *s->columns);
	if (s->columns == NULL ||
	    parquet_writer_open(&s->writer, f->out) == -1 ||
	    output_open(&s->groups, -1) == -1 ||
	    output_open(&s->scratch, -1) == -1 ||
	    output_open(&s->text, -1) == -1)
		return parquet_failed(f);
	for (i = 0; i < f->columns->count; i++) {
		c = &f->columns->list[i];
		for (k = 0; k < i; k++)
			if (strcmp(f->columns->list[k].name, c->name) == 0)
				return format_misuse(f,
				    "-f names %s twice: columns of Parquet have different names",
				    c->name);
		s->columns[i].kind = kind_of(s, c->type);
		if (parquet_column_open(&s->columns[i].data, c->name,
			kinds[s->columns[i].kind].type,
			kinds[s->columns[i].kind].is_signed) == -1)
			return parquet_failed(f);
		s->count = i + 1;
	}
	parquet_begin_file(s);
	return 0;
}

static void
put_logical(struct thrift *t, enum kind kind)
{
	if (kinds[kind].logical == 0)
		return;
	thrift_struct_field(t, 10);
	thrift_struct_field(t, kinds[kind].logical);
	if (kind == UINT) {
		thrift_i8(t, 1, 64);
		thrift_bool(t, 2, false);
	} else if (kind == TIME_US || kind == TIME_NS) {
		thrift_bool(t, 1, true); /* UTC */
		thrift_struct_field(t, 2);
		thrift_struct_field(t, kind == TIME_US ? 2 : 3);
		thrift_end(t);
		thrift_end(t);
	}
	thrift_end(t);
	thrift_end(t);
}

static void
put_schema(struct thrift *t, const struct state *s)
{
	size_t i;

	thrift_list(t, 2, THRIFT_STRUCT, s->count + 1);
	thrift_struct(t);
	thrift_text(t, 4, "zmap");
	thrift_i32(t, 5, (int32_t)s->count);
	thrift_end(t);
	for (i = 0; i < s->count; i++) {
		const struct column_state *c = &s->columns[i];

		thrift_struct(t);
		thrift_i32(t, 1, c->data.type);
		thrift_i32(t, 3, 1); /* optional */
		thrift_text(t, 4, c->data.name);
		if (kinds[c->kind].converted != -1)
			thrift_i32(t, 6, kinds[c->kind].converted);
		put_logical(t, c->kind);
		thrift_end(t);
	}
}

/* --- what the header says, as JSON --- */

static void
put_pair(struct thrift *t, const char *key, const struct output *value)
{
	thrift_struct(t);
	thrift_text(t, 1, key);
	thrift_binary(t, 2, value->buf, value->len);
	thrift_end(t);
}

static int
put_pairs(struct thrift *t, struct state *s, const struct header *h)
{
	thrift_list(t, 5, THRIFT_STRUCT, 2);
	s->scratch.len = 0;
	if (facts_scan(&s->scratch, h) == -1)
		return -1;
	put_pair(t, "zmap.scan", &s->scratch);
	s->scratch.len = 0;
	facts_history(&s->scratch, h);
	put_pair(t, "zmap.history", &s->scratch);
	return 0;
}

/* --- row groups, footer, files --- */

static int
end_group(struct format_state *f)
{
	struct state *s = f->state;
	struct thrift t = { .out = &s->groups };
	struct parquet_sizes sizes = { 0 };
	uint64_t begin = s->writer.at;
	size_t i;

	if (s->group_rows == 0)
		return 0;
	thrift_struct(&t);
	thrift_list(&t, 1, THRIFT_STRUCT, s->count);
	for (i = 0; i < s->count; i++)
		if (parquet_column_write(&s->writer, &s->columns[i].data, &t,
			&sizes) == -1)
			return parquet_failed(f);
	thrift_i64(&t, 2, (int64_t)sizes.plain);
	thrift_i64(&t, 3, (int64_t)s->group_rows);
	thrift_i64(&t, 5, (int64_t)begin);
	thrift_i64(&t, 6, (int64_t)sizes.compressed);
	thrift_end(&t);
	s->ngroups++;
	s->group_rows = 0;
	s->group_bytes = 0;
	return 0;
}

static int
end_file(struct format_state *f)
{
	struct state *s = f->state;
	struct thrift t = { .out = &s->text };
	unsigned char size[4];
	size_t i;

	if (end_group(f) == -1)
		return -1;
	s->text.len = 0;
	thrift_struct(&t);
	thrift_i32(&t, 1, 2); /* version of the format */
	put_schema(&t, s);
	thrift_i64(&t, 3, (int64_t)s->rows);
	thrift_list(&t, 4, THRIFT_STRUCT, s->ngroups);
	output_bytes(&s->text, s->groups.buf, s->groups.len);
	if (put_pairs(&t, s, f->header) == -1)
		return parquet_failed(f);
	thrift_text(&t, 6, "zmap");
	thrift_list(&t, 7, THRIFT_STRUCT, s->count);
	for (i = 0; i < s->count; i++) {
		thrift_struct(&t);
		thrift_struct_field(&t, 1); /* ordered as its type */
		thrift_end(&t);
		thrift_end(&t);
	}
	thrift_end(&t);
	if (s->text.error != 0 || s->groups.error != 0 || s->scratch.error != 0)
		return parquet_failed(f);
	for (i = 0; i < sizeof size; i++)
		size[i] = (unsigned char)(s->text.len >> 8 * i);
	output_bytes(s->writer.out, s->text.buf, s->text.len);
	output_bytes(s->writer.out, size, sizeof size);
	output_text(s->writer.out, MAGIC);
	output_flush(s->writer.out);
	s->begun = false;
	s->groups.len = 0;
	s->ngroups = s->rows = 0;
	return 0;
}

/* Closes the file of a part that is not the first. */
static int
close_part(struct format_state *f, struct state *s)
{
	int error = s->part.error;

	if (s->part_fd == -1)
		return 0;
	if (close(s->part_fd) == -1 && error == 0)
		error = errno;
	s->part_fd = -1;
	output_close(&s->part);
	return error == 0 ? 0 :
			    format_fail(f, "%s: %s", s->dir, strerror(error));
}

static int
parquet_next_file(struct format_state *f)
{
	struct state *s = f->state;
	char name[4096];

	if (end_file(f) == -1 || close_part(f, s) == -1)
		return -1;
	if (part_name(f, ++s->number, name, sizeof name) == -1)
		return format_fail(f, "%s: the name is too long",
		    f->config->path);
	s->part_fd = open(name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (s->part_fd == -1)
		return format_fail(f, "%s: %s", name, strerror(errno));
	if (output_open(&s->part, s->part_fd) == -1)
		return parquet_failed(f);
	s->writer.out = &s->part;
	parquet_begin_file(s);
	return 0;
}

/* --- records --- */

static void
parquet_put_text(struct state *s, struct parquet_column *c,
    const struct value *v)
{
	if (utf8_valid(v->bytes, v->size)) {
		parquet_put_bytes(c, v->bytes, v->size);
		return;
	}
	s->scratch.len = 0;
	s->scratch.len = utf8_clean(output_room(&s->scratch, v->size * 3),
	    v->size * 3, v->bytes, v->size);
	parquet_put_bytes(c, s->scratch.buf, s->scratch.len);
}

static bool
parquet_put_address(struct state *s, struct column_state *c,
    const struct value *v)
{
	const unsigned char *p = v->bytes;

	if (v->type != VALUE_BYTES || (v->size != 4 && v->size != 16) ||
	    (c->kind == ADDRESS_INT && v->size != 4))
		return false;
	if (c->kind == ADDRESS_BYTES)
		parquet_put_bytes(&c->data, p, v->size);
	else if (c->kind == ADDRESS_INT)
		parquet_put_number(&c->data,
		    (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]);
	else {
		s->scratch.len = 0;
		print_address(&s->scratch, p, v->size);
		parquet_put_bytes(&c->data, s->scratch.buf, s->scratch.len);
	}
	return true;
}

static bool
put_number(struct column_state *c, const struct value *v)
{
	uint64_t n = v->number;

	switch (c->kind) {
	case UINT:
		if (v->type != VALUE_UINT)
			return false;
		break;
	case INT:
		if (v->type != VALUE_INT &&
		    (v->type != VALUE_UINT || n > INT64_MAX))
			return false;
		break;
	case BOOL:
		if (v->type != VALUE_BOOL && (v->type != VALUE_UINT || n > 1))
			return false;
		break;
	default: /* a time */
		if (v->type != VALUE_UINT || n > INT64_MAX)
			return false;
		if (c->kind == TIME_US)
			n /= 1000;
	}
	parquet_put_number(&c->data, n);
	return true;
}

/* false: a value of this type has no place in the column. */
static bool
parquet_put_value(struct state *s, struct column_state *c,
    const struct value *v)
{
	if (v->type == VALUE_NULL) {
		parquet_put_null(&c->data);
		return true;
	}
	switch (c->kind) {
	case ADDRESS_TEXT:
	case ADDRESS_BYTES:
	case ADDRESS_INT:
		return parquet_put_address(s, c, v);
	case TEXT:
		if (v->type != VALUE_TEXT)
			return false;
		parquet_put_text(s, &c->data, v);
		return true;
	case BYTES:
		if (v->type != VALUE_BYTES)
			return false;
		parquet_put_bytes(&c->data, v->bytes, v->size);
		return true;
	case JSON:
		if (v->type != VALUE_LIST && v->type != VALUE_MAP)
			return false;
		s->scratch.len = 0;
		print_json(&s->scratch, v, FIELD_MAP);
		parquet_put_bytes(&c->data, s->scratch.buf, s->scratch.len);
		return true;
	default:
		return put_number(c, v);
	}
}

static size_t
gathered(const struct state *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->count; i++)
		n += parquet_column_size(&s->columns[i].data);
	return n;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct value v;
	size_t i;

	if (s->rows_max > 0 && s->rows == s->rows_max &&
	    parquet_next_file(f) == -1)
		return -1;
	for (i = 0; i < s->count; i++) {
		v = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
		if (!parquet_put_value(s, &s->columns[i], &v))
			break;
	}
	if (i < s->count) {
		format_fail(f, "a value of %s has another type than its column",
		    s->columns[i].data.name);
		while (i-- > 0)
			parquet_take_back(&s->columns[i].data);
		return 0;
	}
	s->rows++;
	s->group_rows++;
	s->group_bytes += item->size;
	if (s->group_rows == GROUP_ROWS ||
	    (s->group_bytes >= GROUP_BYTES / 4 && gathered(s) >= GROUP_BYTES))
		return end_group(f) == -1 ? -1 : 1;
	return 1;
}

static int
close_parquet(struct format_state *f)
{
	struct state *s = f->state;
	int rc = 0;
	size_t i;

	if (s == NULL)
		return 0;
	if (s->begun)
		rc = end_file(f);
	if (close_part(f, s) == -1)
		rc = -1;
	for (i = 0; i < s->count; i++)
		parquet_column_close(&s->columns[i].data);
	parquet_writer_close(&s->writer);
	output_close(&s->groups);
	output_close(&s->scratch);
	output_close(&s->text);
	free(s->columns);
	free(s);
	return rc;
}

const struct format format_parquet = {
	.name = "parquet",
	.help = "Apache Parquet, for DuckDB, ClickHouse, pandas and others",
	.fields = "*",
	.stored = true,
	.binary = true,
	.prepare = prepare,
	.open = open_parquet,
	.record = record,
	.close = close_parquet,
};
