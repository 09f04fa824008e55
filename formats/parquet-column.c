/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The column chunks of Parquet; see parquet-column.h.
 *
 * `values` holds what is not null: INT64 as uint64_t of this machine, BOOLEAN
 * as a byte each, BYTE_ARRAY as the bytes of all, one after the other.
 */
#include "formats/parquet-column.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define DICTIONARY_MAX 16384		    /* values in a dictionary */
#define SLOTS	       (DICTIONARY_MAX * 4) /* of its hash table */
#define BLOCK	       128 /* values in a block of differences */
#define MINIBLOCK      32  /* and in a part with one bit width */
#define PARTS	       (BLOCK / MINIBLOCK) /* of a block */
#define STATISTICS_MAX 256		   /* bytes of the least or greatest */
#define CODEC_ZSTD     6
#define LEVEL	       3 /* of zstd */

enum encoding {
	PLAIN = 0,
	RLE = 3,
	DELTA_BINARY_PACKED = 5,
	DELTA_LENGTH_BYTE_ARRAY = 6,
	RLE_DICTIONARY = 8,
};

enum page_type { DATA_PAGE = 0, DICTIONARY_PAGE = 2 };

/* --- gathering --- */

int
parquet_writer_open(struct parquet_writer *w, struct output *out)
{
	*w = (struct parquet_writer){ .out = out };
	w->zstd = ZSTD_createCCtx();
	w->slots = malloc(SLOTS * sizeof *w->slots);
	if (output_open(&w->page, -1) == -1 ||
	    output_open(&w->packed, -1) == -1 ||
	    output_open(&w->dictionary, -1) == -1)
		return -1;
	return w->zstd == NULL || w->slots == NULL ? -1 : 0;
}

void
parquet_writer_close(struct parquet_writer *w)
{
	ZSTD_freeCCtx(w->zstd);
	free(w->slots);
	free(w->codes);
	output_close(&w->page);
	output_close(&w->packed);
	output_close(&w->dictionary);
}

int
parquet_column_open(struct parquet_column *c, const char *name,
    enum parquet_type type, bool is_signed)
{
	*c = (struct parquet_column){ .name = name,
		.type = type,
		.is_signed = is_signed };
	if (output_open(&c->defined, -1) == -1 ||
	    output_open(&c->values, -1) == -1 ||
	    output_open(&c->ends, -1) == -1)
		return -1;
	return 0;
}

void
parquet_column_close(struct parquet_column *c)
{
	output_close(&c->defined);
	output_close(&c->values);
	output_close(&c->ends);
}

void
parquet_put_null(struct parquet_column *c)
{
	output_byte(&c->defined, 0);
	c->nulls++;
}

void
parquet_put_number(struct parquet_column *c, uint64_t v)
{
	output_byte(&c->defined, 1);
	if (c->type == PARQUET_BOOLEAN)
		output_byte(&c->values, v != 0);
	else
		output_bytes(&c->values, &v, sizeof v);
}

void
parquet_put_bytes(struct parquet_column *c, const void *p, size_t n)
{
	uint64_t end;

	output_byte(&c->defined, 1);
	output_bytes(&c->values, p, n);
	end = c->values.len;
	output_bytes(&c->ends, &end, sizeof end);
}

static size_t
count_values(const struct parquet_column *c)
{
	return c->defined.len - c->nulls;
}

/* The value with number i: its bytes, and how many. */
static const unsigned char *
value_at(const struct parquet_column *c, size_t i, size_t *size)
{
	uint64_t begin = 0, end;

	switch (c->type) {
	case PARQUET_BOOLEAN:
		*size = 1;
		return c->values.buf + i;
	case PARQUET_INT64:
		*size = sizeof(uint64_t);
		return c->values.buf + i * sizeof(uint64_t);
	case PARQUET_BYTE_ARRAY:
		break;
	}
	memcpy(&end, c->ends.buf + i * sizeof end, sizeof end);
	if (i > 0)
		memcpy(&begin, c->ends.buf + (i - 1) * sizeof begin,
		    sizeof begin);
	*size = end - begin;
	return c->values.buf + begin;
}

static uint64_t
number_at(const struct parquet_column *c, size_t i)
{
	uint64_t v;

	memcpy(&v, c->values.buf + i * sizeof v, sizeof v);
	return v;
}

void
parquet_take_back(struct parquet_column *c)
{
	size_t size;

	if (c->defined.buf[--c->defined.len] == 0) {
		c->nulls--;
		return;
	}
	/* the row is gone, its value not yet: it has the next number */
	value_at(c, count_values(c), &size);
	c->values.len -= size;
	if (c->type == PARQUET_BYTE_ARRAY)
		c->ends.len -= sizeof(uint64_t);
}

size_t
parquet_column_size(const struct parquet_column *c)
{
	return c->defined.len + c->values.len + c->ends.len;
}

