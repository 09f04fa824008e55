/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an address is in some ranges, asked very often.
 *
 * A bit for each /24 says whether any of its addresses is; most answers end
 * there, at one read from 2 MiB.  For the others, a table says which ranges are
 * in or after each /16, and the few of one /16 are searched.
 */
#ifndef MEMBERS_H
#define MEMBERS_H
#include <stdbool.h>
#include <stdint.h>

#include "addr/ranges.h"

struct members {	/* { 0 }: of no ranges */
	uint64_t *some; /* a bit for each /24; NULL if there are few ranges */
	uint32_t *from; /* of each /16, its first range; one more at the end */
};

/* Of normalised ranges, which are needed for the questions.  -1 and errno. */
int members_build(struct members *, const struct ranges *);
bool members_have(const struct members *, const struct ranges *,
    uint32_t address);
void members_free(struct members *);

#endif
