/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several different answers to one probe: of a host there is one, and another
 * comes from who is on the way and does not like the question, such as a
 * firewall that injects answers of DNS.
 *
 * Answers are of one probe if they come from the same target to the same port
 * of ours, and different if their payload is; of TCP, if sequence number,
 * acknowledgement, flags or window are.  Only successes count.  A record waits
 * so that others that come within `wait` are counted; it ends with `answers`,
 * how many different ones there were by then, up to RIVALS_MAX, and `injected`,
 * whether that is more than one.
 */
#ifndef RIVALS_H
#define RIVALS_H
#include "probe/probe.h"
#include "recv/hold.h"
#include "scan/scan.h"

#define RIVALS_MAX    6
#define RIVALS_MEMORY (128u << 20) /* bytes for probes that were answered */
#define RIVALS_TAIL   2		   /* bytes of a record that are theirs */

struct rivals_counts {
	uint64_t injected;  /* probes with different answers */
	uint64_t forgotten; /* answers that were not counted: no memory */
};

struct rivals;

struct rivals *rivals_new(const struct scan *, uint8_t protocol, uint64_t wait);
void rivals_free(struct rivals *);

/*
 * A success, as a record without its tail.  true: it waits; false: for the
 * caller to write, with this tail.
 */
bool rivals_take(struct rivals *, const struct reply *,
    const unsigned char *record, size_t n, uint64_t now,
    unsigned char tail[RIVALS_TAIL]);

void rivals_release(struct rivals *, struct stream_out *, uint64_t now,
    bool all);
bool rivals_pending(struct rivals *);
const struct rivals_counts *rivals_count(const struct rivals *);

#endif
