/* SPDX-License-Identifier: Apache-2.0 */
/* Values to and from CBOR; see value.h. */
#include "stream/value.h"

#include "stream/encode.h"
#include "stream/token.h"

void
value_encode(struct encoder *e, const struct value *v)
{
	if (v->tag != 0)
		encode_tag(e, v->tag);
	switch (v->type) {
	case VALUE_NULL:
		encode_null(e);
		break;
	case VALUE_UINT:
		encode_uint(e, v->number);
		break;
	case VALUE_INT:
		encode_int(e, (int64_t)v->number);
		break;
	case VALUE_BOOL:
		encode_bool(e, v->number);
		break;
	case VALUE_FLOAT:
		encode_double(e, v->real);
		break;
	case VALUE_TEXT:
		encode_textn(e, (const char *)v->bytes, v->size);
		break;
	case VALUE_BYTES:
		encode_bytes(e, v->bytes, v->size);
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		encode_raw(e, v->bytes, v->size);
		break;
	}
}

/* Any item: tagged, negative, real, nested or none at all. */
static long
decode_any(const unsigned char *p, size_t n, struct value *v)
{
	const unsigned char *start = p;
	struct token t;
	ssize_t used;

	*v = (struct value){ .type = VALUE_NULL };
	used = token_next(p, n, &t);
	if (used <= 0)
		return used;
	if (t.kind == TOKEN_TAG) {
		if (t.number > UINT32_MAX)
			return -1;
		v->tag = t.number;
		p += used;
		n -= used;
		used = token_next(p, n, &t);
		if (used <= 0)
			return used;
	}
	switch (t.kind) {
	case TOKEN_UINT:
		v->type = VALUE_UINT;
		v->number = t.number;
		break;
	case TOKEN_NEGINT:
		if (t.number > INT64_MAX) {
			/* an integer for whom 64 bits are too few */
			v->type = VALUE_FLOAT;
			v->real = -1.0 - (double)t.number;
			break;
		}
		v->type = VALUE_INT;
		v->number = -1 - t.number;
		break;
	case TOKEN_BOOL:
		v->type = VALUE_BOOL;
		v->number = t.number;
		break;
	case TOKEN_FLOAT:
		v->type = VALUE_FLOAT;
		v->real = t.real;
		break;
	case TOKEN_BYTES:
	case TOKEN_TEXT:
		v->type = t.kind == TOKEN_TEXT ? VALUE_TEXT : VALUE_BYTES;
		v->bytes = t.bytes;
		v->size = t.number;
		break;
	case TOKEN_ARRAY:
	case TOKEN_MAP:
		v->type = t.kind == TOKEN_MAP ? VALUE_MAP : VALUE_LIST;
		used = token_skip(p, n);
		if (used <= 0)
			return used;
		v->bytes = p;
		v->size = used;
		break;
	case TOKEN_NULL:
	case TOKEN_UNDEFINED:
		break;
	case TOKEN_TAG:
	case TOKEN_BREAK:
		return -1;
	}
	return p + used - start;
}

/* Most items by far are numbers, strings, null and truth. */
long
value_decode(const unsigned char *p, size_t n, struct value *v)
{
	const unsigned major = n > 0 ? *p >> 5 : TOKEN_MAJOR_OTHER;
	uint64_t number = 0;
	size_t used;

	if (major == TOKEN_MAJOR_UINT && (*p & 31) <= TOKEN_8_BYTES) {
		used = token_number(p, n, &number);
		*v = value_uint(number);
		return used;
	}
	if ((major == TOKEN_MAJOR_BYTES || major == TOKEN_MAJOR_TEXT) &&
	    (*p & 31) <= TOKEN_8_BYTES) {
		used = token_number(p, n, &number);
		if (used == 0 || number > n - used)
			return 0;
		*v = value_bytes(p + used, number);
		if (major == TOKEN_MAJOR_TEXT)
			v->type = VALUE_TEXT;
		return used + number;
	}
	if (n == 0)
		return 0;
	if (*p == TOKEN_NO_VALUE) {
		*v = (struct value){ .type = VALUE_NULL };
		return 1;
	}
	if (*p == TOKEN_FALSE || *p == TOKEN_TRUE) {
		*v = value_bool(*p & 1);
		return 1;
	}
	return decode_any(p, n, v);
}
