/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the compact protocol of Apache Thrift, in which Parquet has its page
 * headers and its footer: structs of numbered fields, lists, numbers as
 * variable-length integers.
 *
 *	thrift_struct(&t);			an element of a list, or the root
 *	thrift_i64(&t, 3, rows);		field 3
 *	thrift_struct_field(&t, 5);		field 5 is a struct
 *	...
 *	thrift_end(&t);				ends the innermost struct
 *
 * Source: "Thrift Compact protocol encoding", doc/specs of Apache Thrift.
 */
#ifndef FORMATS_THRIFT_H
#define FORMATS_THRIFT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output;

#define THRIFT_DEPTH 8 /* structs inside each other, at most */

enum thrift_type {
	THRIFT_TRUE = 1,
	THRIFT_FALSE = 2,
	THRIFT_I8 = 3,
	THRIFT_I32 = 5,
	THRIFT_I64 = 6,
	THRIFT_BINARY = 8,
	THRIFT_LIST = 9,
	THRIFT_STRUCT = 12,
};

struct thrift {
	struct output *out;
	int last[THRIFT_DEPTH]; /* the field written last, of each struct */
	int depth;
};

void thrift_varint(struct output *, uint64_t);

/* Opens a struct that is no field: the root, or an element of a list. */
void thrift_struct(struct thrift *);
void thrift_struct_field(struct thrift *, int field);
void thrift_end(struct thrift *);

void thrift_i8(struct thrift *, int field, int8_t);
void thrift_i32(struct thrift *, int field, int32_t);
void thrift_i64(struct thrift *, int field, int64_t);
void thrift_bool(struct thrift *, int field, bool);
void thrift_binary(struct thrift *, int field, const void *, size_t);
void thrift_text(struct thrift *, int field, const char *);

/* Then n elements follow: structs, or the two kinds below. */
void thrift_list(struct thrift *, int field, enum thrift_type, size_t n);
void thrift_element_i32(struct thrift *, int32_t);
void thrift_element_text(struct thrift *, const char *);

#endif
