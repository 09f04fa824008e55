/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lib/send/rate.h promises, with a clock of its own that can be late:
 * packets leave at even distances and as many as asked; after a late wake-up
 * there is never more than 0.45 ms worth in a row, and no more than 1.5 times
 * the rate; 1 ms worth and four times the rate while more than 40 ms are to be
 * made up for.
 *
 *	rate PACKETS-A-SECOND LATE SECONDS
 *
 * Every sleep ends between 0 and LATE ms too late, one in a hundred ten times
 * as late.  Prints how many packets went, and exits 1 if a promise is broken.
 */
#include <err.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "send/rate.h"

enum {
	SEND = 200, /* ns to send a packet */
	KEPT = 1 << 21,
};

static uint64_t now = SECOND, late;

uint64_t
clock_ns(void)
{
	return now;
}

/* In place of libc's. */
int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
    struct timespec *left)
{
	const uint64_t until = (uint64_t)t->tv_sec * SECOND + t->tv_nsec;

	(void)clock;
	(void)flags;
	(void)left;
	if (until > now)
		now = until;
	if (late > 0)
		now += (uint64_t)random() % late * (random() % 100 ? 1 : 10);
	return 0;
}

/* When the groups went, and how many packets had gone before. */
static struct group {
	uint64_t at, before;
} sent[KEPT];

/* What is promised: in a row, as time, and times the rate. */
struct promise {
	double most, peak;
};

static void
check_bursts(const struct group *g, size_t n, double rate,
    const struct promise *p)
{
	const double most = rate * p->most > 1 ? rate * p->most : 1;
	double allowed;
	size_t i, k;

	for (i = 0; i + 1 < n; i++)
		for (k = i + 1; k < n && k < i + 20; k++) {
			allowed = most + 1 +
			    (g[k - 1].at - g[i].at) / 1e9 * rate * p->peak;
			if (g[k].before - g[i].before > allowed)
				errx(1,
				    "%g a second: %g packets in %g ms, not %g",
				    rate, (double)(g[k].before - g[i].before),
				    (g[k - 1].at - g[i].at) / 1e6, allowed);
		}
}

/* Who is on time sends groups of 0.25 ms, or one packet, at even distances. */
static void
check_evenness(const struct group *g, size_t n, double rate, double group)
{
	const double distance = group / rate * 1e9;
	size_t i;

	for (i = 1; i < n; i++)
		if (g[i].at - g[i - 1].at < distance * 0.999 - 1000 ||
		    g[i].at - g[i - 1].at > distance * 1.001 + 1000)
			errx(1, "%g a second: a distance of %g ms, not %g",
			    rate, (g[i].at - g[i - 1].at) / 1e6,
			    distance / 1e6);
}

int
main(int argc, char **argv)
{
	static const struct promise calm = { 0.00045, 1.5 };
	static const struct promise hasty = { 0.001, 4 };
	static const atomic_bool stop;
	double rate, seconds, wanted, behind;
	uint64_t begin = now, end, packets = 0, longest = 0;
	struct rate r;
	size_t n = 0;
	unsigned k;

	if (argc != 4)
		errx(2, "usage: rate packets-a-second late seconds");
	rate = atof(argv[1]);
	late = atof(argv[2]) * MILLISECOND;
	seconds = atof(argv[3]);
	end = begin + (uint64_t)(seconds * SECOND);
	rate_init(&r, rate, now);
	for (;;) {
		k = rate_take(&r, 1024, &stop);
		if (now >= end || n == KEPT)
			break;
		sent[n++] = (struct group){ now, packets };
		behind = (now - begin) / 1e9 * rate - packets;
		if (behind / rate * SECOND > longest)
			longest = behind / rate * SECOND;
		packets += k;
		now += k * SEND;
	}
	wanted = rate * seconds;
	if (packets > wanted + 1 + rate / 1000 ||
	    packets < wanted * 0.995 - 1 - rate / 1000)
		errx(1, "%g a second: %g packets in %g s, not %g", rate,
		    (double)packets, seconds, wanted);
	check_bursts(sent, n, rate,
	    longest < 40 * MILLISECOND ? &calm : &hasty);
	k = rate * 0.00025 > 1 ? rate * 0.00025 : 1;
	if (late == 0)
		check_evenness(sent, n, rate, k);
	rate_destroy(&r);
	return 0;
}
