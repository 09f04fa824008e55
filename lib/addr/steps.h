/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runs of a set (set.h) in a form that answers for very many of them with
 * one read of memory.
 *
 * What is added to an index to get its address grows by a step where one run
 * ends and the next begins: by the length of the gap between them.  A line,
 * one of the processor's cache lines, holds the steps of 2^shift indexes:
 *
 *	base | off off ... off | deep | sum sum ... sum
 *	  4     2 x STEPS         4      2 x STEPS         = 64 bytes
 *
 *	address = base + i + the sum of the last off <= i,  i = index - the line's
 *
 * A sum is of the gaps up to there.
 *
 * A line with too many steps, or a gap that does not fit, is divided: base is
 * then the number of the first of its parts, lines as well, and deep the shift
 * of these.  Where that is not enough either, deep is STEPS_SEARCH, and base
 * the number of a run to search from.
 */
#ifndef STEPS_H
#define STEPS_H
#include <stddef.h>
#include <stdint.h>

#define STEPS	     14
#define STEPS_SEARCH UINT32_MAX
#define STEPS_LINE   64 /* bytes */

struct steps_line {
	uint32_t base;
	int16_t off[STEPS];   /* ascending */
	uint32_t deep;	      /* 0: the line answers by itself */
	uint16_t gaps[STEPS]; /* up to each step, its own with them */
} __attribute__((aligned(STEPS_LINE)));

struct steps { /* read-only once built */
	struct steps_line *line;
	size_t lines;
	unsigned shift;
	const uint64_t *run; /* as set.h has them; of the caller */
	size_t runs;
};

/* At least one run, which must stay.  -1 when memory is short. */
int steps_build(struct steps *, const uint64_t *run, size_t runs);
void steps_free(struct steps *);

/* Addresses of n indexes, each of some run. */
void steps_map(const struct steps *, const uint32_t *index, uint32_t *addr,
    size_t n);

#endif
