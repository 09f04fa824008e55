/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes CBOR into a bounded buffer.  An encoder that runs out of room
 * remembers it: check encode_size() once at the end instead of every call.
 *
 *	struct encoder e = encoder_on(buf, sizeof buf);
 *	encode_map(&e, 1);
 *	encode_text(&e, "event");
 *	encode_text(&e, "ready");
 *	if (encode_size(&e) == 0)
 *		... it did not fit
 */
#ifndef ENCODE_H
#define ENCODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct encoder {
	unsigned char *start;
	unsigned char *at;
	unsigned char *end;
	bool full; /* something did not fit */
};

static inline struct encoder
encoder_on(unsigned char *buf, size_t size)
{
	return (struct encoder){ buf, buf, buf + size, false };
}

/* Bytes written, or 0 if not everything fitted. */
static inline size_t
encode_size(const struct encoder *e)
{
	return e->full ? 0 : (size_t)(e->at - e->start);
}

void encode_uint(struct encoder *, uint64_t);
void encode_int(struct encoder *, int64_t);
void encode_bool(struct encoder *, bool);
void encode_null(struct encoder *);
void encode_double(struct encoder *, double);
void encode_text(struct encoder *, const char *);
void encode_textn(struct encoder *, const char *, size_t);
void encode_bytes(struct encoder *, const void *, size_t);
/* A byte string of n bytes for the caller to fill in; NULL for no room. */
unsigned char *encode_bytes_room(struct encoder *, size_t n);
void encode_array(struct encoder *, uint64_t items);
void encode_map(struct encoder *, uint64_t pairs);
void encode_tag(struct encoder *, uint64_t);
void encode_open_array(struct encoder *); /* indefinite, needs a break */
void encode_open_map(struct encoder *);
void encode_break(struct encoder *);

/* Already encoded items, copied as they are. */
void encode_raw(struct encoder *, const void *, size_t);

#endif
