/* SPDX-License-Identifier: Apache-2.0 */
/* Items of CBOR behind one running position; see encode.h. */
#include "stream/encode.h"

#include <cbor.h>
#include <string.h>

#include "base/bytes.h"
#include "stream/token.h"

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

/*
 * The head of an item, as short as it can be (RFC 8949 3).  It is written here
 * and not by libcbor, whose calls were a tenth of what an answer costs.
 */
static inline void
put_head(struct encoder *e, enum token_major major, uint64_t n)
{
	const unsigned char type = major << 5;
	unsigned char *at = e->at;
	size_t more;

	more = n < 24	    ? 0 :
	    n <= UINT8_MAX  ? 1 :
	    n <= UINT16_MAX ? 2 :
	    n <= UINT32_MAX ? 4 :
			      8;
	if (encode_room(e) < 1 + more) {
		e->full = true;
		return;
	}
	e->at += 1 + more;
	switch (more) {
	case 0:
		at[0] = type | n;
		break;
	case 1:
		at[0] = type | TOKEN_1_BYTE;
		at[1] = n;
		break;
	case 2:
		at[0] = type | TOKEN_2_BYTES;
		put16(at + 1, n);
		break;
	case 4:
		at[0] = type | TOKEN_4_BYTES;
		put32(at + 1, n);
		break;
	default:
		at[0] = type | TOKEN_8_BYTES;
		put64(at + 1, n);
	}
}

void
encode_uint(struct encoder *e, uint64_t v)
{
	put_head(e, TOKEN_MAJOR_UINT, v);
}

void
encode_int(struct encoder *e, int64_t v)
{
	if (v >= 0)
		put_head(e, TOKEN_MAJOR_UINT, v);
	else
		put_head(e, TOKEN_MAJOR_NEGINT, -1 - v);
}

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
	put_simple(e, v ? TOKEN_TRUE : TOKEN_FALSE);
}

void
encode_null(struct encoder *e)
{
	put_simple(e, TOKEN_NO_VALUE);
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
	put_head(e, TOKEN_MAJOR_TEXT, n);
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
	put_head(e, TOKEN_MAJOR_BYTES, n);
	encode_raw(e, p, n);
}

unsigned char *
encode_bytes_room(struct encoder *e, size_t n)
{
	unsigned char *p;

	put_head(e, TOKEN_MAJOR_BYTES, n);
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
	put_head(e, TOKEN_MAJOR_ARRAY, items);
}

void
encode_map(struct encoder *e, uint64_t pairs)
{
	put_head(e, TOKEN_MAJOR_MAP, pairs);
}

void
encode_tag(struct encoder *e, uint64_t tag)
{
	put_head(e, TOKEN_MAJOR_TAG, tag);
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
