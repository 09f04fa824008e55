/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delay: what -r auto (lib/send/delay and knee) makes of a long queue, in many
 * scans that are computed.
 *
 *	delay rate hits most moves scans
 *
 * A queue that is served at so many packets a second, and loses when it delays
 * by more than `most` seconds; this share is answered.  Hosts are 20 to 400 ms
 * away, and after so many seconds (0: never) 200 ms farther, whatever is sent.
 * Prints, of scans of a minute and all time from 10 s on, which share of the
 * rate was sent, the delay by the queue that 95 of 100 packets had at most, in
 * seconds, and the rate at the end as a share of the queue's. With -v, block
 * by block.
 */
#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recv/trip.h"
#include "send/delay.h"
#include "send/knee.h"
#include "send/tempo.h"
#include "tests/tool/draw.h"

#define BLOCK	(TEMPO_AUTO_NS / 1e9)
#define SECONDS 60
#define BLOCKS	((unsigned)(SECONDS / BLOCK))
#define TICKS	50
#define SAMPLES 100000

struct result {
	double packets, hits;
	struct trip trip;
};

struct world {
	double rate, share, most, moves;
	double queue; /* seconds of delay */
	double through, waits[SAMPLES];
	unsigned nwaits;
	bool loud;
};

/*
 * Answers are counted if they are there when the block after the next begins.
 */
static void
send_block(struct world *w, unsigned number, double rate, struct result *r)
{
	double now, far, wait, t, n;
	unsigned i, k;

	*r = (struct result){ .packets = rate * BLOCK };
	for (i = 0; i < TICKS; i++) {
		t = (i + .5) / TICKS * BLOCK;
		now = number * BLOCK + t;
		n = rate * BLOCK / TICKS;
		wait = w->queue;
		w->queue += n / w->rate - BLOCK / TICKS;
		if (w->queue > w->most) {
			n -= (w->queue - w->most) * w->rate;
			w->queue = w->most;
		}
		w->queue = fmax(w->queue, 0);
		if (now >= 10) {
			w->through += n;
			if (w->nwaits < SAMPLES)
				w->waits[w->nwaits++] = wait;
		}
		n = n * w->share + draw();
		for (k = 0; k < (unsigned)n; k++) {
			far = .02 * pow(20, draw()) + wait;
			far += w->moves > 0 && now >= w->moves ? .2 : 0;
			if (t + far > 2 * BLOCK)
				continue;
			r->hits++;
			trip_add(&r->trip, (uint64_t)(far * 1e6));
		}
	}
}

/* As send/tempo.c. */
static void
hear(struct knee *k, struct delay *d, unsigned number, const struct result *r)
{
	struct delay_block b = { .number = number,
		.seconds = BLOCK,
		.packets = r->packets };
	uint64_t low, high;
	bool late = false;

	if (trip_median(&r->trip, &low, &high)) {
		b.low = low / 1e6;
		b.high = high / 1e6;
		late = delay_add(d, &b, number + 2);
	}
	knee_limit(k, d->ceiling);
	if (!late)
		knee_add(k, BLOCK, r->packets, r->hits);
}

static double
scan(struct world *w)
{
	struct result *r = calloc(BLOCKS, sizeof *r);
	struct knee k;
	struct delay d;
	double rate = 0;
	unsigned i;

	if (r == NULL)
		err(1, NULL);
	knee_begin(&k, TEMPO_LEAST, INFINITY, INFINITY, TEMPO_LEAST);
	delay_begin(&d, TEMPO_LEAST);
	for (i = 0; i < BLOCKS; i++) {
		if (i >= 2)
			hear(&k, &d, i - 2, &r[i - 2]);
		rate = k.rate * (tempo_is_lower(i) ? TEMPO_LOWER : 1);
		send_block(w, i, rate, &r[i]);
		if (w->loud)
			printf("%5.1f %8.0f %8.0f %6.3f %8.3f\n", i * BLOCK,
			    k.rate, d.ceiling, w->queue, d.base);
	}
	free(r);
	return k.rate / w->rate;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	struct world *w = calloc(1, sizeof *w);
	unsigned scans, s;
	double end = 0;

	if (w == NULL)
		err(1, NULL);
	w->loud = argc > 1 && strcmp(argv[1], "-v") == 0;
	argv += w->loud;
	if (argc - w->loud != 6)
		errx(2, "usage: delay [-v] rate hits most moves scans");
	w->rate = atof(argv[1]);
	w->share = atof(argv[2]);
	w->most = atof(argv[3]);
	w->moves = atof(argv[4]);
	scans = atoi(argv[5]);
	for (s = 0; s < scans; s++) {
		w->queue = 0;
		end += scan(w);
	}
	qsort(w->waits, w->nwaits, sizeof *w->waits, by_size);
	printf("%.3f %.3f %.3f\n",
	    w->through / scans / ((SECONDS - 10) * w->rate),
	    w->waits[w->nwaits * 95ull / 100], end / scans);
	free(w);
	return 0;
}
