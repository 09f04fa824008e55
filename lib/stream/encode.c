/* SPDX-License-Identifier: Apache-2.0 */
/* libcbor's encoder behind one running position; see encode.h. */
#include "stream/encode.h"

#include <cbor.h>
#include <string.h>

static size_t
encode_room(const struct encoder *e)
{
	return e->end - e->at;
}

/* Every libcbor encoder returns the bytes it wrote, 0 for no room. */
static void
advance(struct encoder *e, size_t wrote)
{
	if (wrote == 0)
		e->full = true;
	e->at += wrote;
}

void
encode_uint(struct encoder *e, uint64_t v)
{
	advance(e, cbor_encode_uint(v, e->at, encode_room(e)));
}

void
encode_int(struct encoder *e, int64_t v)
{
	if (v >= 0)
		encode_uint(e, v);
	else
		advance(e, cbor_encode_negint(-1 - v, e->at, encode_room(e)));
}

/*
 * A byte that says all (RFC 8949 3.3), without a call into libcbor: a dozen
 * fields of each record are null.
 */
static void
put_simple(struct encoder *e, unsigned char byte)
{
	if (e->at == e->end)
		e->full = true;
	else
		*e->at++ = byte;
}

void
encode_bool(struct encoder *e, bool v)
{
	put_simple(e, v ? 0xf5 : 0xf4);
}

void
encode_null(struct encoder *e)
{
	put_simple(e, 0xf6);
}

void
encode_double(struct encoder *e, double v)
{
	advance(e, cbor_encode_double(v, e->at, encode_room(e)));
}

void
encode_raw(struct encoder *e, const void *p, size_t n)
{
	if (n > encode_room(e)) {
		e->full = true;
		return;
	}
	memcpy(e->at, p, n);
	e->at += n;
}

void
encode_textn(struct encoder *e, const char *s, size_t n)
{
	advance(e, cbor_encode_string_start(n, e->at, encode_room(e)));
	encode_raw(e, s, n);
}

void
encode_text(struct encoder *e, const char *s)
{
	encode_textn(e, s, strlen(s));
}

void
encode_bytes(struct encoder *e, const void *p, size_t n)
{
	advance(e, cbor_encode_bytestring_start(n, e->at, encode_room(e)));
	encode_raw(e, p, n);
}

unsigned char *
encode_bytes_room(struct encoder *e, size_t n)
{
	unsigned char *p;

	advance(e, cbor_encode_bytestring_start(n, e->at, encode_room(e)));
	if (e->full || n > encode_room(e)) {
		e->full = true;
		return NULL;
	}
	p = e->at;
	e->at += n;
	return p;
}

void
encode_array(struct encoder *e, uint64_t items)
{
	advance(e, cbor_encode_array_start(items, e->at, encode_room(e)));
}

void
encode_map(struct encoder *e, uint64_t pairs)
{
	advance(e, cbor_encode_map_start(pairs, e->at, encode_room(e)));
}

void
encode_tag(struct encoder *e, uint64_t tag)
{
	advance(e, cbor_encode_tag(tag, e->at, encode_room(e)));
}

void
encode_open_array(struct encoder *e)
{
	advance(e, cbor_encode_indef_array_start(e->at, encode_room(e)));
}

void
encode_open_map(struct encoder *e)
{
	advance(e, cbor_encode_indef_map_start(e->at, encode_room(e)));
}

void
encode_break(struct encoder *e)
{
	advance(e, cbor_encode_break(e->at, encode_room(e)));
}
