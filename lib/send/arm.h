/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arm: what blocks of a scan at one rate have sent and found, and how much more
 * is lost at one rate than at another (tempo.h).
 */
#ifndef ARM_H
#define ARM_H
#include <stdbool.h>
#include <stdint.h>

struct arm {
	uint64_t blocks, packets, hits;
	double sum_squares; /* of hits^2 / packets */
};

enum {
	ARM_FULL,
	ARM_REDUCED,
};

/*
 * Share that the full rate loses more than the reduced one, and an interval
 * that holds the true one in 95 of 100 scans.
 */
struct arm_loss {
	double share, low, high;
	bool again; /* by hosts that had answered, and were asked again */
};

void arm_add(struct arm *, uint64_t packets, uint64_t hits);

/*
 * false: not known yet.  more: hits and misses that are added to each arm, 1
 * where nearly all or few are hit (Agresti and Caffo 2000), or 0.
 */
bool arm_compare(const struct arm *full, const struct arm *reduced,
    unsigned more, struct arm_loss *);

#endif
