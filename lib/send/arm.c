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

/* Packets and hits, with those that are added. */
static double
arm_share(const struct arm *a, unsigned more)
{
	return (double)(a->hits + more) / (double)(a->packets + 2 * more);
}

/*
 * The variance of the logarithm of hits by probes: that of a binomial share,
 * times how much more the blocks differ than such shares do, since losses come
 * in bursts.
 */
static double
variance(const struct arm *a, unsigned more)
{
	double p = (double)a->hits / a->packets;
	double chi = p > 0 ?
	    (a->sum_squares - p * a->hits) / p / (a->blocks - 1) :
	    0;

	return fmax(1 - arm_share(a, more), chi) / (a->hits + more);
}

bool
arm_compare(const struct arm *full, const struct arm *reduced, unsigned more,
    struct arm_loss *l)
{
	uint64_t blocks = full->blocks < reduced->blocks ? full->blocks :
							   reduced->blocks;
	double ratio, wide;

	if (blocks < BLOCKS || full->hits + more == 0 ||
	    reduced->hits + more == 0)
		return false;
	ratio = log(arm_share(full, more)) - log(arm_share(reduced, more));
	/* Student's quantile, near enough, for few blocks */
	wide = (1.96 + 3.2 / (2 * (blocks - 1))) *
	    sqrt(variance(full, more) + variance(reduced, more));
	*l = (struct arm_loss){ .share = fmax(0, 1 - exp(ratio)),
		.low = fmax(0, 1 - exp(ratio + wide)),
		.high = fmax(0, 1 - exp(ratio - wide)) };
	return true;
}
