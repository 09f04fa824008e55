/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coverage: the estimate of lib/recv/coverage against the truth, in many scans
 * that are computed.
 *
 *	coverage targets loss burst scans
 *
 * All targets answer; each of two copies is lost with this probability, in
 * bursts of so many targets in a row at the mean (Gilbert), or, with 0, one by
 * one.  Prints in how many of 100 scans the interval held the share that was
 * found, how wide it was at the mean, and the mean error of the estimate.
 */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "recv/coverage.h"
#include "tests/tool/draw.h"

#define SECONDS 25 /* a pass lasts */

static void
lose(unsigned char *lost, unsigned n, double loss, double burst)
{
	double good = burst > 0 && loss > 0 ? burst * (1 - loss) / loss : 0;
	bool bad = draw() < loss;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (burst == 0)
			bad = draw() < loss;
		else if (draw() < 1 / (bad ? burst : good))
			bad = loss > 0 && !bad;
		lost[i] = bad;
	}
}

int
main(int argc, char **argv)
{
	static const unsigned char seed[16] = { 1 };
	struct coverage_estimate e;
	unsigned n, scans, s, i, k, inside = 0, found;
	double loss, burst, width = 0, error = 0, share;
	unsigned char *lost[2];
	struct coverage c;

	if (argc != 5)
		errx(2, "usage: coverage targets loss burst scans");
	n = atoi(argv[1]);
	loss = atof(argv[2]);
	burst = atof(argv[3]);
	scans = atoi(argv[4]);
	lost[0] = malloc(n);
	lost[1] = malloc(n);
	for (s = 0; s < scans; s++) {
		if (coverage_open(&c, true, seed) == -1)
			err(1, "memory");
		found = 0;
		for (k = 0; k < 2; k++) {
			lose(lost[k], n, loss, burst);
			for (i = 0; i < n; i++) {
				if (lost[k][i])
					continue;
				found += k == 0 || lost[0][i];
				coverage_answer(&c, i * 2654435761u, NULL, 80,
				    k, k == 0 || lost[0][i],
				    ((uint64_t)k * n + i) * SECONDS *
					1000000000ull / n);
			}
		}
		if (!coverage_estimate(&c, found, &e))
			errx(1, "no estimate");
		share = (double)found / n;
		inside += share >= e.low - 1e-9 && share <= e.high + 1e-9;
		width += e.high - e.low;
		error += fabs(e.share - share);
		coverage_close(&c);
	}
	printf("%.1f %.5f %.5f\n", 100.0 * inside / scans, width / scans,
	    error / scans);
	return 0;
}
