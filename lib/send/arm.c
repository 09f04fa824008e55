/* SPDX-License-Identifier: Apache-2.0 */
/* Hits by probes at two rates; see arm.h. */
#include "send/arm.h"

#include <math.h>

#define BLOCKS 3 /* at each rate, before anything is said */

void
arm_add(struct arm *a, uint64_t packets, uint64_t hits)
{
	a->blocks++;
	a->packets += packets;
	a->hits += hits;
	a->sum_squares += (double)hits * hits / packets;
}

/*
 * The variance of the logarithm of hits by probes: that of counts, times how
 * much more the blocks differ than counts do, since losses come in bursts.
 */
static double
variance(const struct arm *a)
{
	double p = (double)a->hits / a->packets;
	double chi = (a->sum_squares - p * a->hits) / p / (a->blocks - 1);

	return fmax(1, chi) / a->hits;
}

bool
arm_compare(const struct arm *full, const struct arm *reduced,
    struct arm_loss *l)
{
	uint64_t blocks = full->blocks < reduced->blocks ? full->blocks :
							   reduced->blocks;
	double ratio, wide;

	if (blocks < BLOCKS || full->hits == 0 || reduced->hits == 0)
		return false;
	ratio = log((double)full->hits / full->packets) -
	    log((double)reduced->hits / reduced->packets);
	/* Student's quantile, near enough, for few blocks */
	wide = (1.96 + 3.2 / (2 * (blocks - 1))) *
	    sqrt(variance(full) + variance(reduced));
	l->share = fmax(0, 1 - exp(ratio));
	l->low = fmax(0, 1 - exp(ratio + wide));
	l->high = fmax(0, 1 - exp(ratio - wide));
	return true;
}
