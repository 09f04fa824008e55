/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a record: what a probe module fills in, what a filter compares
 * and what an output format prints.  Strings are not copied: they stay in the
 * buffer that the value was read from, until the next record is read.
 */
#ifndef VALUE_H
#define VALUE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum value_type {
	VALUE_NULL = 0,
	VALUE_UINT,  /* number */
	VALUE_INT,   /* number, two's complement */
	VALUE_BOOL,  /* number, 0 or 1 */
	VALUE_FLOAT, /* real */
	VALUE_TEXT,  /* bytes, size; not zero-terminated */
	VALUE_BYTES, /* bytes, size */
	VALUE_LIST,  /* bytes, size: one encoded CBOR array */
	VALUE_MAP,   /* bytes, size: one encoded CBOR map */
};

struct value {
	enum value_type type;
	uint32_t tag; /* CBOR tag on it, 0 if none */
	union {
		uint64_t number;
		double real;
	};
	const unsigned char *bytes;
	size_t size;
};

/*
 * All members are named below: what an initializer leaves out, the compiler
 * fills in by longer stores than those of its neighbours, and the read of both
 * waits for them.
 */
static inline struct value
value_number(enum value_type type, uint64_t n)
{
	return (struct value){ .type = type,
		.tag = 0,
		.number = n,
		.bytes = NULL,
		.size = 0 };
}

static inline struct value
value_uint(uint64_t n)
{
	return value_number(VALUE_UINT, n);
}

static inline struct value
value_int(int64_t n)
{
	return value_number(VALUE_INT, (uint64_t)n);
}

static inline struct value
value_bool(bool b)
{
	return value_number(VALUE_BOOL, b);
}

static inline struct value
value_string(enum value_type type, const void *p, size_t n)
{
	return (struct value){ .type = type,
		.tag = 0,
		.number = 0,
		.bytes = p,
		.size = n };
}

/* s must outlive the record: a constant, or bytes of the packet. */
static inline struct value
value_text(const char *s)
{
	return value_string(VALUE_TEXT, s, strlen(s));
}

static inline struct value
value_bytes(const void *p, size_t n)
{
	return value_string(VALUE_BYTES, p, n);
}

struct encoder;
struct token;

void value_encode(struct encoder *, const struct value *);

/*
 * Reads the item at p, at most n bytes, into v.  Returns its length, 0 when n
 * is not enough, -1 when it is not CBOR.
 */
long value_decode(const unsigned char *p, size_t n, struct value *v);

#endif