/* --- encodings --- */

/* Appends 32 bits, least significant byte first. */
static void
put_le32(struct output *o, uint32_t v)
{
	int i;

	for (i = 0; i < 4; i++, v >>= 8)
		output_byte(o, (char)v);
}

static void
put_le64(struct output *o, uint64_t v)
{
	put_le32(o, (uint32_t)v);
	put_le32(o, (uint32_t)(v >> 32));
}

static unsigned
bits_of(uint64_t v)
{
	return v == 0 ? 0 : 64 - __builtin_clzll(v);
}

/* Numbers of `width` bits each, n of them a multiple of 8, lowest bit first. */
static void
pack(struct output *o, const uint64_t *v, size_t n, unsigned width)
{
	unsigned __int128 bits = 0;
	unsigned have = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		bits |= (unsigned __int128)v[i] << have;
		for (have += width; have >= 8; have -= 8, bits >>= 8)
			output_byte(o, (char)bits);
	}
}

/*
 * n numbers in the hybrid encoding: one run if all are the same, else packed
 * in groups of eight.  get() gives the number with index i.
 */
static void
put_hybrid(struct output *o, const struct parquet_writer *w,
    const unsigned char *bits, size_t n, unsigned width)
{
	uint64_t group[8];
	bool same = true;
	size_t i, k;

	for (i = 1; i < n && same; i++)
		same = bits != NULL ? bits[i] == bits[0] :
				      w->codes[i] == w->codes[0];
	if (same) {
		thrift_varint(o, (uint64_t)n << 1);
		for (k = 0; n > 0 && k < width; k += 8)
			output_byte(o,
			    (char)((bits != NULL ? bits[0] : w->codes[0]) >>
				k));
		return;
	}
	thrift_varint(o, (n + 7) / 8 << 1 | 1);
	for (i = 0; i < n; i += 8) {
		memset(group, 0, sizeof group);
		for (k = 0; k < 8 && i + k < n; k++)
			group[k] = bits != NULL ? bits[i + k] : w->codes[i + k];
		pack(o, group, 8, width);
	}
}

static void
put_block(struct output *o, const uint64_t *difference, size_t n)
{
	uint64_t part[MINIBLOCK];
	unsigned width[PARTS] = { 0 };
	int64_t least = INT64_MAX;
	size_t i, k;

	for (i = 0; i < n; i++)
		if ((int64_t)difference[i] < least)
			least = (int64_t)difference[i];
	thrift_varint(o, ((uint64_t)least << 1) ^ (uint64_t)(least >> 63));
	for (i = 0; i < n; i++)
		if (bits_of(difference[i] - (uint64_t)least) >
		    width[i / MINIBLOCK])
			width[i / MINIBLOCK] = bits_of(
			    difference[i] - (uint64_t)least);
	for (k = 0; k < PARTS; k++)
		output_byte(o, (char)width[k]);
	for (k = 0; k * MINIBLOCK < n; k++) {
		memset(part, 0, sizeof part);
		for (i = 0; i < MINIBLOCK && k * MINIBLOCK + i < n; i++)
			part[i] = difference[k * MINIBLOCK + i] -
			    (uint64_t)least;
		pack(o, part, MINIBLOCK, width[k]);
	}
}

/*
 * Numbers as differences.  get(c, i) is the i-th; all arithmetic is modulo
 * 2^64, as the specification has it.
 */
static void
put_differences(struct output *o, const struct parquet_column *c, size_t n,
    uint64_t (*get)(const struct parquet_column *, size_t))
{
	uint64_t last = n > 0 ? get(c, 0) : 0, v, difference[BLOCK];
	size_t i, k;

	thrift_varint(o, BLOCK);
	thrift_varint(o, PARTS);
	thrift_varint(o, n);
	thrift_varint(o, (last << 1) ^ (uint64_t)((int64_t)last >> 63));
	for (i = 1; i < n; i += k) {
		for (k = 0; k < BLOCK && i + k < n; k++) {
			v = get(c, i + k);
			difference[k] = v - last;
			last = v;
		}
		put_block(o, difference, k);
	}
}

static uint64_t
length_at(const struct parquet_column *c, size_t i)
{
	size_t size;

	value_at(c, i, &size);
	return size;
}

/* The values themselves, in the encoding that is returned. */
static enum encoding
put_values(struct output *o, const struct parquet_column *c, size_t n)
{
	uint64_t group[8];
	size_t i, k;

	switch (c->type) {
	case PARQUET_INT64:
		put_differences(o, c, n, number_at);
		return DELTA_BINARY_PACKED;
	case PARQUET_BYTE_ARRAY:
		put_differences(o, c, n, length_at);
		output_bytes(o, c->values.buf, c->values.len);
		return DELTA_LENGTH_BYTE_ARRAY;
	case PARQUET_BOOLEAN:
		break;
	}
	for (i = 0; i < n; i += 8) {
		memset(group, 0, sizeof group);
		for (k = 0; k < 8 && i + k < n; k++)
			group[k] = c->values.buf[i + k];
		pack(o, group, 8, 1);
	}
	return PLAIN;
}

