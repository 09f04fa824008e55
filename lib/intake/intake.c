/* SPDX-License-Identifier: Apache-2.0 */
/* CSV and JSON to a stream; see intake.h. */
#include "intake/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "intake/cell.h"
#include "probe/receiver-fields.h"

#define ROOM  (128 << 10) /* to begin with */
#define STAGE "in"

int
intake_wrong(struct intake *in, const char *fmt, ...)
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

int
intake_bad_value(struct intake *in, size_t column, const void *text, size_t n,
    const char *why)
{
	const struct field *f =
	    &in->layout.fields[in->layout.columns[column].field];
	char clean[96];

	shown(clean, sizeof clean, text, n);
	return intake_wrong(in, "%s '%s' is %s", f->name, clean, why);
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

int
intake_begin_segment(struct intake *in)
{
	struct header *h;

	if (end_segment(in, OUTCOME_DONE) == -1)
		return -1;
	h = stream_derive(in->out, NULL, "results", in->config.argv);
	if (h == NULL || header_set_fields(h, in->layout.fields) == -1)
		return intake_wrong(in, "%s", strerror(ENOMEM));
	in->in_segment = true;
	return stream_header(in->out) == -1 ? write_failed(in) : 0;
}

int
intake_write_record(struct intake *in)
{
	const char *why;

	if (layout_write(&in->layout, in->out, &why) == -1)
		return why != NULL ? intake_wrong(in, "%s", why) :
				     write_failed(in);
	in->records++;
	return 0;
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
	size_t n = in->text.len - in->text.start, i = 0;

	if (n < 3 && !eof)
		return 0;
	if (n >= 3 && memcmp(in->text.buf + in->text.start, mark, 3) == 0)
		in->text.start += 3;
	if (n >= 3 &&
	    memcmp(in->text.buf + in->text.start, "\xd9\xd9\xf7", 3) == 0)
		return intake_wrong(in, "a stream already: this reads text");
	n = in->text.len - in->text.start;
	while (i < n &&
	    strchr(" \t\r\n", in->text.buf[in->text.start + i]) != NULL)
		i++;
	if (i == n && !eof && n < ROOM / 2)
		return 0;
	in->format = in->config.format;
	if (in->format == INTAKE_GUESS)
		in->format = i < n && in->text.buf[in->text.start + i] == '{' ?
		    INTAKE_JSON :
		    INTAKE_CSV;
	if (in->format == INTAKE_CSV && !in->config.header_row &&
	    (in->names.nwanted == 0 || in->names.others))
		return intake_wrong(in,
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
	return in->format == INTAKE_JSON ? intake_take_objects(in, eof) :
					   intake_take_rows(in, eof);
}

int
intake_file(struct intake *in, const char *name)
{
	shown(in->file, sizeof in->file, name, strlen(name));
	in->line = 1;
	in->begun = in->have_columns = in->objects.inside = false;
	in->text.start = in->text.len = 0;
	in->objects.ended = 0;
	in->objects.nkeys = in->objects.next_key = 0;
	csv_open(&in->rows.csv, in->rows.cells, LAYOUT_COLUMNS_MAX);
	return intake_add_wanted(in);
}

unsigned char *
intake_room(struct intake *in, size_t *n)
{
	unsigned char *grown;

	if (in->text.start > 0) {
		memmove(in->text.buf, in->text.buf + in->text.start,
		    in->text.len - in->text.start);
		in->text.len -= in->text.start;
		in->text.start = 0;
	}
	if (in->text.room - in->text.len < in->text.room / 2 &&
	    in->text.room < 2 * INTAKE_TEXT_MAX) {
		grown = realloc(in->text.buf, 2 * in->text.room + 1);
		if (grown == NULL && in->text.room == in->text.len)
			return NULL;
		in->text.buf = grown != NULL ? grown : in->text.buf;
		in->text.room *= grown != NULL ? 2 : 1;
	}
	*n = in->text.room - in->text.len;
	return in->text.buf + in->text.len;
}

int
intake_took(struct intake *in, size_t n)
{
	in->text.len += n;
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
		if (intake_begin_segment(in) == -1)
			return -1;
	}
	return end_segment(in, OUTCOME_DONE);
}

int
intake_idle(struct intake *in)
{
	return intake_let_go(in);
}

void
intake_fail(struct intake *in)
{
	char why[sizeof in->why];

	/* what was held is as good as if it had not been */
	memcpy(why, in->why, sizeof why);
	intake_let_go(in);
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
	in->names.others = config->fields == NULL;
	in->text.room = ROOM;
	in->text.buf = malloc(ROOM + 1);
	in->objects.tokener = json_tokener_new_ex(CELL_DEPTH_MAX);
	if (in->text.buf == NULL || in->objects.tokener == NULL ||
	    layout_open(&in->layout) == -1)
		goto fail;
	json_tokener_set_flags(in->objects.tokener,
	    JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	if (intake_parse_wanted(in, config->fields, why, size) == -1)
		goto fail;
	return in;
fail:
	intake_close(in);
	return NULL;
}

void
intake_close(struct intake *in)
{
	while (in->objects.nheld > 0)
		json_object_put(in->objects.held[--in->objects.nheld]);
	if (in->objects.tokener != NULL)
		json_tokener_free(in->objects.tokener);
	layout_close(&in->layout);
	free(in->text.buf);
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
