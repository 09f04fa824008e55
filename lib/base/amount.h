/* SPDX-License-Identifier: Apache-2.0 */
/*
 * amount: a number, or a share of all: "1000", "1e3" or "0.1%".  A share is
 * kept as a fraction of whole numbers, so it is exact.
 */
#ifndef AMOUNT_H
#define AMOUNT_H
#include <stdint.h>

struct amount {
	uint64_t n;	/* the number, or the numerator of a share */
	uint64_t whole; /* of a share: n <= whole <= 10^11; 0: it is none */
};

/* 0, or -1 with *why. */
int amount_parse(const char *s, struct amount *, const char **why);

#endif
