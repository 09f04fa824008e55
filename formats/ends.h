/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of a stream says of the stages before it: their counters, and
 * what is known to be lost, for formats that tell people.
 */
#ifndef ENDS_H
#define ENDS_H
#include <stdbool.h>
#include <stdint.h>

#include "stream/counter.h"
#include "stream/stream.h"

struct ends_loss {
	enum counter_id counter;
	const char *words; /* "answers dropped by the kernel" */
};

enum { ENDS_LOSSES = 6 };
extern const struct ends_loss ends_losses[ENDS_LOSSES];

/* Is there an end of this stage among those inside each other? */
bool ends_has(const struct stream_item *end, const char *stage);

/* What the end of a stage says of it; failed where there is none. */
enum outcome ends_outcome(const struct stream_item *end, const char *stage);

/* A count in the end of its stage, or 0. */
uint64_t ends_count(const struct stream_item *end, enum counter_id);

#endif
