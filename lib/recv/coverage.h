/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coverage: how much of what answers has been found, where each target gets
 * several probes.
 *
 * Copies that are apart in time are lost independently.  So they are two
 * samples of the same population, the targets that answered the first copy and
 * those that answered a later one, and how many answered both tells how many
 * answered neither (Chapman 1951).  An answer says by its source port which
 * copy it is to.
 *
 *	              later copies
 *	first copy    answered   lost
 *	answered      both       first
 *	lost          later      ?
 *
 * The interval is that of the number in "?": its posterior, with Jeffreys'
 * priors for the loss of either sample, so that it is right for few targets and
 * for no loss.  Losses come in bursts, and then what counts is not targets but
 * bursts: `dispersion` is how much more the lost first copies vary from one
 * moment to the next than independent ones would, and divides all counts.
 *
 * What this cannot see: targets that never answer this origin, and those of
 * which the copies share their fate however far apart they are.
 */
#ifndef COVERAGE_H
#define COVERAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "recv/dedup.h"

enum {
	COVERAGE_SCALES = 8, /* 1/16 s, 1/8 s, ... 8 s */
};

#define COVERAGE_SLICE_NS 62500000u

/* Answers to later copies, by slices of time of one length. */
struct coverage_scale {
	uint64_t slice; /* the one that is open */
	uint32_t lost,
	    all;	 /* answers in it: those without the first, and all */
	uint64_t slices; /* that have answers and are closed */
	/* Over the closed slices; the last one of lost^2 / all. */
	double sum_lost, sum_all, sum_square;
};

struct coverage {
	struct dedup *copies;  /* NULL: not counted */
	uint64_t first, later; /* targets that answered these */
	bool forgot;	       /* memory was short */
	struct coverage_scale scale[COVERAGE_SCALES];
};

/*
 * Shares, from 0 to 1, and the interval that holds the true one in 95 of 100.
 */
struct coverage_estimate {
	double share, low, high;
	uint64_t both, first, later; /* as in the picture */
	double dispersion;
};

/* -1 for lack of memory.  one_port, seed: as dedup_new. */
int coverage_open(struct coverage *, bool one_port,
    const unsigned char seed[16]);
void coverage_close(struct coverage *);

/*
 * A success of this target, to a copy of this number.  is_new: it is the first
 * of the target.  target6 is NULL for IPv4.
 */
void coverage_answer(struct coverage *, uint32_t target,
    const struct ip6 *target6, uint16_t port, unsigned copy, bool is_new,
    uint64_t time_ns);

/*
 * found: targets in all that answered.  false: nothing can be known, because
 * copies were not counted or none was answered by a later one.
 */
bool coverage_estimate(struct coverage *, uint64_t found,
    struct coverage_estimate *);

#endif
