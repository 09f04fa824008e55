/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream between the programs: a CBOR sequence (RFC 8742) of segments, as
 * zmap-stream(5) specifies.
 *
 *	stream  = 1*segment
 *	segment = header *(record / event) end
 *
 * Reading: stream_read() gives one item after the other, header and end
 * included, each with its own bytes, so that it can be passed on unchanged.
 * An item stays valid until the next read or fill.
 *
 * Writing: stream_derive() starts a segment from the header of the input (or
 * from none) with this program's command line added to the history; then
 * stream_header(), records, events, stream_end().
 *
 * Output is flushed where lib/stream/loop.h would wait for input, at the end,
 * and when much is there.
 */
#ifndef STREAM_H
#define STREAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/outcome.h"
#include "stream/counter.h"
#include "stream/encode.h"
#include "stream/header.h"
#include "stream/value.h"

#define STREAM_ITEM_MAX	  (1 << 20) /* bytes in one item, at most */
#define STREAM_VALUES_MAX FIELD_MAX /* items in a record, at most */

enum stream_what {
	STREAM_HEADER,
	STREAM_RECORD,
	STREAM_EVENT,
	STREAM_END,
};

struct stream_item {
	enum stream_what what;
	const unsigned char *bytes; /* the whole item */
	size_t size;
	const struct value *values; /* of a record */
	size_t nvalues;
	const struct header *header; /* of this segment */
};

struct stream_in;
struct stream_out;

/* --- reading --- */

/*
 * Reads from fd, which stays the caller's.  kind: the only kind of segment to
 * accept, or NULL for any.  NULL for lack of memory.
 */
struct stream_in *stream_in_new(int fd, const char *kind);
void stream_in_free(struct stream_in *);

/*
 * Before the first read: reads these files one after the other instead of fd;
 * -1 ends the list, which has to outlive the stream.  stream_file tells which
 * of them is being read.
 */
void stream_files(struct stream_in *, const int *fds);
size_t stream_file(const struct stream_in *);

/*
 * The next item: 1; 0 at a clean end of input (after an end event); -1 on
 * failure, with the reason in stream_error().  A stream that stops inside an
 * item or a segment has failed, after all its whole items were given out.
 */
int stream_read(struct stream_in *, struct stream_item *);

/*
 * The same in two halves, for programs with a poll loop.  stream_next takes
 * an item from what is buffered: 1, or 0 if there is no whole one, or -1.
 * stream_fill does one read(2): bytes read, 0 at the end of the input, -1 with
 * errno.  After a fill of 0, stream_next returns 0 or -1 for good.
 */
int stream_next(struct stream_in *, struct stream_item *);
long stream_fill(struct stream_in *);
bool stream_at_end(const struct stream_in *); /* fill gave 0 */
int stream_in_fd(const struct stream_in *);   /* for poll(2) */

/*
 * Before the first read: bytes that the caller has read from fd already to
 * see what they are.
 */
int stream_feed(struct stream_in *, const void *, size_t);

const char *stream_error(const struct stream_in *);

/*
 * Did it fail because the input stops too early, as that of a killed program?
 */
bool stream_cut(const struct stream_in *);

/* A number in an event or end item; -1: not there. */
int stream_event_uint(const struct stream_item *, const char *key, uint64_t *);
bool stream_event_is(const struct stream_item *, const char *name);
bool stream_event_has(const struct stream_item *, const char *key,
    const char *text);

/* What an end item says of everything before it. */
enum outcome stream_end_outcome(const struct stream_item *);

/* --- writing --- */

/*
 * Takes flushed bytes, always whole items, `records` of them records.  -1
 * with errno set is sticky.
 */
struct stream_sink {
	int (*write)(void *ctx, const unsigned char *, size_t n,
	    uint64_t records);
	void *ctx;
};

/* Writes to fd with blocking writes.  NULL for lack of memory. */
struct stream_out *stream_out_new(int fd);
struct stream_out *stream_out_sink(struct stream_sink);
void stream_out_free(struct stream_out *);

/*
 * Starts a segment: a copy of `from` (NULL for a first stage), of the given
 * kind (NULL: as from), with argv added to its history, for the caller to
 * edit.  The header belongs to the stream.  NULL for lack of memory.
 */
struct header *stream_derive(struct stream_out *, const struct header *from,
    const char *kind, char *const argv[]);
int stream_header(struct stream_out *); /* writes it */

/*
 * Room for one item of at most n bytes, n <= STREAM_ITEM_MAX; encode into it
 * and commit.  Begin gives an encoder that is full from the start if writing
 * has failed; commit of an encoder that is full fails.
 */
struct encoder stream_begin(struct stream_out *, size_t n);
int stream_commit(struct stream_out *, const struct encoder *,
    enum stream_what);

/* Passes an item on, byte for byte. */
int stream_pass(struct stream_out *, const struct stream_item *);

/* An event with counters: {"event": name, "stage": stage, ...}. */
int stream_event(struct stream_out *, const char *name, const char *stage,
    const struct counter *);

/*
 * The end of the segment.  before: the end item of the input, kept inside;
 * NULL if there is none.  The outcome written is the worse of both.
 */
int stream_end(struct stream_out *, const char *stage, enum outcome,
    const struct stream_item *before, const struct counter *);

int stream_flush(struct stream_out *);		 /* 0, or -1 with errno */
int stream_out_error(const struct stream_out *); /* errno or 0 */

#endif
