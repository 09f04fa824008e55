/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed: from the stream of targets into the work of the sending threads.
 */
#ifndef FEED_H
#define FEED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "send/work.h"
#include "stream/stream.h"

/* The targets of one record; pointers are into the item. */
struct feed_batch {
	uint64_t next; /* position after them */
	size_t count;
	const unsigned char *addresses; /* big-endian, 4 bytes each */
	const unsigned char *ports;	/* big-endian, 2 bytes each, or NULL: */
	uint16_t port;			/* the port of all */
};

/*
 * Takes a record apart.  with_ports: the probe needs ports; without, those
 * that are there count as 0, as in the answers.  NULL, or what is wrong.
 */
const char *feed_batch(const struct stream_item *, bool with_ports,
    struct feed_batch *);

static inline uint32_t
feed_address(const struct feed_batch *b, size_t i)
{
	return get32(b->addresses + 4 * i);
}

static inline uint16_t
feed_port(const struct feed_batch *b, size_t i)
{
	return b->ports == NULL ? b->port : get16(b->ports + 2 * i);
}

/* A thread that reads one segment's targets, and passes its events on. */
struct feed_config {
	struct stream_in *in; /* its header has been read */
	struct work *work;    /* closed at the end */
	bool with_ports;
	/* How many targets one thread should take at a time. */
	unsigned (*chunk)(void *ctx);
	/* An event to be passed on. */
	void (*event)(void *ctx, const struct stream_item *);
	void *ctx;
};

struct feed;

struct feed *feed_start(const struct feed_config *); /* NULL: errno */

/* After work has been closed: what failed, or NULL, and the end item. */
const char *feed_failure(const struct feed *);
const struct stream_item *feed_end(const struct feed *); /* or NULL */

#endif