/* --- dictionaries --- */

static uint64_t
hash(const unsigned char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

	while (n-- > 0)
		h = (h ^ *p++) * 0x100000001b3;
	return h ^ h >> 29;
}

/* A value as it stands in a dictionary page. */
static void
put_plain(struct output *o, const struct parquet_column *c, size_t i)
{
	const unsigned char *p;
	size_t size;

	if (c->type == PARQUET_INT64) {
		put_le64(o, number_at(c, i));
		return;
	}
	p = value_at(c, i, &size);
	put_le32(o, (uint32_t)size);
	output_bytes(o, p, size);
}

/*
 * Gives every value a number: w->codes, and w->dictionary for those that come
 * first.  Returns how many there are, or 0 if a dictionary does not pay.
 */
static uint32_t
make_dictionary(struct parquet_writer *w, const struct parquet_column *c,
    size_t n)
{
	uint32_t first[DICTIONARY_MAX], count = 0, *slot;
	size_t i, size, other_size;
	const unsigned char *p;

	w->dictionary.len = 0;
	memset(w->slots, 0, SLOTS * sizeof *w->slots);
	for (i = 0; i < n; i++) {
		p = value_at(c, i, &size);
		slot = &w->slots[hash(p, size) % SLOTS];
		while (*slot != 0) {
			const unsigned char *other = value_at(c,
			    first[*slot - 1], &other_size);

			if (other_size == size && memcmp(p, other, size) == 0)
				break;
			slot = slot + 1 == w->slots + SLOTS ? w->slots :
							      slot + 1;
		}
		if (*slot == 0) {
			if (count == DICTIONARY_MAX || count > n / 4)
				return 0;
			first[count++] = (uint32_t)i;
			*slot = count;
			put_plain(&w->dictionary, c, i);
		}
		w->codes[i] = *slot - 1;
	}
	return count;
}

/* --- pages --- */

/* Compresses w->page and writes it behind its header. */
static int
write_page(struct parquet_writer *w, enum page_type type, size_t n,
    enum encoding encoding, struct parquet_sizes *sizes)
{
	struct output header;
	struct thrift t = { .out = &header };
	size_t room = ZSTD_compressBound(w->page.len), size;

	if (w->page.error != 0 || output_open(&header, -1) == -1)
		return -1;
	w->packed.len = 0;
	size = ZSTD_compressCCtx(w->zstd, output_room(&w->packed, room), room,
	    w->page.buf, w->page.len, LEVEL);
	if (w->packed.error != 0 || ZSTD_isError(size)) {
		output_close(&header);
		return -1;
	}
	thrift_struct(&t);
	thrift_i32(&t, 1, type);
	thrift_i32(&t, 2, (int32_t)w->page.len);
	thrift_i32(&t, 3, (int32_t)size);
	thrift_struct_field(&t, type == DATA_PAGE ? 5 : 7);
	thrift_i32(&t, 1, (int32_t)n);
	thrift_i32(&t, 2, encoding);
	if (type == DATA_PAGE) {
		thrift_i32(&t, 3, RLE); /* definition levels */
		thrift_i32(&t, 4, RLE); /* repetition levels: there are none */
	}
	thrift_end(&t);
	thrift_end(&t);
	output_bytes(w->out, header.buf, header.len);
	output_bytes(w->out, w->packed.buf, size);
	w->at += header.len + size;
	sizes->plain += header.len + w->page.len;
	sizes->compressed += header.len + size;
	output_close(&header);
	return 0;
}

/* Definition levels, behind their length. */
static void
put_levels(struct output *o, const struct parquet_column *c)
{
	uint32_t size;
	size_t at = o->len, i;

	put_le32(o, 0);
	put_hybrid(o, NULL, c->defined.buf, c->defined.len, 1);
	size = (uint32_t)(o->len - at - 4);
	for (i = 0; i < 4; i++)
		o->buf[at + i] = (unsigned char)(size >> 8 * i);
}

static bool
is_less(const struct parquet_column *c, size_t a, size_t b)
{
	const unsigned char *p, *q;
	size_t n, m;
	int order;

	if (c->type == PARQUET_INT64)
		return c->is_signed ?
		    (int64_t)number_at(c, a) < (int64_t)number_at(c, b) :
		    number_at(c, a) < number_at(c, b);
	p = value_at(c, a, &n);
	q = value_at(c, b, &m);
	order = memcmp(p, q, n < m ? n : m);
	return order != 0 ? order < 0 : n < m;
}

