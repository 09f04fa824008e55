/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several different answers to one probe: of a host there is one, and another
 * comes from who is on the way and does not like the question, such as a
 * firewall that injects answers of DNS.
 *
 * Answers are of one probe if they come from the same target to the same port
 * of ours, and different if their payload is; of TCP, if sequence number,
 * acknowledgement, flags or window are.  Only successes count, up to RIVALS_MAX
 * different ones of a probe.
 */
#ifndef RIVALS_H
#define RIVALS_H
#include "probe/probe.h"
#include "scan/scan.h"

#define RIVALS_MAX    6
#define RIVALS_MEMORY (128u << 20) /* bytes for probes that were answered */

struct rivals_counts {
	uint64_t injected;  /* probes with different answers */
	uint64_t forgotten; /* answers that were not counted: no memory */
};

struct rivals;

struct rivals *rivals_new(const struct scan *, uint8_t protocol);
void rivals_free(struct rivals *);

/* A success.  Returns the key of its probe; 0: there is no memory to count. */
uint64_t rivals_add(struct rivals *, const struct reply *);
/* How many different ones that probe has had. */
unsigned rivals_of(const struct rivals *, uint64_t key);

const struct rivals_counts *rivals_count(const struct rivals *);

#endif
