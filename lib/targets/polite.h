/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The polite order: a permutation of 0 .. n - 1, fixed by a seed, in which
 * numbers that lie near each other come far apart.
 *
 * The numbers are cut into blocks, so long that a network of 256 addresses
 * (IPv6: of 65,536 prefixes) lies in two of them at most.  A round visits
 * every block once, all rounds in the same order, and takes one number out of
 * each:
 *
 *	round 0    block 7  2  9  0  4  ...	one number of each
 *	round 1    block 7  2  9  0  4  ...	another one of each
 *
 * So between two numbers of a block there are all other blocks, always: of as
 * many targets in a row as there are blocks, a network has two at most.  The
 * order of blocks is a Feistel network over their count; inside a block the
 * numbers follow each other by a step of its own, modulo its size.
 *
 * The last block may be shorter.  It is visited until it is through, and left
 * out of the rounds after that; so a position is still a quotient and a
 * remainder, either way.
 *
 * The order for a seed is a promise, as that of perm.h is.
 */
#ifndef POLITE_H
#define POLITE_H
#include <stddef.h>
#include <stdint.h>

struct polite { /* read-only once made */
	uint64_t n, block, blocks, last;
	uint64_t key[5];      /* of four rounds, and of steps */
	uint64_t left, right; /* of the Feistel network */
	uint64_t gone;	      /* rank of the last block in a round */
};

struct polite_walk { /* a place in the walk */
	uint64_t round, rank;
};

/* n >= 1; block is a power of two up to 2^32. */
void polite_make(struct polite *, uint64_t n, uint64_t block, uint64_t seed);

/* Goes to a position, 0 <= position <= n, in O(1). */
void polite_seek(const struct polite *, struct polite_walk *,
    uint64_t position);
/* The next `count` values; no more than are left. */
void polite_next(const struct polite *, struct polite_walk *, uint64_t *value,
    size_t count);
/* The position of a value below n. */
uint64_t polite_find(const struct polite *, uint64_t value);

/* Of this number of targets in a row, no block has two. */
uint64_t polite_gap(const struct polite *);

#endif
