/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate: see rate.h.
 */
#include "send/rate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"

enum {
	DEBT = SECOND / 2,
	GROUP = SECOND / RATE_SINGLE, /* what leaves at once, in time */
	LONG = 40000000,	      /* from such a debt on there is hurry, */
	SHORT = 10000000,	      /* down to this */
	GLANCE = SECOND / 50, /* how often a sleeper looks at its stop flag */
	AHEAD = 4000000,      /* how long packets may wait for their time */
	TOGETHER = 100000,    /* those of such a time leave together */
};

/* How a debt is paid. */
static const struct haste {
	uint64_t most; /* what leaves at once, in time */
	double peak;   /* times the rate */
} calm = { 450000, 1.5 }, hasty = { 1000000, 4 };

static void
start(struct rate *r, double per_second, uint64_t now)
{
	r->per_second = per_second;
	r->interval = per_second > 0 ? SECOND / per_second : 0;
	r->base = now;
	r->count = 0;
	r->gate = now;
}

void
rate_init(struct rate *r, double per_second, uint64_t now)
{
	pthread_mutex_init(&r->turn, NULL);
	pthread_mutex_init(&r->lock, NULL);
	start(r, per_second, now);
}

void
rate_destroy(struct rate *r)
{
	pthread_mutex_destroy(&r->turn);
	pthread_mutex_destroy(&r->lock);
}

/* When the packet after those claimed is due. */
static uint64_t
due(const struct rate *r)
{
	return r->base + (uint64_t)((double)r->count * r->interval);
}

/* The next packet stays due no later than it was, nor than at the new rate. */
static void
change(struct rate *r, double per_second, uint64_t now)
{
	uint64_t next = due(r), gate = r->gate;

	start(r, per_second, now);
	if (next < now)
		r->base = next;
	else if (next < now + (uint64_t)r->interval)
		r->base = next;
	else
		r->base = now + (uint64_t)r->interval;
	if (gate > now && gate < r->base)
		r->gate = gate;
}

void
rate_set(struct rate *r, double per_second, uint64_t now)
{
	pthread_mutex_lock(&r->lock);
	change(r, per_second, now);
	pthread_mutex_unlock(&r->lock);
}

void
rate_scale(struct rate *r, double factor, uint64_t now)
{
	pthread_mutex_lock(&r->lock);
	change(r, r->per_second * factor, now);
	pthread_mutex_unlock(&r->lock);
}

double
rate_get(struct rate *r)
{
	double per_second;

	pthread_mutex_lock(&r->lock);
	per_second = r->per_second;
	pthread_mutex_unlock(&r->lock);
	return per_second;
}

/* When the next may go. */
static uint64_t
next(const struct rate *r)
{
	return due(r) > r->gate ? due(r) : r->gate;
}

uint64_t
rate_next(struct rate *r)
{
	uint64_t when;

	pthread_mutex_lock(&r->lock);
	when = next(r);
	pthread_mutex_unlock(&r->lock);
	return when;
}

static const struct haste *
haste_of(const struct rate *r)
{
	return r->hurry ? &hasty : &calm;
}

/*
 * How many go at once when the first is late by this: a group and what has
 * become due since, but no more than is promised, and at least one.
 */
static unsigned
group(const struct rate *r, uint64_t late)
{
	uint64_t most = haste_of(r)->most;
	uint64_t time = late < most - GROUP ? GROUP + late : most;

	return time > r->interval ? (unsigned)(time / r->interval) : 1;
}

/*
 * The gate is a bucket of `most`, in time, that fills at `peak` times the rate.
 * What is taken moves it on; it lags behind now by what is left in the bucket,
 * and never by more than a full one.
 */
static uint64_t
next_gate(const struct rate *r, unsigned n, uint64_t now)
{
	const struct haste *h = haste_of(r);
	uint64_t taken = (uint64_t)(n * r->interval);
	uint64_t left = (taken < h->most ? h->most - taken : 0) / h->peak;

	return (r->gate + left > now ? r->gate : now - left) +
	    (uint64_t)(taken / h->peak);
}

