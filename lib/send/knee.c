/* SPDX-License-Identifier: Apache-2.0 */
/* Where hits cease to grow with the rate; see knee.h. */
#include "send/knee.h"

#include <math.h>
#include <string.h>

#include "send/arm.h"

#define STEP	  0.005 /* between two knees, as a logarithm */
#define STEPS	  555	/* down to a sixteenth, */
#define HIGHER	  277	/* and up to four times: what may be, all the same */
#define DECAY	  0.97	/* of a block's weight, with each later one */
#define CAREFUL	  0.3	/* how likely the knee is below the rate */
#define UNSURE	  0.02	/* that there is none at the rates so far: the first, */
#define START	  4	/* up to which the rate grows by this, */
#define EVEN	  0.5	/* as long as it may well be that there is none; */
#define GROW	  1.25	/* later it grows by this, */
#define SURE	  0.9	/* when it is certain */
#define FEW	  10	/* answers, which say nothing */
#define LEFT	  0.7	/* of the rate: the device takes no more */
#define ODD	  3	/* standard deviations */
#define DISPERSED 8	/* blocks that begin it: as counts are */

void
knee_begin(struct knee *k, double least, double most, double step, double rate)
{
	*k = (struct knee){ .least = least < most ? least : most,
		.most = most,
		.step = step,
		.ceiling = INFINITY,
		.rate = fmin(fmax(rate, least), most),
		.starting = rate <= least };
}

/* --- what is known --- */

/* A posterior: of knees at high * exp(-STEP * i), and of "higher" in all. */
struct knees {
	double high;
	unsigned n;
	double at[STEPS + 1]; /* at[0]: higher */
};

static double
knee_dispersion(const struct knee *k)
{
	return fmax(1, (k->squares + DISPERSED) / (k->squared + DISPERSED));
}

static double
knee_block_rate(const struct knee_block *b)
{
	return b->packets / b->seconds;
}

static double
knee_highest(const struct knee *k)
{
	double most = 0;
	unsigned i;

	for (i = 0; i < k->n; i++)
		most = fmax(most, knee_block_rate(&k->block[i]));
	return most;
}

/* How likely these hits are, at the share of answers that fits them best. */
static double
knee_likely(const struct knee *k, double knee)
{
	double hits = 0, through = 0, sum = 0, rate;
	const struct knee_block *b;

	for (b = k->block; b < k->block + k->n; b++) {
		rate = fmin(knee_block_rate(b), knee);
		sum += b->weight * b->hits * log(rate);
		hits += b->weight * b->hits;
		through += b->weight * b->seconds * rate;
	}
	return hits > 0 ? sum - hits * log(through) : 0;
}

static void
knee_look(const struct knee *k, struct knees *p)
{
	double best = -INFINITY, sum = 0, high = knee_highest(k);
	unsigned i;

	p->high = high;
	for (i = 0; i <= STEPS && (i == 0 || high * exp(-STEP * i) > k->least);
	     i++) {
		p->at[i] = knee_likely(k, high * exp(-STEP * i)) /
		    knee_dispersion(k);
		best = fmax(best, p->at[i]);
	}
	p->n = i;
	for (i = 0; i < p->n; i++)
		sum += p->at[i] = exp(p->at[i] - best) * (i == 0 ? HIGHER : 1);
	for (i = 0; i < p->n; i++)
		p->at[i] /= sum;
}

/* The knee that is higher than the true one with this probability. */
static double
knee_quantile(const struct knees *p, double share)
{
	unsigned i = p->n;

	while (--i > 0) {
		if (share < p->at[i])
			return p->high *
			    exp(-STEP * (i + .5 - share / p->at[i]));
		share -= p->at[i];
	}
	return p->high * exp(STEP * HIGHER * fmin(1, share / p->at[0]));
}

/* How many answer a packet that gets through. */
static double
knee_answering(const struct knee *k, double knee)
{
	double hits = 0, through = 0;
	const struct knee_block *b;

	for (b = k->block; b < k->block + k->n; b++) {
		hits += b->weight * b->hits;
		through += b->weight * b->seconds *
		    fmin(knee_block_rate(b), knee);
	}
	return through > 0 ? hits / through : 0;
}

static double
knee_all_hits(const struct knee *k)
{
	double hits = 0;
	unsigned i;

	for (i = 0; i < k->n; i++)
		hits += k->block[i].weight * k->block[i].hits;
	return hits;
}

/* --- what was not expected --- */