static void
put_statistic(struct thrift *t, int field, const struct parquet_column *c,
    size_t i)
{
	unsigned char number[8];
	const unsigned char *p;
	uint64_t v;
	size_t size, k;

	p = value_at(c, i, &size);
	if (c->type == PARQUET_INT64) {
		v = number_at(c, i);
		for (k = 0; k < sizeof number; k++)
			number[k] = (unsigned char)(v >> 8 * k);
		p = number;
	}
	thrift_binary(t, field, p, size);
}

/* The least and the greatest value, where they are short, and the nulls. */
static void
put_statistics(struct thrift *t, const struct parquet_column *c, size_t n)
{
	size_t least = 0, most = 0, i, size, other;

	thrift_struct_field(t, 12);
	thrift_i64(t, 3, (int64_t)c->nulls);
	if (n > 0) {
		for (i = 1; i < n; i++) {
			if (is_less(c, i, least))
				least = i;
			if (is_less(c, most, i))
				most = i;
		}
		value_at(c, least, &size);
		value_at(c, most, &other);
		if (size <= STATISTICS_MAX && other <= STATISTICS_MAX) {
			put_statistic(t, 5, c, most);
			put_statistic(t, 6, c, least);
		}
	}
	thrift_end(t);
}

/* What the footer says of a chunk. */
struct chunk {
	uint64_t begin, data; /* offsets in the file */
	enum encoding encoding;
	bool dictionary;
	struct parquet_sizes sizes;
};

static void
put_chunk(struct thrift *t, const struct parquet_column *c, size_t n,
    const struct chunk *chunk)
{
	thrift_struct(t);
	thrift_i64(t, 2, (int64_t)chunk->begin);
	thrift_struct_field(t, 3);
	thrift_i32(t, 1, c->type);
	thrift_list(t, 2, THRIFT_I32, 2 + chunk->dictionary);
	thrift_element_i32(t, RLE);
	thrift_element_i32(t, chunk->encoding);
	if (chunk->dictionary)
		thrift_element_i32(t, PLAIN);
	thrift_list(t, 3, THRIFT_BINARY, 1);
	thrift_element_text(t, c->name);
	thrift_i32(t, 4, CODEC_ZSTD);
	thrift_i64(t, 5, (int64_t)c->defined.len);
	thrift_i64(t, 6, (int64_t)chunk->sizes.plain);
	thrift_i64(t, 7, (int64_t)chunk->sizes.compressed);
	thrift_i64(t, 9, (int64_t)chunk->data);
	if (chunk->dictionary)
		thrift_i64(t, 11, (int64_t)chunk->begin);
	put_statistics(t, c, n);
	thrift_end(t);
	thrift_end(t);
}

static int
reserve_codes(struct parquet_writer *w, size_t n)
{
	uint32_t *grown;

	if (n <= w->room)
		return 0;
	grown = realloc(w->codes, n * sizeof *grown);
	if (grown == NULL)
		return -1;
	w->codes = grown;
	w->room = n;
	return 0;
}

static void
empty(struct parquet_column *c)
{
	c->defined.len = c->values.len = c->ends.len = 0;
	c->nulls = 0;
}

int
parquet_column_write(struct parquet_writer *w, struct parquet_column *c,
    struct thrift *t, struct parquet_sizes *sizes)
{
	struct chunk chunk = { .begin = w->at };
	size_t n = count_values(c);
	uint32_t distinct = 0;
	unsigned width;

	if (c->defined.error != 0 || c->values.error != 0 ||
	    c->ends.error != 0 || reserve_codes(w, n) == -1)
		return -1;
	if (c->type != PARQUET_BOOLEAN)
		distinct = make_dictionary(w, c, n);
	if (distinct > 0) {
		chunk.dictionary = true;
		w->page.len = 0;
		output_bytes(&w->page, w->dictionary.buf, w->dictionary.len);
		if (w->dictionary.error != 0 ||
		    write_page(w, DICTIONARY_PAGE, distinct, PLAIN,
			&chunk.sizes) == -1)
			return -1;
	}
	chunk.data = w->at;
	w->page.len = 0;
	put_levels(&w->page, c);
	if (distinct > 0) {
		width = distinct > 1 ? bits_of(distinct - 1) : 1;
		output_byte(&w->page, (char)width);
		put_hybrid(&w->page, w, NULL, n, width);
		chunk.encoding = RLE_DICTIONARY;
	} else
		chunk.encoding = put_values(&w->page, c, n);
	if (write_page(w, DATA_PAGE, c->defined.len, chunk.encoding,
		&chunk.sizes) == -1)
		return -1;
	put_chunk(t, c, n, &chunk);
	sizes->plain += chunk.sizes.plain;
	sizes->compressed += chunk.sizes.compressed;
	empty(c);
	return 0;
}
