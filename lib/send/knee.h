/* SPDX-License-Identifier: Apache-2.0 */
/*
 * knee: how many packets a second a path lets through, from what blocks of a
 * scan at several rates have found; and so, how fast to go.
 *
 *	hits a second
 *	      |      +-----------
 *	      |    /
 *	      |  /
 *	      +------+----------- packets a second
 *	             knee
 *
 * Up to the knee, hits grow with the rate, because each block is a random
 * sample of the same targets; above it, what is sent besides is lost.  How many
 * answer a packet is not known either, so a knee shows only by blocks at
 * different rates.  What is kept is the likelihood of each knee from a
 * sixteenth of the highest rate to that, and of "higher": where hits are
 * Poisson's, times `dispersion`, because losses come in bursts.  Old blocks
 * count less and less, so that the rate feels its way up again.  Two unlikely
 * blocks in a row mean that the path has changed: then all is forgotten but how
 * many answer a packet, and even this is only a first guess.
 */
#ifndef KNEE_H
#define KNEE_H
#include <stdbool.h>
#include <stdint.h>

enum {
	KNEE_KEPT = 96, /* blocks */
};

struct knee_block {
	double seconds, packets, hits;
	double weight;
};

struct knee {
	/* Set by knee_begin. */
	double least, most; /* packets a second: never below, never above */
	double step;	/* no more at a time above what is known to be good */
	double ceiling; /* as most, and may change: knee_limit */
	double rate;	/* in force */
	bool starting;	/* no knee has been seen yet */

	struct knee_block block[KNEE_KEPT]; /* the last is the newest */
	unsigned n;
	double squares, squared;  /* of what was not expected; how many */
	int odd;		  /* blocks in a row: fewer hits than could be
				    expected (below 0), or more */
	struct knee_block before; /* the last block that was odd */

	uint64_t raises, falls; /* of the rate */
};

/*
 * Goes from `least` up to `most`, beginning at rate, by at most `step` at a
 * time: what is lost when a knee is first passed, for about a second.
 */
void knee_begin(struct knee *, double least, double most, double step,
    double rate);

/*
 * The answers to a block are in: how long it took, its packets, and how many of
 * them were answered.  Sets the rate.
 */
void knee_add(struct knee *, double seconds, double packets, double hits);

/* From now on the rate is no more than this, but for `least`. */
void knee_limit(struct knee *, double ceiling);

/*
 * What is lost at this rate, as far as packets left so fast, and an interval
 * that holds it in 95 of 100.
 */
struct arm_loss;
bool knee_loss(const struct knee *, double rate, struct arm_loss *);

#endif
