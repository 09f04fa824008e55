/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream of zmap-stream(5) as output: each host a result with a field
 * "banner", so that zmap-filter and zmap-out can follow.  The header keeps what
 * the scan before it said.
 */
#ifndef RESULTS_H
#define RESULTS_H
#include "base/output.h"
#include "report.h"
#include "stream/stream.h"

/* Bytes of a banner at most, so that a record has room for the rest. */
#define RESULTS_BANNER_MAX (STREAM_ITEM_MAX - (128 << 10))

struct results {
	struct stream_out *out;
	struct output *to;
	char *const *argv; /* for the history */
	const char *stage;
	bool begun;
	unsigned char *room; /* for a map of TLS */
	struct output text;  /* the same as JSON */
};

/* All return -1 for lack of memory. */
int results_open(struct results *, struct output *to, const char *stage,
    char *const *argv);
void results_close(struct results *);

/* The header, once; from is that of the scan, or NULL. */
int results_begin(struct results *, const struct header *from);
int results_write(struct results *, const struct report *);

/* before: the end of the scan's stream, or NULL. */
int results_end(struct results *, enum outcome,
    const struct stream_item *before);

#endif
