/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of a scan: a permutation of 0 .. n - 1 fixed by a seed.
 *
 * Multiplying by a generator g walks through every element x of the group of
 * numbers modulo p, p a little above n, exactly once (group.h):
 *
 *	x(0) = start,  x(e + 1) = x(e) * g mod p,  value = x - 1
 *
 * The few values from n up are holes. Where they lie is found once, by
 * logarithms, so the walk need not look out for them, and so a position is
 * the number of values before it, not counting holes: position 1000 is the
 * 1001st target of the scan.
 *
 *	exponent e   0   1   2   3   4   5   6   ...   p - 2
 *	value        41  7   --  0   12  --  30
 *	position     0   1       2   3       4         (n - 1 is the last)
 *
 * The order for a seed is a promise. Numbers are drawn from the seed by
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): z(i) is its i-th output, and
 * draw(z) = 1 + floor(z * (p - 1) / 2^64) is an element. start = draw(z(1));
 * g is the first of draw(z(2)), draw(z(3)), ... that is a generator.
 */
#ifndef PERM_H
#define PERM_H
#include <stddef.h>
#include <stdint.h>

#include "targets/group.h"

/*
 * Memory that the caller will read when it gets value v: line v * scale / 2^64
 * of it, or one nearby.  It is fetched while the next values are worked out.
 */
struct perm_ahead { /* { 0 }: none */
	const void *line;
	uint64_t scale;
};
#define PERM_AHEAD_LINE 64 /* bytes */

struct perm { /* read-only once made */
	struct group group;
	uint64_t n;
	uint64_t start, generator;
	struct group_step one, eight; /* by g, and by g^8 */
	struct group_log *log;
	uint64_t *hole; /* exponents, ascending */
	size_t holes;
	struct perm_ahead ahead; /* may be set after perm_make */
};

struct perm_walk { /* a place in the walk */
	uint64_t x, exponent;
	size_t hole; /* the next one ahead */
};

/* 1 <= n <= GROUP_MAX. -1 when memory is short. */
int perm_make(struct perm *p, uint64_t n, uint64_t seed);
void perm_free(struct perm *p);

/* Goes to a position, 0 <= position <= n, in O(log n). */
void perm_seek(const struct perm *p, struct perm_walk *w, uint64_t position);
/* The next `count` values; no more than are left. */
void perm_next(const struct perm *p, struct perm_walk *w, uint64_t *value,
    size_t count);
/* The position of a value below n. */
uint64_t perm_find(const struct perm *p, uint64_t value);

#endif
