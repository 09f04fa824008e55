/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a stream segment (zmap-stream(5)): what kind of records
 * follow, which commands made them, and what the scan is.
 *
 * Everything here is copied: a header read from a stream stays valid when the
 * stream moves on.  Keys that this version does not know are kept.
 */
#ifndef HEADER_H
#define HEADER_H
#include <stddef.h>
#include <stdint.h>

#include "stream/dict.h"
#include "stream/field.h"

#define HEADER_VERSION	   1	 /* what is written */
#define HEADER_VERSION_MIN 1	 /* the oldest that is read */
#define HEADER_TAG	   55799 /* self-described CBOR, RFC 8949 3.4.6 */

/*
 * Bytes of one command in the history.  It holds any one argument that Linux
 * takes (128 KiB), and several such commands fit into a header.
 */
#define HEADER_ARGV_MAX (160 << 10)

struct header {
	uint64_t version;
	char kind[16]; /* "targets", "probes", "results" */
	struct dict scan;
	struct dict other;	/* all remaining keys; the key is here */
	unsigned char *history; /* argument vectors, encoded, joined */
	size_t history_size;
	size_t history_count;
	struct field *fields; /* nfields of them and a sentinel */
	size_t nfields;
};

struct encoder;

/* An empty header of this kind. */
void header_init(struct header *, const char *kind);
void header_free(struct header *);

/* -1 for lack of memory. */
int header_copy(struct header *to, const struct header *from);
int header_set_fields(struct header *, const struct field *); /* table */
/* One more field, behind the others; at most FIELD_MAX. */
int header_add_field(struct header *, const struct field *);

/*
 * The same for the command at argv.  Where that is too long, a last argument
 * says how many were left out.
 */
int header_add_history(struct header *, char *const argv[]);

/*
 * Reads the item at p, tag included.  On failure returns -1 and sets *why to
 * the reason, which may be in the caller's buffer.
 */
int header_parse(struct header *, const unsigned char *p, size_t n, char *why,
    size_t whysize);

/* Into at most STREAM_ITEM_MAX bytes, or the encoder is full. */
void header_encode(struct encoder *, const struct header *);

#endif
