/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of IPv6 addresses: what ranges.h is for IPv4, 32 bytes each.
 *
 * Add in any order, then normalise once: sorted, disjoint, not adjacent. The
 * set operations want normalised arguments and leave a normalised result.
 */
#ifndef RANGES6_H
#define RANGES6_H
#include <stdbool.h>
#include <stddef.h>

#include "addr/ip6.h"

struct range6 {
	struct ip6 first, last; /* both inclusive */
};

struct ranges6 { /* { 0 } is the empty set */
	struct range6 *v;
	size_t n, cap;
};

/* All of these return -1 with errno set when memory is short. */
int ranges6_add(struct ranges6 *r, struct ip6 first, struct ip6 last);
int ranges6_copy(struct ranges6 *to, const struct ranges6 *from);
/* Adds all of `more`; to be normalised again. */
int ranges6_join(struct ranges6 *r, const struct ranges6 *more);
/* Takes out of `r` what is in `cut`; keeps of `r` what is in `with`. */
int ranges6_subtract(struct ranges6 *r, const struct ranges6 *cut);
int ranges6_intersect(struct ranges6 *r, const struct ranges6 *with);

void ranges6_normalise(struct ranges6 *r);
/* How many addresses; 2^128 counts as one less. Normalised, as below. */
unsigned __int128 ranges6_count(const struct ranges6 *r);
bool ranges6_contain(const struct ranges6 *r, struct ip6 a);
/* The same for addresses in ascending order; *at is 0 to begin with. */
bool ranges6_pass(const struct ranges6 *r, struct ip6 a, size_t *at);
/* Whether every address of `part` is in `r`. */
bool ranges6_cover(const struct ranges6 *r, const struct ranges6 *part);
void ranges6_free(struct ranges6 *r);

#endif
