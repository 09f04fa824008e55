/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sums: the ends of several streams, which are runs or shards of one scan,
 * added up stage by stage into one.  Counters that only grow have a sum
 * (counter.h); what goes up and down is left out.
 */
#ifndef SUMS_H
#define SUMS_H
#include "stream/stream.h"

struct sums;

struct sums *sums_new(void); /* NULL for lack of memory */
void sums_free(struct sums *);

/* An end, with those inside it. */
void sums_add(struct sums *, const struct stream_item *end);

/*
 * The sums as ends inside each other, all with this outcome, which stay until
 * the next call: of 0 bytes if nothing was added.
 */
struct stream_item sums_end(struct sums *, enum outcome);

#endif