/* How many may go now, want at most; 0: none before *when. */
static unsigned
claim(struct rate *r, unsigned want, uint64_t now, uint64_t *when)
{
	unsigned n = want, most;

	pthread_mutex_lock(&r->lock);
	if (due(r) + DEBT < now)
		r->base += now - DEBT - due(r);
	*when = next(r);
	if (r->per_second > 0 && *when > now)
		n = 0;
	if (r->per_second > 0 && n > 0) {
		r->hurry = now - due(r) > (r->hurry ? SHORT : LONG);
		most = group(r, now - due(r));
		n = n < most ? n : most;
		r->gate = next_gate(r, n, now);
		r->count += n;
	}
	pthread_mutex_unlock(&r->lock);
	return n;
}

unsigned
rate_take(struct rate *r, unsigned want, const atomic_bool *stop)
{
	uint64_t when, now;
	unsigned n = 0;

	pthread_mutex_lock(&r->turn);
	while (!atomic_load_explicit(stop, memory_order_relaxed)) {
		now = clock_ns();
		n = claim(r, want, now, &when);
		if (n > 0)
			break;
		/* a rate that changes meanwhile is soon heeded */
		rate_wait(when > now + GLANCE ? now + GLANCE : when, stop);
	}
	pthread_mutex_unlock(&r->turn);
	return n;
}

/* How long before its time a packet may be handed over; 0: it is no use. */
static uint64_t
ahead_of(const struct rate *r, unsigned room)
{
	double time = room * r->interval;

	if (r->per_second <= 0 || time / calm.peak < 2 * GROUP)
		return 0;
	time /= haste_of(r)->peak;
	return time < AHEAD ? (uint64_t)time : AHEAD;
}

/*
 * Gives times to all that are due in the time ahead, want at most.  If that is
 * less than half of what may wait, none; *until is when it will be more.
 */
static unsigned
schedule(struct rate *r, unsigned want, uint64_t now, uint64_t ahead,
    uint64_t *when, uint64_t *until)
{
	unsigned n;

	if (due(r) + DEBT < now)
		r->base += now - DEBT - due(r);
	*until = next(r) - ahead / 2;
	if (next(r) > now + ahead / 2)
		return 0;
	for (n = 0; n < want && next(r) <= now + ahead; n++) {
		r->hurry = due(r) + (r->hurry ? SHORT : LONG) < now;
		when[n] = next(r) > now ? next(r) : now;
		r->gate = when[n] + (uint64_t)(r->interval / haste_of(r)->peak);
		r->count++;
		when[n] -= when[n] % TOGETHER;
	}
	return n;
}

unsigned
rate_launch(struct rate *r, unsigned want, unsigned room,
    const atomic_bool *stop, uint64_t *when)
{
	uint64_t until, now, ahead;
	unsigned n = 0;

	pthread_mutex_lock(&r->turn);
	while (!atomic_load_explicit(stop, memory_order_relaxed)) {
		now = clock_ns();
		pthread_mutex_lock(&r->lock);
		ahead = ahead_of(r, room);
		if (ahead > 0)
			n = schedule(r, want, now, ahead, when, &until);
		pthread_mutex_unlock(&r->lock);
		if (ahead == 0 || n > 0)
			break;
		rate_wait(until > now + GLANCE ? now + GLANCE : until, stop);
	}
	pthread_mutex_unlock(&r->turn);
	if (n > 0 || atomic_load_explicit(stop, memory_order_relaxed))
		return n;
	memset(when, 0, want * sizeof *when);
	return rate_take(r, want, stop);
}

void
rate_return(struct rate *r, unsigned n)
{
	pthread_mutex_lock(&r->lock);
	r->count -= n < r->count ? n : r->count;
	pthread_mutex_unlock(&r->lock);
}

void
rate_restart(struct rate *r, uint64_t now)
{
	pthread_mutex_lock(&r->lock);
	if (due(r) < now) {
		r->base = now;
		r->count = 0;
	}
	pthread_mutex_unlock(&r->lock);
}

bool
rate_wait(uint64_t when, const atomic_bool *stop)
{
	uint64_t now, until;
	struct timespec t;

	while ((now = clock_ns()) < when) {
		if (atomic_load_explicit(stop, memory_order_relaxed))
			return false;
		until = when - now > GLANCE ? now + GLANCE : when;
		t = clock_timespec(until);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	}
	return !atomic_load_explicit(stop, memory_order_relaxed);
}

double
rate_frame_bits(unsigned len)
{
	if (len < 60)
		len = 60;
	return (8 + len + 4 + 12) * 8.0;
}
