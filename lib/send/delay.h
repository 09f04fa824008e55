/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delay: how fast -r auto may go, so that no queue on the path grows long.
 *
 *	round-trip time
 *	      |        /\
 *	late  |-------/--\------
 *	      |      /    \
 *	base  |-----/      \----
 *	      +----------------- blocks
 *
 * A queue delays before it loses.  Each block of a scan is a random sample of
 * the same targets, so that its median round-trip time is that of all; where
 * the least that it can be (two standard deviations below) is well over the
 * base, which is the least of what it was at most, a queue has grown.  By how
 * much from one block to the next says how fast the queue is served: that, less
 * what lets it run empty in a few seconds, is the ceiling.  It rises again, by
 * and by, with blocks that are not late.
 *
 * What is late whatever the rate is not the scan's doing, and becomes the base.
 */
#ifndef DELAY_H
#define DELAY_H
#include <stdbool.h>
#include <stdint.h>

struct delay_block {
	uint64_t number;
	double seconds, packets;
	double low, high; /* of the median, seconds */
};

struct delay {
	/* Set by delay_begin; times are seconds, rates packets a second. */
	double least;	/* below this the ceiling never is */
	double ceiling; /* INFINITY: there is none */
	double base;	/* 0: not known */
	double median;	/* at least, in the block before */
	double served;	/* the rate of the queue, by the last cut */

	/* Since the answers are late. */
	unsigned cuts;	   /* 0: they are not */
	double first_rate; /* at the first of them */
	double cut_median; /* at the last cut */
	unsigned vain;	   /* cuts in a row without effect */
	uint64_t in_force; /* the first block that is all after the last */

	uint64_t slowed; /* times that the ceiling fell */
	bool given_up;	 /* by the last block: the base is a new one */
};

void delay_begin(struct delay *, double least);

/*
 * What is known of a block; now: the number of the one that is being sent.
 * Sets the ceiling.  true: it was late, so that not all of its answers can have
 * been counted yet.
 */
bool delay_add(struct delay *, const struct delay_block *, uint64_t now);

#endif
