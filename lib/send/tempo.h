/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tempo: a scan in blocks of time at its full and at a reduced rate, so that
 * what is lost because of the rate shows.
 *
 *	rate	--+     +-----------+     +--
 *		  |     |           |     |
 *		  +-----+           +-----+
 *	block	 0   1     2     3     4
 *
 * Each block is a simple random sample of the targets, whatever these are,
 * because the order is a permutation.  So hits by probes are the same at both
 * rates, but for what the higher one loses; which of each two blocks is the
 * reduced one is drawn.  A probe says by its source port whether its block is
 * even or odd, or by the time in it which one it is, and zmap-recv reports by
 * the way back how many answers there were to each.
 *
 * Where few answer, hosts that have done so are asked again in the same blocks,
 * and in one more when the targets are through (recv/control.h).
 *
 * What is lost at either rate, this cannot see.
 *
 * With -r auto the rate itself is what blocks tell (knee.h).  All are at the
 * rate that is in force when they begin, but for each eighth, which is slower,
 * so that it stays known what is answered where less is lost.  Where answers
 * have their round-trip times, these limit it as well (delay.h).
 */
#ifndef TEMPO_H
#define TEMPO_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "send/arm.h"
#include "send/delay.h"
#include "send/knee.h"
#include "stream/stream.h"

struct run;

enum {
	TEMPO_KEPT = 8, /* blocks whose answers are awaited */
};

/* -r auto: how long a block is, the rate it begins at, and every eighth's. */
#define TEMPO_AUTO_NS 500000000u
#define TEMPO_LEAST   2000.0
#define TEMPO_LOWER   0.8

static inline bool
tempo_is_lower(uint64_t number)
{
	return number % 8 == 7;
}

struct tempo {
	bool on;
	uint64_t number;      /* of this block */
	uint64_t begun, ends; /* ns; 0: not yet */
	uint64_t packets;     /* sent before it */
	bool reduced;
	bool first_reduced; /* of this pair */
	double full;	    /* packets a second */
	uint64_t dice;
	struct tempo_block {
		uint64_t number, packets, ns;
		bool reduced, due;
	} kept[TEMPO_KEPT];
	struct arm arm[2];
	struct arm again[2]; /* of hosts that were asked again */
	struct knee knee;    /* with -r auto, in place of arms */
	struct delay delay;  /* the same, where round-trip times are known */
	bool late;	     /* the block that was reported last */
	double median;	     /* at least, of its round-trip times; seconds */
	double said;	     /* the rate that was last told, and the one */
	double logged;	     /* that was last logged */
	bool heard, asked;   /* zmap-recv's first report, or that it lacks */
	uint64_t spoiled;    /* blocks with losses of our own */
};

/* Begins, when the sender goes. */
void tempo_begin(struct run *);
/* The next block, if it is time for it. */
void tempo_turn(struct run *, uint64_t now);
/* The targets are through. */
void tempo_end(struct run *);
/* When to look again; UINT64_MAX without blocks. */
uint64_t tempo_next(const struct tempo *);
/* zmap-recv's report on a block. */
void tempo_report(struct run *, const struct stream_item *);

static inline uint64_t
tempo_again(const struct tempo *t)
{
	return t->again[ARM_FULL].packets + t->again[ARM_REDUCED].packets;
}

static inline uint64_t
tempo_again_answers(const struct tempo *t)
{
	return t->again[ARM_FULL].hits + t->again[ARM_REDUCED].hits;
}

/* false: not known yet. */
bool tempo_loss(const struct tempo *, struct arm_loss *);

#endif
