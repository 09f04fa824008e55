/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lib/send/rate.h promises, with a clock of its own that can be late:
 * packets leave at even distances and as many as asked; after a late wake-up
 * there is never more than 0.45 ms worth in a row, and no more than 1.5 times
 * the rate; 1 ms worth and four times the rate while more than 40 ms are to be
 * made up for.
 *
 *	rate PACKETS-A-SECOND LATE SECONDS [ROOM]
 *
 * Every sleep ends between 0 and LATE ms too late, one in a hundred ten times
 * as late.  With ROOM, packets are taken ahead with their times, by
 * rate_launch: no more than ROOM wait at once, no time is past, and in any
 * millisecond there are no more than the rate gives, and a tenth, as long as
 * nothing is later than they are ahead; 1.5 and four times that, as above,
 * otherwise.
 * Exits 1 if a promise is broken.
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

/* When each packet is to leave, in order. */
static uint64_t times[KEPT];

static void
check_times(size_t n, double rate, double peak)
{
	/* those of a tenth of a millisecond leave together */
	const double most = 1 + rate * 0.0011 * peak;
	size_t i, from = 0;

	for (i = 0; i < n; i++) {
		while (times[i] - times[from] >= MILLISECOND)
			from++;
		if (i - from + 1 > most)
			errx(1, "%g a second: %zu times in a ms, not %g", rate,
			    i - from + 1, most);
	}
}

static void
check_launches(double rate, double seconds, unsigned room)
{
	static const atomic_bool stop;
	const uint64_t begin = now, end = begin + (uint64_t)(seconds * SECOND);
	size_t n = 0, left = 0;
	uint64_t when[1024], behind = 0, due;
	struct rate r;
	unsigned k, i;

	rate_init(&r, rate, now);
	while (now < end && n + 1024 < KEPT) {
		k = rate_launch(&r, 1024, room, &stop, when);
		for (i = 0; i < k; i++, n++) {
			due = begin + (uint64_t)((double)n / rate * SECOND);
			if (when[i] == 0)
				errx(1, "%g a second: no times", rate);
			if (when[i] + MILLISECOND / 10 < now ||
			    when[i] + MILLISECOND / 10 < due)
				errx(1, "%g a second: a time is past", rate);
			if (when[i] > due && when[i] - due > behind)
				behind = when[i] - due;
			times[n] = when[i];
		}
		while (left < n && times[left] <= now)
			left++;
		if (n - left > room + 1)
			errx(1, "%g a second: %zu packets wait, not %u", rate,
			    n - left, room);
	}
	if (n < rate * seconds * 0.99 - 1 || n > rate * (seconds + 0.01) + 2)
		errx(1, "%g a second: %zu packets in %g s", rate, n, seconds);
	check_times(n, rate,
	    behind < MILLISECOND / 10	  ? 1 :
		behind < 40 * MILLISECOND ? 1.5 :
					    4);
	rate_destroy(&r);
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

	if (argc != 4 && argc != 5)
		errx(2, "usage: rate packets-a-second late seconds [room]");
	rate = atof(argv[1]);
	late = atof(argv[2]) * MILLISECOND;
	seconds = atof(argv[3]);
	if (argc == 5) {
		check_launches(rate, seconds, (unsigned)atoi(argv[4]));
		return 0;
	}
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
