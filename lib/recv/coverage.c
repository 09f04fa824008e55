/* SPDX-License-Identifier: Apache-2.0 */
/* Capture and recapture; see coverage.h. */
#include "recv/coverage.h"

#include <math.h>
#include <string.h>

#define STEPS	   4000 /* of the posterior */
#define MANY	   12	/* standard deviations: nothing is farther out */
#define FEW_BURSTS 5	/* for an interval that holds 95 of 100 */
#define FEW_SLICES 8	/* tell nothing of how much they vary */

int
coverage_open(struct coverage *c, bool one_port, const unsigned char seed[16])
{
	*c = (struct coverage){ .copies = dedup_new(DEDUP_FULL, one_port, 1,
				    seed) };
	return c->copies == NULL ? -1 : 0;
}

void
coverage_close(struct coverage *c)
{
	if (c->copies != NULL)
		dedup_free(c->copies);
	c->copies = NULL;
}

static void
close_slice(struct coverage_scale *s)
{
	if (s->all == 0)
		return;
	s->slices++;
	s->sum_lost += s->lost;
	s->sum_all += s->all;
	s->sum_square += (double)s->lost * s->lost / s->all;
	s->lost = s->all = 0;
}

static void
count_slice(struct coverage *c, bool lost, uint64_t time_ns)
{
	struct coverage_scale *s = c->scale;
	uint64_t slice = time_ns / COVERAGE_SLICE_NS;

	for (; s < c->scale + COVERAGE_SCALES; s++, slice /= 2) {
		if (slice != s->slice)
			close_slice(s);
		s->slice = slice;
		s->all++;
		s->lost += lost;
	}
}

void
coverage_answer(struct coverage *c, uint32_t target, const struct ip6 *target6,
    uint16_t port, unsigned copy, bool is_new, uint64_t time_ns)
{
	int seen;

	if (c->copies == NULL)
		return;
	seen = target6 != NULL ?
	    dedup_seen6(c->copies, *target6, port, copy == 0) :
	    dedup_seen(c->copies, target, port, copy == 0);
	c->forgot |= seen == -1;
	if (seen == 1)
		return;
	if (copy == 0) {
		c->first++;
		return;
	}
	c->later++;
	count_slice(c, is_new, time_ns);
}

/*
 * By how much the lost first copies vary more from slice to slice than
 * independent ones: the most of all lengths of a slice, because a burst has to
 * fit into one.
 */
static double
dispersion(struct coverage *c)
{
	double most = 1, p, d;
	struct coverage_scale *s;

	for (s = c->scale; s < c->scale + COVERAGE_SCALES; s++) {
		close_slice(s);
		p = s->sum_all > 0 ? s->sum_lost / s->sum_all : 0;
		if (s->slices < FEW_SLICES || p <= 0 || p >= 1)
			continue;
		d = (s->sum_square - 2 * p * s->sum_lost + p * p * s->sum_all) /
		    (p * (1 - p)) / (s->slices - 1);
		if (d > most)
			most = d;
	}
	return most;
}

/* Counts, which may be fractions, of targets that answered. */
struct samples {
	double found, first, later;
};

/* The logarithm of how likely it is that `missed` answered neither. */
static double
likely(const struct samples *s, double missed)
{
	double n = s->found + missed;

	return lgamma(n - s->first + .5) + lgamma(n - s->later + .5) -
	    lgamma(n + 1) - lgamma(missed + 1) - log(n + 1);
}

/* Where 2.5 and 97.5 % of the posterior are reached. */
static void
quantiles(const struct samples *s, double from, double step, double *low,
    double *high)
{
	double at[STEPS], most = -INFINITY, sum = 0, part = 0;
	int i;

	for (i = 0; i < STEPS; i++) {
		at[i] = likely(s, from + i * step);
		most = fmax(most, at[i]);
	}
	for (i = 0; i < STEPS; i++)
		sum += at[i] = exp(at[i] - most);
	*low = *high = -1;
	for (i = 0; i < STEPS && *high < 0; i++) {
		part += at[i];
		if (*low < 0 && part >= .025 * sum)
			*low = from + i * step;
		if (part >= .975 * sum)
			*high = from + i * step;
	}
}

/* How many answered neither copy: the best guess, and its interval. */
static double
missed(const struct samples *s, double *low, double *high)
{
	double both = s->first + s->later - s->found;
	double only = (s->first - both) * (s->later - both);
	double guess = only / (both + 1);
	double variance = (s->first + 1) * (s->later + 1) * only /
	    ((both + 1) * (both + 1) * (both + 2));
	double wide = MANY * sqrt(variance + guess + 1) + 20;
	double from = floor(fmax(0, guess - wide));
	double step = fmax(1, floor((guess + wide - from) / STEPS + 1));

	quantiles(s, from, step, low, high);
	return guess;
}

bool
coverage_estimate(struct coverage *c, uint64_t found,
    struct coverage_estimate *e)
{
	struct samples s;
	double guess, low, high, d;

	if (c->copies == NULL || c->forgot || c->later == 0 || c->first == 0 ||
	    c->first + c->later < found || c->first > found || c->later > found)
		return false;
	d = dispersion(c);
	/* of few bursts it is not known well how much they vary (Student) */
	d *= 1 + FEW_BURSTS * (d - 1) / c->later;
	s = (struct samples){ found / d, c->first / d, c->later / d };
	guess = missed(&s, &low, &high) * d;
	low = fmax(0, low * d - (d - 1));
	high = high * d + (d - 1);
	*e = (struct coverage_estimate){
		.share = found / (found + guess),
		.low = found / (found + high),
		.high = found / (found + low),
		.both = c->first + c->later - found,
		.first = found - c->later,
		.later = found - c->first,
		.dispersion = d,
	};
	e->low = fmin(e->low, e->share);
	e->high = fmax(e->high, e->share);
	return true;
}
