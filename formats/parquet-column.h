/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One column of one row group of a Parquet file: values are gathered, then
 * written as a column chunk, which is at most one dictionary page and one data
 * page, both compressed by zstd:
 *
 *	+------------------+-------------------------------------------+
 *	| dictionary page  | data page                                 |
 *	| (few values that | definition levels: a bit a row, 0 is null |
 *	|  come often)     | values, or their numbers in the dictionary|
 *	+------------------+-------------------------------------------+
 *
 * A dictionary is made where it is smaller.  Otherwise numbers are stored as
 * differences, and strings as all lengths, then all bytes.
 *
 * Source: apache/parquet-format, parquet.thrift and Encodings.md.
 */
#ifndef FORMATS_PARQUET_COLUMN_H
#define FORMATS_PARQUET_COLUMN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/output.h"
#include "formats/thrift.h"

/* Physical types, as parquet.thrift numbers them. */
enum parquet_type {
	PARQUET_BOOLEAN = 0,
	PARQUET_INT64 = 2,
	PARQUET_BYTE_ARRAY = 6,
};

struct parquet_column {
	const char *name; /* the caller's */
	enum parquet_type type;
	bool is_signed; /* how INT64 is ordered */

	/* Of the row group: */
	struct output defined; /* a byte a row: 1, or 0 for null */
	struct output values;  /* see parquet-column.c */
	struct output ends;    /* BYTE_ARRAY: uint64_t, where each one ends */
	uint64_t nulls;
};

/* Where column chunks go.  All buffers are reused from chunk to chunk. */
struct parquet_writer {
	struct output *out;
	uint64_t at; /* bytes written to out */
	void *zstd;  /* ZSTD_CCtx */
	struct output page, packed, dictionary;
	uint32_t *slots; /* hash table of a dictionary */
	uint32_t *codes; /* of each value, its number in it */
	size_t room;	 /* of codes */
};

/* -1 for lack of memory, here and below. */
int parquet_writer_open(struct parquet_writer *, struct output *);
void parquet_writer_close(struct parquet_writer *);

int parquet_column_open(struct parquet_column *, const char *name,
    enum parquet_type, bool is_signed);
void parquet_column_close(struct parquet_column *);

void parquet_put_null(struct parquet_column *);
void parquet_put_number(struct parquet_column *, uint64_t); /* and truth */
void parquet_put_bytes(struct parquet_column *, const void *, size_t);

/* Takes the last value back, so that a record is in all columns or in none. */
void parquet_take_back(struct parquet_column *);

/* Bytes that are gathered. */
size_t parquet_column_size(const struct parquet_column *);

/*
 * Writes the chunk, adds its ColumnChunk to t, and empties the column.
 * Adds the sizes of the pages, headers included, to sizes.
 */
struct parquet_sizes {
	uint64_t plain, compressed;
};
int parquet_column_write(struct parquet_writer *, struct parquet_column *,
    struct thrift *, struct parquet_sizes *);

#endif
