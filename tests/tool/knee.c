/* SPDX-License-Identifier: Apache-2.0 */
/*
 * knee: the rate that lib/send/knee finds behind a policer, in many scans that
 * are computed.
 *
 *	knee rate hits halves outages scans
 *
 * A policer of so many packets a second, which halves after so many seconds (0:
 * never); of what gets through, this share is answered.  With outages, that
 * share of the time nothing is, for 200 ms at the mean.  Prints, of 100 scans
 * of a minute, in how many the rate was at least 95 % of the policer's at some
 * time in 10 s; then, of all time from then on but for 5 s after it halved,
 * which share of the policer's rate was sent, and which share of that was lost
 * by it. With -v, block by block.
 */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "send/knee.h"
#include "send/tempo.h"
#include "tests/tool/draw.h"

#define BLOCK	(TEMPO_AUTO_NS / 1e9)
#define SECONDS 60
#define TICK	0.01
#define OUTAGE	0.2

static double
poisson(double m)
{
	double u = sqrt(-2 * log(1 - draw())) * cos(2 * M_PI * draw()), p, x;

	if (m > 50)
		return floor(fmax(0, m + sqrt(m) * u + .5));
	for (x = -1, p = 1; p > exp(-m); x++)
		p *= draw();
	return fmax(0, x);
}

struct path {
	double tokens, out, share;
};

/* A block at this rate: how much of it gets through, outages apart. */
static double
through(struct path *p, double rate, double police, double *heard)
{
	double sent = 0, passed, t;

	*heard = 0;
	for (t = 0; t < BLOCK - TICK / 2; t += TICK) {
		p->tokens = fmin(p->tokens + police * TICK,
		    fmax(16, police / 100) + police * TICK);
		passed = fmin(p->tokens, rate * TICK);
		p->tokens -= passed;
		sent += passed;
		if (p->share > 0 &&
		    draw() < TICK /
			    (p->out ? OUTAGE :
				      OUTAGE * (1 - p->share) / p->share))
			p->out = !p->out;
		if (!p->out)
			*heard += passed;
	}
	return sent;
}

int
main(int argc, char **argv)
{
	double police, hits, halves, outages, now, limit, rate, sent, got;
	double use = 0, lost = 0, all = 0, heard;
	bool loud = argc > 1 && strcmp(argv[1], "-v") == 0;
	unsigned scans, s, i, found = 0;

	argv += loud;
	if (argc - loud != 6)
		errx(2, "usage: knee [-v] rate hits halves outages scans");
	police = atof(argv[1]);
	hits = atof(argv[2]);
	halves = atof(argv[3]);
	outages = atof(argv[4]);
	scans = atoi(argv[5]);
	for (s = 0; s < scans; s++) {
		struct path p = { .share = outages };
		double result[SECONDS * 10], count[SECONDS * 10];
		bool there = false;
		struct knee k;

		knee_begin(&k, TEMPO_LEAST, INFINITY, INFINITY, TEMPO_LEAST);
		for (i = 0; (now = i * BLOCK) < SECONDS; i++) {
			/* what the last but one has found is known now */
			if (i >= 2)
				knee_add(&k, BLOCK, count[i - 2],
				    result[i - 2]);
			limit = halves > 0 && now >= halves ? police / 2 :
							      police;
			rate = fmin(k.rate, 1.2e6) *
			    (tempo_is_lower(i) ? TEMPO_LOWER : 1);
			count[i] = sent = rate * BLOCK;
			got = through(&p, rate, limit, &heard);
			result[i] = poisson(heard * hits);
			if (loud)
				printf("%5.1f %10.0f %10.0f %6.3f %8.0f\n", now,
				    k.rate, rate, rate / limit, result[i]);
			there |= now < 10 && k.rate >= .95 * limit &&
			    k.rate < 1.05 * limit;
			if (now < 10 ||
			    (halves > 0 && now >= halves && now < halves + 5))
				continue;
			use += got;
			lost += sent - got;
			all += limit * BLOCK;
		}
		found += there;
	}
	printf("%.0f %.4f %.4f\n", 100.0 * found / scans, use / all,
	    lost / (use + lost));
	return 0;
}
