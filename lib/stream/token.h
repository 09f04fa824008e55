/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One CBOR data item at a time (RFC 8949).  A token is the head of an item: a
 * number, a whole string (the bytes stay where they are), or the opening of an
 * array, map or tag.  Nothing is allocated, and what the input claims about
 * lengths is never believed beyond the bytes that are there.
 *
 * A head that is followed by a number is read here; all others, which are few,
 * by libcbor's streaming decoder.
 */
#ifndef TOKEN_H
#define TOKEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"

/* Typed arrays of big-endian unsigned numbers in a byte string, RFC 8746. */
#define TOKEN_TAG_UINT16_BE 65
#define TOKEN_TAG_UINT32_BE 66

#define TOKEN_DEPTH_MAX 32 /* containers and tags inside each other */

/* The first three bits of a head, */
enum token_major {
	TOKEN_MAJOR_UINT,
	TOKEN_MAJOR_NEGINT,
	TOKEN_MAJOR_BYTES,
	TOKEN_MAJOR_TEXT,
	TOKEN_MAJOR_ARRAY,
	TOKEN_MAJOR_MAP,
	TOKEN_MAJOR_TAG,
	TOKEN_MAJOR_OTHER,
};

/* and the other five: a number below 24, or how many bytes of it follow. */
enum {
	TOKEN_1_BYTE = 24,
	TOKEN_2_BYTES,
	TOKEN_4_BYTES,
	TOKEN_8_BYTES,
};

/* Whole items of a byte (RFC 8949 3.3). */
enum { TOKEN_FALSE = 0xf4, TOKEN_TRUE, TOKEN_NO_VALUE };

enum token_kind {
	TOKEN_UINT,   /* number */
	TOKEN_NEGINT, /* the value is -1 - number */
	TOKEN_BYTES,  /* bytes, number = length */
	TOKEN_TEXT,   /* bytes, number = length; UTF-8 as claimed */
	TOKEN_ARRAY,  /* number = items, unless indefinite */
	TOKEN_MAP,    /* number = pairs, unless indefinite */
	TOKEN_TAG,    /* number = tag; the item follows */
	TOKEN_FLOAT,  /* real */
	TOKEN_BOOL,   /* number = 0 or 1 */
	TOKEN_NULL,
	TOKEN_UNDEFINED,
	TOKEN_BREAK, /* end of an indefinite array or map */
};

struct token {
	enum token_kind kind;
	bool indefinite;
	uint64_t number;
	double real;
	const unsigned char *bytes;
};

/*
 * The number in the head at p, of which the five bits are no more than
 * TOKEN_8_BYTES.  The head's length, or 0 when n bytes are not enough.
 */
static inline size_t
token_number(const unsigned char *p, size_t n, uint64_t *number)
{
	const unsigned bits = p[0] & 31;
	const size_t size = bits < TOKEN_1_BYTE ?
	    1 :
	    1 + ((size_t)1 << (bits - TOKEN_1_BYTE));

	if (n < size)
		return 0;
	switch (size) {
	case 1:
		*number = bits;
		break;
	case 2:
		*number = p[1];
		break;
	case 3:
		*number = get16(p + 1);
		break;
	case 5:
		*number = get32(p + 1);
		break;
	default:
		*number = get64(p + 1);
	}
	return size;
}

/*
 * Decodes the token at p.  Returns the bytes it takes, 0 when n bytes are not
 * enough for it, -1 when they are not CBOR or a string in chunks, which this
 * project's streams do not hold.
 */
ssize_t token_next(const unsigned char *p, size_t n, struct token *);

/*
 * The length of the whole item at p, contents included; 0 and -1 as above.
 * Items nested deeper than TOKEN_DEPTH_MAX are refused, and maps with a key
 * that is an array, a map or tagged.
 */
ssize_t token_skip(const unsigned char *p, size_t n);

/*
 * Looks for a text key in the map at p, which must be a whole item.  Returns
 * the offset of its value and sets *len to the value's length, or 0 if there
 * is no such key.
 */
size_t token_map_find(const unsigned char *p, size_t n, const char *key,
    size_t *len);

#endif
