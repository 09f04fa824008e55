/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed: from the stream of targets into the work of the sending threads.
 */
#ifndef FEED_H
#define FEED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "send/work.h"
#include "stream/stream.h"

/* A thread that reads one segment's targets, and passes its events on. */
struct feed_config {
	struct stream_in *in; /* its header has been read */
	struct work *work;    /* closed at the end */
	unsigned family;
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
const char *feed_error(const struct feed *);
const struct stream_item *feed_end(const struct feed *); /* or NULL */

#endif
