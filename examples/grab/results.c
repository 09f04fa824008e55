/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as records of a stream; see results.h. */
#include "results.h"

#include <stdlib.h>
#include <string.h>

#include "intake/cell.h"
#include "tls.h"

enum {
	SADDR,
	SPORT,
	CLASSIFICATION,
	SUCCESS,
	BANNER,
	ENDED,
	ERROR,
	CONNECT_US,
	FIRST_US,
	TOTAL_US,
	TLS,
	TIMESTAMP,
	FIELDS
};

static const struct field fields[FIELDS + 1] = {
	[SADDR] = { "saddr", FIELD_IP, "address of the host" },
	[SPORT] = { "sport", FIELD_UINT, "port of the host" },
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "what came of it: banner, silent, refused and so on" },
	[SUCCESS] = { "success", FIELD_BOOL, "did the host say something" },
	[BANNER] = { "banner", FIELD_TEXT, "what the host said" },
	[ENDED] = { "ended", FIELD_TEXT, "why the banner ends" },
	[ERROR] = { "error", FIELD_TEXT, "what went wrong" },
	[CONNECT_US] = { "connect_us", FIELD_UINT,
	    "microseconds to a connection" },
	[FIRST_US] = { "first_us", FIELD_UINT,
	    "microseconds to the first byte" },
	[TOTAL_US] = { "total_us", FIELD_UINT, "microseconds to the end" },
	[TLS] = { "tls", FIELD_MAP, "version, cipher and certificates" },
	[TIMESTAMP] = { "timestamp", FIELD_TIME, "when the connection began" },
	{ .name = NULL },
};

static int
results_take(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	struct results *r = ctx;

	(void)records;
	output_bytes(r->to, p, n);
	return 0;
}

int
results_open(struct results *r, struct output *to, const char *stage,
    char *const *argv)
{
	*r = (struct results){ .to = to, .stage = stage, .argv = argv };
	r->out = stream_out_sink((struct stream_sink){ results_take, r });
	r->room = malloc(STREAM_ITEM_MAX);
	if (r->out == NULL || r->room == NULL ||
	    output_open(&r->text, -1) == -1)
		return -1;
	return 0;
}

void
results_close(struct results *r)
{
	if (r->out != NULL)
		stream_out_free(r->out);
	free(r->room);
	output_close(&r->text);
}

int
results_begin(struct results *r, const struct header *from)
{
	struct header *h;

	if (r->begun)
		return 0;
	r->begun = true;
	h = stream_derive(r->out, from, "results", r->argv);
	if (h == NULL || header_set_fields(h, fields) == -1 ||
	    stream_header(r->out) == -1)
		return -1;
	return stream_flush(r->out);
}

static struct value
micros(int64_t ns)
{
	return ns < 0 ? (struct value){ .type = VALUE_NULL } :
			value_uint((uint64_t)ns / 1000);
}

/* What JSON has of it, as a map: {"version": "TLSv1.3", ...}. */
static void
add_tls(struct results *r, const struct report *report, struct value *v)
{
	static const char head[] = ",\"tls\":";
	struct encoder e = encoder_on(r->room, STREAM_ITEM_MAX);
	const char *why;
	size_t n;

	r->text.len = 0;
	tls_report(&r->text, report->ssl);
	if (r->text.len < sizeof head)
		return;
	n = r->text.len - (sizeof head - 1);
	output_byte(&r->text, '\0');
	if (r->text.error != 0 ||
	    cell_parse(v, FIELD_MAP, r->text.buf + sizeof head - 1, n, &e,
		&why) == -1)
		*v = (struct value){ .type = VALUE_NULL };
}

int
results_write(struct results *r, const struct report *report)
{
	uint32_t a = report->host->v[HOST_ADDRESS];
	unsigned char address[4] = { a >> 24, a >> 16, a >> 8, a };
	bool said = report->status == REPORT_BANNER;
	struct value v[FIELDS] = { 0 };
	struct encoder e;
	size_t i;

	if (results_begin(r, NULL) == -1)
		return -1;
	v[SADDR] = value_bytes(address, sizeof address);
	v[SPORT] = value_uint(report->host->v[HOST_PORT]);
	v[CLASSIFICATION] = value_text(report_status_name(report->status));
	v[SUCCESS] = value_bool(said);
	if (said) {
		v[BANNER] = value_bytes(report->bytes, report->size);
		v[BANNER].type = VALUE_TEXT;
		v[ENDED] = value_text(report_end_name(report->end));
	}
	if (report->error != NULL)
		v[ERROR] = value_text(report->error);
	v[CONNECT_US] = micros(report->connect_ns);
	v[FIRST_US] = micros(report->first_ns);
	v[TOTAL_US] = micros(report->total_ns);
	v[TIMESTAMP] = value_uint(report->begin_ns);
	if (report->ssl != NULL)
		add_tls(r, report, &v[TLS]);
	if (v[TLS].size > STREAM_ITEM_MAX - RESULTS_BANNER_MAX - 4096)
		v[TLS] = (struct value){ .type = VALUE_NULL };
	e = stream_begin(r->out, STREAM_ITEM_MAX);
	encode_array(&e, FIELDS);
	for (i = 0; i < FIELDS; i++)
		value_encode(&e, &v[i]);
	if (stream_commit(r->out, &e, STREAM_RECORD) == -1)
		return -1;
	return stream_flush(r->out);
}

int
results_end(struct results *r, enum outcome outcome,
    const struct stream_item *before)
{
	if (results_begin(r, NULL) == -1 ||
	    stream_end(r->out, r->stage, outcome, before, NULL) == -1)
		return -1;
	return stream_flush(r->out);
}
