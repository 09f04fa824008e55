/* SPDX-License-Identifier: Apache-2.0 */
/* Thrift's compact protocol; see thrift.h. */
#include "formats/thrift.h"

#include <string.h>

#include "base/output.h"

void
thrift_varint(struct output *o, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		output_byte(o, (char)(v | 0x80));
	output_byte(o, (char)v);
}

/* Small numbers of either sign in few bytes. */
static void
zigzag(struct output *o, int64_t v)
{
	thrift_varint(o, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

/* The head of a field: how far it is from the last one, and its type. */
static void
head(struct thrift *t, int field, enum thrift_type type)
{
	int *last = &t->last[t->depth - 1];
	int step = field - *last;

	if (step > 0 && step < 16)
		output_byte(t->out, (char)(step << 4 | type));
	else {
		output_byte(t->out, (char)type);
		zigzag(t->out, field);
	}
	*last = field;
}

void
thrift_struct(struct thrift *t)
{
	t->last[t->depth++] = 0;
}

void
thrift_struct_field(struct thrift *t, int field)
{
	head(t, field, THRIFT_STRUCT);
	thrift_struct(t);
}

void
thrift_end(struct thrift *t)
{
	output_byte(t->out, 0);
	t->depth--;
}

void
thrift_i8(struct thrift *t, int field, int8_t v)
{
	head(t, field, THRIFT_I8);
	output_byte(t->out, v);
}

void
thrift_i32(struct thrift *t, int field, int32_t v)
{
	head(t, field, THRIFT_I32);
	zigzag(t->out, v);
}

void
thrift_i64(struct thrift *t, int field, int64_t v)
{
	head(t, field, THRIFT_I64);
	zigzag(t->out, v);
}

void
thrift_bool(struct thrift *t, int field, bool v)
{
	head(t, field, v ? THRIFT_TRUE : THRIFT_FALSE);
}

void
thrift_binary(struct thrift *t, int field, const void *p, size_t n)
{
	head(t, field, THRIFT_BINARY);
	thrift_varint(t->out, n);
	output_bytes(t->out, p, n);
}

void
thrift_text(struct thrift *t, int field, const char *s)
{
	thrift_binary(t, field, s, strlen(s));
}

void
thrift_list(struct thrift *t, int field, enum thrift_type type, size_t n)
{
	head(t, field, THRIFT_LIST);
	if (n < 15)
		output_byte(t->out, (char)(n << 4 | type));
	else {
		output_byte(t->out, (char)(0xf0 | type));
		thrift_varint(t->out, n);
	}
}

void
thrift_element_i32(struct thrift *t, int32_t v)
{
	zigzag(t->out, v);
}

void
thrift_element_text(struct thrift *t, const char *s)
{
	thrift_varint(t->out, strlen(s));
	output_bytes(t->out, s, strlen(s));
}
