/* SPDX-License-Identifier: Apache-2.0 */
/* Values of records as text; see print.h. */
#include "stream/print.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "base/output.h"
#include "stream/token.h"

static void
print_octet(struct output *o, unsigned char v)
{
	unsigned char *to = o->buf + o->len;

	if (v >= 100) {
		*to++ = '0' + v / 100;
		v %= 100;
		*to++ = '0' + v / 10;
		v %= 10;
	} else if (v >= 10) {
		*to++ = '0' + v / 10;
		v %= 10;
	}
	*to++ = '0' + v;
	o->len = to - o->buf;
}

int
print_address(struct output *o, const unsigned char *p, size_t n)
{
	char text[INET6_ADDRSTRLEN];
	int i;

	if (n == 4) {
		output_room(o, 16);
		for (i = 0; i < 4; i++) {
			if (i > 0)
				o->buf[o->len++] = '.';
			print_octet(o, p[i]);
		}
		return 0;
	}
	if (n != 16 || inet_ntop(AF_INET6, p, text, sizeof text) == NULL)
		return -1;
	output_text(o, text);
	return 0;
}

/*
 * The shortest decimal that reads back the same; with a point, if nobody is
 * to take it for an integer.
 */
static void
print_real(struct output *o, double v, bool point)
{
	char text[32], *end;
	int digits;
	size_t n;

	for (digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, &end) == v)
			break;
	}
	n = strcspn(text, ".e");
	output_bytes(o, text, n);
	if (point && text[n] != '.')
		output_text(o, ".0");
	output_text(o, text + n);
}

void
print_bare(struct output *o, const struct value *v, enum field_type type,
    print_escape *escape, struct output *scratch)
{
	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_UINT:
	case VALUE_BOOL:
		output_uint(o, v->number);
		break;
	case VALUE_INT:
		output_int(o, v->number);
		break;
	case VALUE_FLOAT:
		print_real(o, v->real, false);
		break;
	case VALUE_TEXT:
		escape(o, v->bytes, v->size);
		break;
	case VALUE_BYTES:
		if (type != FIELD_IP ||
		    print_address(o, v->bytes, v->size) == -1)
			escape_hex(o, v->bytes, v->size);
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		scratch->len = 0;
		print_json(scratch, v, type);
		escape(o, scratch->buf, scratch->len);
		break;
	}
}

/*
 * The item at p, of which the decoder has made sure that it is whole and not
 * nested too deep.  Returns its length.
 */
static size_t
json_item(struct output *o, const unsigned char *p, size_t n, bool key)
{
	struct token t;
	bool first = true;
	ssize_t used;
	size_t at, i;

	used = token_next(p, n, &t);
	if (used <= 0)
		return n;
	at = used;
	/*
	 * The keys of JSON are strings: of others, their JSON is the key.  It
	 * needs no escapes, since a key is a number, a simple value or text.
	 */
	if (key && t.kind != TOKEN_TEXT && t.kind != TOKEN_BYTES) {
		output_byte(o, '"');
		at = json_item(o, p, n, false);
		output_byte(o, '"');
		return at;
	}
	switch (t.kind) {
	case TOKEN_UINT:
		output_uint(o, t.number);
		break;
	case TOKEN_NEGINT:
		/* -1 - 2^64 + 1 has its digits, too */
		output_byte(o, '-');
		if (t.number == UINT64_MAX)
			output_text(o, "18446744073709551616");
		else
			output_uint(o, t.number + 1);
		break;
	case TOKEN_BYTES:
		output_byte(o, '"');
		escape_hex(o, t.bytes, t.number);
		output_byte(o, '"');
		break;
	case TOKEN_TEXT:
		escape_json(o, t.bytes, t.number);
		break;
	case TOKEN_FLOAT:
		if (isfinite(t.real))
			print_real(o, t.real, false);
		else
			output_text(o, "null");
		break;
	case TOKEN_BOOL:
		output_text(o, t.number ? "true" : "false");
		break;
	case TOKEN_NULL:
	case TOKEN_UNDEFINED:
	case TOKEN_BREAK:
		output_text(o, "null");
		break;
	case TOKEN_TAG:
		at += json_item(o, p + at, n - at, key);
		break;
	case TOKEN_ARRAY:
	case TOKEN_MAP:
		output_byte(o, t.kind == TOKEN_MAP ? '{' : '[');
		for (i = 0; at < n && (t.indefinite || i < t.number); i++) {
			if (t.indefinite && p[at] == 0xff) {
				at++;
				break;
			}
			if (!first)
				output_byte(o, ',');
			first = false;
			at += json_item(o, p + at, n - at, t.kind == TOKEN_MAP);
			if (t.kind == TOKEN_MAP) {
				output_byte(o, ':');
				at += json_item(o, p + at, n - at, false);
			}
		}
		output_byte(o, t.kind == TOKEN_MAP ? '}' : ']');
		break;
	}
	return at;
}

