/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loss: the estimate of lib/send/arm against the truth, in many scans that are
 * computed.
 *
 *	loss blocks loss burst scans [again]
 *
 * So many blocks at each rate; 20000 probes in one at the full rate, of which
 * 2000 would be answered, and half as many at the reduced one, which loses
 * nothing.  What the full rate loses, it loses one by one, or, with a burst, so
 * many probes in a row at the mean.  With `again`, the estimate is by so many
 * of the probes of each block, which go to hosts of whom 97 in 100 answer what
 * gets through.  Prints in how many of 100 scans the
 * interval held the share that was lost, and how wide it was at the mean.
 */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "send/arm.h"
#include "tests/tool/draw.h"

#define PROBES 20000
#define HITS   0.1
#define HOSTS  0.97 /* of those that are asked again */
#define WITHIN 0.65 /* of the block, in which they are */

/* Is the host asked that is due at probe number i of n? */
static bool
is_due(unsigned i, unsigned n, unsigned asked, unsigned again)
{
	return asked < again && i >= n * WITHIN * (asked + .5) / again;
}

/* Returns how many probes were lost. */
static unsigned
block(struct arm *a, unsigned n, double loss, double burst, unsigned again)
{
	double good = loss > 0 ? burst * (1 - loss) / loss : INFINITY;
	bool bad = draw() < loss;
	unsigned i, hits = 0, lost = 0, asked = 0, answers = 0;

	for (i = 0; i < n; i++) {
		if (burst == 0)
			bad = draw() < loss;
		else if (draw() < 1 / (bad ? burst : good))
			bad = !bad;
		lost += bad;
		hits += !bad && draw() < HITS;
		if (!is_due(i, n, asked, again))
			continue;
		asked++;
		answers += !bad && draw() < HOSTS;
	}
	if (again > 0)
		arm_add(a, asked, answers);
	else
		arm_add(a, n, hits);
	return lost;
}

int
main(int argc, char **argv)
{
	unsigned blocks, scans, s, i, inside = 0, again;
	double loss, burst, width = 0, truth;
	struct arm_loss l;

	if (argc != 5 && argc != 6)
		errx(2, "usage: loss blocks loss burst scans [again]");
	again = argc == 6 ? atoi(argv[5]) : 0;
	blocks = atoi(argv[1]);
	loss = atof(argv[2]);
	burst = atof(argv[3]);
	scans = atoi(argv[4]);
	for (s = 0; s < scans; s++) {
		struct arm arm[2] = { { 0 }, { 0 } };

		truth = 0;
		for (i = 0; i < blocks; i++) {
			truth += block(&arm[ARM_FULL], PROBES, loss, burst,
			    again);
			block(&arm[ARM_REDUCED], PROBES / 2, 0, burst, again);
		}
		if (!arm_compare(&arm[ARM_FULL], &arm[ARM_REDUCED], again > 0,
			&l))
			errx(1, "no estimate");
		truth /= (double)blocks * PROBES;
		inside += truth >= l.low - 1e-12 && truth <= l.high + 1e-12;
		width += l.high - l.low;
	}
	printf("%.1f %.5f\n", 100.0 * inside / scans, width / scans);
	return 0;
}
