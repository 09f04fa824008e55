/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the text of an output format goes: buffered, flushed by its owner
 * before a read that may block, with a sticky error, so that only the flush
 * need be checked.  Without a descriptor it is a buffer that grows.  A terminal
 * gets no bytes that it would obey, whatever the format leaves as it is.
 */
#ifndef OUTPUT_H
#define OUTPUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OUTPUT_ROOM (64 << 10) /* bytes that output_room can give */

struct output {
	int fd;	       /* -1: only a buffer */
	bool terminal; /* gets what shown_lines() makes of it */
	unsigned char *buf;
	size_t len, size;
	int error; /* errno of the first failure */
};

/* -1 for lack of memory. */
int output_open(struct output *, int fd);
void output_close(struct output *); /* frees; the descriptor stays */

/* Writes what is there: 0, or -1 with errno. */
int output_flush(struct output *);

/* For output_room below. */
unsigned char *output_make_room(struct output *, size_t n);

/*
 * Where n bytes, n <= OUTPUT_ROOM, may be put; add to len what was used.
 * Never NULL: after a failure, bytes go nowhere.
 */
static inline unsigned char *
output_room(struct output *o, size_t n)
{
	if (o->size - o->len < n)
		return output_make_room(o, n);
	return o->buf + o->len;
}

static inline void
output_byte(struct output *o, char c)
{
	*output_room(o, 1) = c;
	o->len++;
}

/* Any number of bytes. */
void output_bytes(struct output *, const void *, size_t);

static inline void
output_text(struct output *o, const char *s)
{
	output_bytes(o, s, strlen(s));
}

void output_uint(struct output *, uint64_t);
void output_int(struct output *, int64_t);

/* Formatted, for what is printed once and not per record. */
void output_format(struct output *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
