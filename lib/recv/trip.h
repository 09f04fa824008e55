/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trip: the round-trip times of a block of time, for their median.  They are
 * counted by size, 16 sizes from each power of two to the next, so that memory
 * does not grow with answers.
 */
#ifndef TRIP_H
#define TRIP_H
#include <stdbool.h>
#include <stdint.h>

enum {
	TRIP_STEPS = 16,   /* to twice as long */
	TRIP_OCTAVES = 27, /* up to two minutes, in microseconds */
	TRIP_SIZES = (TRIP_OCTAVES - 3) * TRIP_STEPS,
};

struct trip {
	uint64_t n;
	uint32_t count[TRIP_SIZES];
};

void trip_add(struct trip *, uint64_t us);

/*
 * Microseconds between which the median of all that there could be is, with
 * 95 %.  false: there are too few.
 */
bool trip_median(const struct trip *, uint64_t *low, uint64_t *high);

#endif
