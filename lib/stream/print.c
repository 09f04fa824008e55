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
 * The shortest decimal that reads back the same; with a point, if it must not
 * be taken for an integer.
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

/* --- whole items --- */

enum notation {
	JSON,
	JSON_ADDRESSES, /* typed arrays of 32 bits are IPv4 addresses */
	DIAGNOSTIC,	/* RFC 8949 8 */
};

static size_t print_item(struct output *, const unsigned char *, size_t,
    enum notation);

static void
print_negative(struct output *o, uint64_t n)
{
	/* -1 - 2^64 + 1 has its digits, too */
	output_byte(o, '-');
	if (n == UINT64_MAX)
		output_text(o, "18446744073709551616");
	else
		output_uint(o, n + 1);
}

static void
print_float(struct output *o, double v, enum notation how)
{
	if (isfinite(v))
		print_real(o, v, how == DIAGNOSTIC);
	else if (how != DIAGNOSTIC)
		output_text(o, "null");
	else if (isnan(v))
		output_text(o, "NaN");
	else
		output_text(o, v < 0 ? "-Infinity" : "Infinity");
}

static void
print_bytes(struct output *o, const struct token *t, enum notation how)
{
	output_text(o, how == DIAGNOSTIC ? "h'" : "\"");
	escape_hex(o, t->bytes, t->number);
	output_byte(o, how == DIAGNOSTIC ? '\'' : '"');
}

/* Addresses of `size` bytes, one behind another; else false. */
static bool
print_addresses(struct output *o, const unsigned char *p, size_t n, size_t size)
{
	struct token t;
	size_t i;

	if (token_next(p, n, &t) <= 0 || t.kind != TOKEN_BYTES ||
	    t.number % size != 0)
		return false;
	output_byte(o, '[');
	for (i = 0; i < t.number; i += size) {
		output_text(o, i == 0 ? "\"" : ",\"");
		print_address(o, t.bytes + i, size);
		output_byte(o, '"');
	}
	output_byte(o, ']');
	return true;
}

/* What is tagged; returns its length. */
static size_t
print_tagged(struct output *o, uint64_t tag, const unsigned char *p, size_t n,
    enum notation how)
{
	size_t length;

	if (how == JSON_ADDRESSES && tag == TOKEN_TAG_UINT32_BE &&
	    print_addresses(o, p, n, 4))
		return token_skip(p, n);
	if (how != DIAGNOSTIC)
		return print_item(o, p, n, how);
	output_uint(o, tag);
	output_byte(o, '(');
	length = print_item(o, p, n, how);
	output_byte(o, ')');
	return length;
}

/*
 * The keys of JSON are strings: of others, their JSON is the key.  It needs no
 * escapes, since a key is a number, a simple value or text.
 */
static size_t
print_key(struct output *o, const unsigned char *p, size_t n, enum notation how)
{
	struct token t;
	size_t length;

	if (how == DIAGNOSTIC || token_next(p, n, &t) <= 0 ||
	    t.kind == TOKEN_TEXT || t.kind == TOKEN_BYTES)
		return print_item(o, p, n, how);
	output_byte(o, '"');
	length = print_item(o, p, n, how);
	output_byte(o, '"');
	return length;
}

/* The items of an array or a map, behind its head; returns their length. */
static size_t
print_items(struct output *o, const struct token *t, const unsigned char *p,
    size_t n, enum notation how)
{
	bool map = t->kind == TOKEN_MAP, diagnostic = how == DIAGNOSTIC;
	size_t at = 0, i;

	output_byte(o, map ? '{' : '[');
	if (diagnostic && t->indefinite)
		output_text(o, "_ ");
	for (i = 0; at < n && (t->indefinite || i < t->number); i++) {
		if (t->indefinite && p[at] == 0xff) {
			at++;
			break;
		}
		if (i > 0)
			output_text(o, diagnostic ? ", " : ",");
		if (map) {
			at += print_key(o, p + at, n - at, how);
			output_text(o, diagnostic ? ": " : ":");
		}
		at += print_item(o, p + at, n - at, how);
	}
	output_byte(o, map ? '}' : ']');
	return at;
}

/*
 * The item at p.  The decoder has made sure that it is whole and not nested too
 * deep.  Returns its length.
 */
static size_t
print_item(struct output *o, const unsigned char *p, size_t n,
    enum notation how)
{
	struct token t;
	ssize_t at = token_next(p, n, &t);

	if (at <= 0)
		return n;
	switch (t.kind) {
	case TOKEN_UINT:
		output_uint(o, t.number);
		break;
	case TOKEN_NEGINT:
		print_negative(o, t.number);
		break;
	case TOKEN_BYTES:
		print_bytes(o, &t, how);
		break;
	case TOKEN_TEXT:
		escape_json(o, t.bytes, t.number);
		break;
	case TOKEN_FLOAT:
		print_float(o, t.real, how);
		break;
	case TOKEN_BOOL:
		output_text(o, t.number ? "true" : "false");
		break;
	case TOKEN_UNDEFINED:
		output_text(o, how == DIAGNOSTIC ? "undefined" : "null");
		break;
	case TOKEN_NULL:
	case TOKEN_BREAK:
		output_text(o, "null");
		break;
	case TOKEN_TAG:
		at += print_tagged(o, t.number, p + at, n - at, how);
		break;
	case TOKEN_ARRAY:
	case TOKEN_MAP:
		at += print_items(o, &t, p + at, n - at, how);
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
		print_float(o, v->real, JSON);
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
		print_item(o, v->bytes, v->size, JSON);
		break;
	}
}

void
print_json_addresses(struct output *o, const unsigned char *p, size_t n)
{
	if (!print_addresses(o, p, n, 16))
		print_json_item(o, p, n);
}

void
print_json_item(struct output *o, const unsigned char *p, size_t n)
{
	print_item(o, p, n, JSON_ADDRESSES);
}

void
print_diagnostic(struct output *o, const unsigned char *p, size_t n)
{
	print_item(o, p, n, DIAGNOSTIC);
}
