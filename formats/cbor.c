/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor: the stream again, as zmap-stream(5) has it: whole, or cut to some
 * fields.  Its header says what was cut, in the history.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "formats/format.h"

struct state {
	struct stream_out *out;
	struct field *fields; /* of the columns; NULL: all */
	uint64_t taken;	      /* records of this segment */
	bool in_segment;
};

/* The stream's bytes on their way into the output. */
static int
sink(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	struct output *out = ctx;

	(void)records;
	output_bytes(out, p, n);
	errno = out->error;
	return out->error == 0 ? 0 : -1;
}

static int
cbor_failed(struct format_state *f)
{
	return format_fail(f, "%s", strerror(errno != 0 ? errno : ENOMEM));
}

static int
segment(struct format_state *f)
{
	struct state *s = f->state;
	struct header *h;
	struct column *c;
	size_t i;

	h = stream_derive(s->out, f->header, NULL, f->config->argv);
	if (h == NULL)
		return cbor_failed(f);
	if (f->columns != NULL) {
		free(s->fields);
		s->fields = calloc(f->columns->count + 1, sizeof *s->fields);
		if (s->fields == NULL)
			return cbor_failed(f);
		for (i = 0; i < f->columns->count; i++) {
			c = &f->columns->list[i];
			s->fields[i].name = c->ref.index == SIZE_MAX ?
			    c->name :
			    c->ref.name;
			s->fields[i].type = c->type;
			/* not of h, whose fields are about to go */
			s->fields[i].help = c->ref.index < h->nfields ?
			    f->header->fields[c->ref.index].help :
			    "";
		}
		if (header_set_fields(h, s->fields) == -1)
			return cbor_failed(f);
	}
	s->taken = 0;
	s->in_segment = true;
	return stream_header(s->out) == -1 ? cbor_failed(f) : 0;
}

static int
open_cbor(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);

	f->state = s;
	if (s == NULL)
		return cbor_failed(f);
	s->out = stream_out_sink((struct stream_sink){ sink, f->out });
	if (s->out == NULL)
		return cbor_failed(f);
	return segment(f);
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct encoder e;
	struct value v;
	size_t i;

	s->taken++;
	if (f->columns == NULL)
		return stream_pass(s->out, item) == -1 ? cbor_failed(f) : 1;
	/* views of a value may be longer than it, but not by much */
	e = stream_begin(s->out,
	    item->size < STREAM_ITEM_MAX / 2 ?
		item->size * 2 + 64 * f->columns->count :
		STREAM_ITEM_MAX);
	encode_array(&e, f->columns->count);
	for (i = 0; i < f->columns->count; i++) {
		v = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
		value_encode(&e, &v);
	}
	return stream_commit(s->out, &e, STREAM_RECORD) == -1 ? cbor_failed(f) :
								1;
}

static int
cbor_end(struct format_state *f, const struct stream_item *before)
{
	struct state *s = f->state;
	const struct counter counters[] = {
		{ "in", s->taken },
		{ "out", s->taken },
		{ NULL, 0 },
	};

	s->in_segment = false;
	return stream_end(s->out, "out", OUTCOME_DONE, before, counters) == -1 ?
	    cbor_failed(f) :
	    0;
}

static int
event(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;

	if (item->what == STREAM_END)
		return cbor_end(f, item);
	return stream_pass(s->out, item) == -1 ? cbor_failed(f) : 0;
}

static int
idle(struct format_state *f)
{
	struct state *s = f->state;

	return s != NULL && stream_flush(s->out) == -1 ? cbor_failed(f) : 0;
}

static int
close_cbor(struct format_state *f)
{
	struct state *s = f->state;
	int rc = 0;

	if (s == NULL)
		return 0;
	if (s->out != NULL) {
		/* cut short on request; a failure leaves it truncated */
		if (s->in_segment && f->complete)
			rc = cbor_end(f, NULL);
		if (stream_flush(s->out) == -1)
			rc = cbor_failed(f);
	}
	stream_out_free(s->out);
	free(s->fields);
	free(s);
	return rc;
}

const struct format format_cbor = {
	.name = "cbor",
	.alias = "extended_file", /* the first ZMap's, of all fields */
	.help = "the stream again, cut to the fields of -f",
	.whole = true,
	.binary = true,
	.appends = FORMAT_STREAM,
	.open = open_cbor,
	.segment = segment,
	.record = record,
	.event = event,
	.idle = idle,
	.close = close_cbor,
};
