/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that wait for something to be known of them, in their order and in
 * bounded memory.
 */
#ifndef HOLD_H
#define HOLD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"

#define HOLD_MEMORY (32u << 20) /* bytes */

/* What it waits for: keys for the checks, and the target. */
struct hold_memo {
	uint64_t wildcard, alias[2], probe;
	unsigned char address[16];
};

struct held {
	struct hold_memo memo;
	uint64_t until;
	uint32_t size; /* of the record, which follows; 0: go on at the begin */
	uint32_t room; /* all of it */
};

struct hold; /* a ring */

struct hold *hold_new(void); /* NULL for lack of memory */
void hold_free(struct hold *);

/* Copies the record.  false: there is no room. */
bool hold_put(struct hold *, const struct hold_memo *,
    const unsigned char *record, size_t n, uint64_t until);

/* The one that has waited longest, or NULL. */
const struct held *hold_first(struct hold *);

/* Writes it with these bytes behind it, and takes it out. */
void hold_write(struct hold *, const unsigned char *tail, size_t n,
    struct stream_out *);

#endif
