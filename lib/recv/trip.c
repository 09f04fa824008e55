/* SPDX-License-Identifier: Apache-2.0 */
/* Round-trip times by size; see trip.h. */
#include "recv/trip.h"

#include <math.h>

#define FEW 16

/* The first TRIP_STEPS sizes are a microsecond each. */
static unsigned
size_of(uint64_t us)
{
	unsigned log;

	if (us < TRIP_STEPS)
		return (unsigned)us;
	if (us >> TRIP_OCTAVES != 0)
		return TRIP_SIZES - 1;
	log = 63 - (unsigned)__builtin_clzll(us);
	return (log - 3) * TRIP_STEPS + (us >> (log - 4)) % TRIP_STEPS;
}

/* The least of a size. */
static uint64_t
least_of(unsigned size)
{
	if (size < TRIP_STEPS)
		return size;
	return (uint64_t)(TRIP_STEPS + size % TRIP_STEPS)
	    << (size / TRIP_STEPS - 1);
}

void
trip_add(struct trip *t, uint64_t us)
{
	t->n++;
	t->count[size_of(us)]++;
}

/* The size of the one that has so many before it. */
static unsigned
size_at(const struct trip *t, double rank)
{
	double before = 0;
	unsigned i;

	for (i = 0; i < TRIP_SIZES - 1; i++) {
		before += t->count[i];
		if (before > rank)
			break;
	}
	return i;
}

bool
trip_median(const struct trip *t, uint64_t *low, uint64_t *high)
{
	/* two standard deviations of how many are below the median */
	double wide = sqrt((double)t->n);

	if (t->n < FEW)
		return false;
	*low = least_of(size_at(t, t->n / 2. - wide));
	*high = least_of(size_at(t, t->n / 2. + wide) + 1);
	return true;
}
