/* SPDX-License-Identifier: Apache-2.0 */
/* A ceiling by round-trip times; see delay.h. */
#include "send/delay.h"

#include <math.h>

#define SLACK	0.05 /* seconds over the base, and */
#define PART	0.25 /* of it, that are not late yet */
#define USED	0.9  /* of what the queue is served at */
#define EMPTIED 2.0  /* seconds in which a queue is to run empty */
#define LITTLE	0.25 /* of what the queue is served at, at least */
#define NEAR	0.95 /* of what the queue was served at, and */
#define BEYOND	1.25 /* this: in between, the ceiling rises */
#define CREEP	1.02 /* with each block by this, */
#define RUN	1.1  /* and elsewhere by this */
#define EFFECT	0.9  /* of the median, that is left of it after a cut: */
#define VAIN	4    /* cuts in a row that had none */

void
delay_begin(struct delay *d, double least)
{
	*d = (struct delay){ .least = least, .ceiling = INFINITY };
}

/* How late answers are, over what is allowed. */
static double
late_by(const struct delay *d, const struct delay_block *b)
{
	return b->low - d->base * (1 + PART) - SLACK;
}

/*
 * The queue grows by what comes and is not served: of a block that began
 * without one, its middle has seen half of that.
 */
static double
served(const struct delay *d, const struct delay_block *b)
{
	double rate = b->packets / b->seconds;
	double since = d->cuts == 0 ? b->seconds / 2 : b->seconds;
	double growth = (b->low - d->median) / since;

	return rate / fmin(fmax(1 + growth, LITTLE), 1 / LITTLE);
}

/* Has going slower been of no use, several times in a row? */
static bool
is_vain(struct delay *d, const struct delay_block *b)
{
	if (d->cuts == 0 || b->low < EFFECT * d->cut_median)
		d->vain = 0;
	else
		d->vain++;
	return d->vain == VAIN;
}

static void
cut(struct delay *d, const struct delay_block *b, uint64_t now)
{
	double over = late_by(d, b), rate;

	if (d->cuts == 0)
		d->first_rate = b->packets / b->seconds;
	d->served = served(d, b);
	rate = d->served * fmax(LITTLE, USED - over / EMPTIED);
	rate = fmax(d->least, rate);
	d->slowed += rate < d->ceiling;
	d->ceiling = rate;
	d->cuts++;
	d->cut_median = b->low;
	d->in_force = now + 1;
}

/* It is not by our probes. */
static void
give_up_on(struct delay *d, const struct delay_block *b)
{
	d->base = b->high;
	d->ceiling = d->first_rate;
	d->cuts = 0;
	d->given_up = true;
}

static void
rise(struct delay *d)
{
	const double near = NEAR * d->served, beyond = BEYOND * d->served;

	d->cuts = 0;
	if (d->ceiling < near)
		d->ceiling = fmin(RUN * d->ceiling, near);
	else
		d->ceiling *= d->ceiling < beyond ? CREEP : RUN;
}

bool
delay_add(struct delay *d, const struct delay_block *b, uint64_t now)
{
	bool late;

	d->given_up = false;
	if (d->base == 0 || b->high < d->base)
		d->base = b->high;
	late = late_by(d, b) > 0;
	if (!late) {
		rise(d);
	} else if (d->cuts == 0 || b->number >= d->in_force) {
		if (is_vain(d, b))
			give_up_on(d, b);
		else
			cut(d, b, now);
	}
	d->median = b->low;
	return late;
}