void
print_json(struct output *o, const struct value *v, enum field_type type)
{
	switch (v->type) {
	case VALUE_NULL:
		output_text(o, "null");
		break;
	case VALUE_UINT:
		if (type == FIELD_BOOL)
			output_text(o, v->number ? "true" : "false");
		else
			output_uint(o, v->number);
		break;
	case VALUE_INT:
		output_int(o, v->number);
		break;
	case VALUE_BOOL:
		output_text(o, v->number ? "true" : "false");
		break;
	case VALUE_FLOAT:
		if (isfinite(v->real))
			print_real(o, v->real, false);
		else
			output_text(o, "null");
		break;
	case VALUE_TEXT:
		escape_json(o, v->bytes, v->size);
		break;
	case VALUE_BYTES:
		output_byte(o, '"');
		if (type != FIELD_IP ||
		    print_address(o, v->bytes, v->size) == -1)
			escape_hex(o, v->bytes, v->size);
		output_byte(o, '"');
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		json_item(o, v->bytes, v->size, false);
		break;
	}
}

/* --- diagnostic notation --- */

static size_t
diagnostic_item(struct output *o, const unsigned char *p, size_t n)
{
	struct token t;
	ssize_t used;
	size_t at, i;

	used = token_next(p, n, &t);
	if (used <= 0)
		return n;
	at = used;
	switch (t.kind) {
	case TOKEN_UINT:
		output_uint(o, t.number);
		break;
	case TOKEN_NEGINT:
		output_byte(o, '-');
		if (t.number == UINT64_MAX)
			output_text(o, "18446744073709551616");
		else
			output_uint(o, t.number + 1);
		break;
	case TOKEN_BYTES:
		output_text(o, "h'");
		escape_hex(o, t.bytes, t.number);
		output_byte(o, '\'');
		break;
	case TOKEN_TEXT:
		escape_json(o, t.bytes, t.number);
		break;
	case TOKEN_FLOAT:
		if (isnan(t.real))
			output_text(o, "NaN");
		else if (isinf(t.real))
			output_text(o, t.real < 0 ? "-Infinity" : "Infinity");
		else
			print_real(o, t.real, true);
		break;
	case TOKEN_BOOL:
		output_text(o, t.number ? "true" : "false");
		break;
	case TOKEN_NULL:
		output_text(o, "null");
		break;
	case TOKEN_UNDEFINED:
		output_text(o, "undefined");
		break;
	case TOKEN_BREAK:
		break;
	case TOKEN_TAG:
		output_uint(o, t.number);
		output_byte(o, '(');
		at += diagnostic_item(o, p + at, n - at);
		output_byte(o, ')');
		break;
	case TOKEN_ARRAY:
	case TOKEN_MAP:
		output_byte(o, t.kind == TOKEN_MAP ? '{' : '[');
		if (t.indefinite)
			output_text(o, "_ ");
		for (i = 0; at < n && (t.indefinite || i < t.number); i++) {
			if (t.indefinite && p[at] == 0xff) {
				at++;
				break;
			}
			if (i > 0)
				output_text(o, ", ");
			at += diagnostic_item(o, p + at, n - at);
			if (t.kind == TOKEN_MAP) {
				output_text(o, ": ");
				at += diagnostic_item(o, p + at, n - at);
			}
		}
		output_byte(o, t.kind == TOKEN_MAP ? '}' : ']');
		break;
	}
	return at;
}

void
print_diagnostic(struct output *o, const unsigned char *p, size_t n)
{
	diagnostic_item(o, p, n);
}