/* By how many standard deviations; 0 where nothing could be expected. */
static double
knee_surprise(const struct knee *k, const struct knee_block *b)
{
	double knee, low, high, expected, variance;
	struct knees p;

	if (knee_all_hits(k) == 0 ||
	    knee_block_rate(b) > 1.02 * knee_highest(k))
		return 0;
	knee_look(k, &p);
	knee = knee_quantile(&p, .5);
	low = fmin(knee_block_rate(b), knee_quantile(&p, .16));
	high = fmin(knee_block_rate(b), knee_quantile(&p, .84));
	expected = knee_answering(k, knee) * b->seconds *
	    fmin(knee_block_rate(b), knee);
	if (expected <= 0)
		return 0;
	variance = expected * (1 + expected / knee_all_hits(k)) +
	    pow(expected * (high - low) / (high + low), 2);
	return (b->hits - expected) / sqrt(variance);
}

static void
knee_push(struct knee *k, struct knee_block b)
{
	unsigned i;

	for (i = 0; i < k->n; i++)
		k->block[i].weight *= DECAY;
	if (k->n == KNEE_KEPT)
		memmove(k->block, k->block + 1, --k->n * sizeof *k->block);
	b.weight = 1;
	k->block[k->n++] = b;
}

/*
 * The path has changed.  How many answer a packet is known as well as one block
 * would say it, at a rate that loses nothing.
 */
static void
knee_forget(struct knee *k, double hits)
{
	struct knees p;
	double share;

	knee_look(k, &p);
	share = knee_answering(k, knee_quantile(&p, .5));
	k->n = 0;
	k->odd = 0;
	if (share > 0)
		knee_push(k,
		    (struct knee_block){ .seconds = hits / share / k->least,
			.packets = hits / share,
			.hits = hits });
}

static void
knee_expect(struct knee *k, const struct knee_block *b)
{
	double z = knee_surprise(k, b), wide = ODD * sqrt(knee_dispersion(k));

	if (fabs(z) > wide && (z > 0) == (k->odd > 0) && k->odd != 0) {
		knee_forget(k, fmax(b->hits, k->before.hits));
		knee_push(k, k->before);
		return;
	}
	if (k->odd != 0) { /* it was alone */
		k->squares += ODD * ODD * knee_dispersion(k);
		k->squared++;
		knee_push(k, k->before);
	}
	k->odd = fabs(z) > wide ? (z > 0 ? 1 : -1) : 0;
	if (k->odd != 0 || z == 0)
		return;
	k->squares = k->squares * DECAY + z * z;
	k->squared = k->squared * DECAY + 1;
}

/* --- what to do --- */

static void
knee_set(struct knee *k, double rate)
{
	if (rate > k->rate * 1.01)
		k->raises++;
	if (rate < k->rate * .99)
		k->falls++;
	k->rate = rate;
}

static void
knee_decide(struct knee *k)
{
	double rate, most = knee_highest(k);
	struct knees p;

	if (knee_all_hits(k) < FEW)
		return;
	knee_look(k, &p);
	if (k->starting && p.at[0] < UNSURE)
		k->starting = false;
	if (k->starting)
		rate = p.at[0] > EVEN ? START * most : k->rate;
	else
		rate = p.at[0] > SURE ? GROW * most :
					knee_quantile(&p, CAREFUL);
	rate = fmin(rate, most + k->step);
	/* what was asked for and did not leave is no reason to ask for more */
	if (knee_block_rate(&k->block[k->n - 1]) < LEFT * k->rate)
		rate = fmin(rate, k->rate);
	rate = fmin(rate, k->ceiling);
	rate = fmin(fmax(rate, k->least), k->most);
	if (rate > .99 * k->most)
		rate = k->most;
	knee_set(k, rate);
}

void
knee_limit(struct knee *k, double ceiling)
{
	k->ceiling = ceiling;
	if (k->rate > ceiling)
		knee_set(k, fmin(k->rate, fmax(ceiling, k->least)));
}

void
knee_add(struct knee *k, double seconds, double packets, double hits)
{
	struct knee_block b = { .seconds = seconds,
		.packets = packets,
		.hits = hits };

	if (seconds <= 0 || packets <= 0)
		return;
	knee_expect(k, &b);
	if (k->odd != 0) {
		k->before = b; /* the next one will tell */
		return;
	}
	knee_push(k, b);
	knee_decide(k);
}

bool
knee_loss(const struct knee *k, double rate, struct arm_loss *l)
{
	struct knees p;

	if (k->n < 2 || knee_all_hits(k) == 0)
		return false;
	knee_look(k, &p);
	rate = fmin(rate, p.high);
	*l = (struct arm_loss){
		.share = fmax(0, 1 - knee_quantile(&p, .5) / rate),
		.low = fmax(0, 1 - knee_quantile(&p, .975) / rate),
		.high = fmax(0, 1 - knee_quantile(&p, .025) / rate),
	};
	return true;
}
