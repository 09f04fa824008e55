/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: how people write numbers: 1000, 1e3, 0x3e8 or 0.5, with blanks
 * before them or not.  A leading zero changes nothing: 010 is ten.
 */
#ifndef NUMBER_H
#define NUMBER_H
#include <stdbool.h>
#include <stdint.h>

struct number {
	uint64_t n; /* if it is whole */
	double x;
	bool whole; /* and fits into n */
};

/* Returns where the number ends, or NULL if s does not begin with one. */
const char *number_read(const char *s, struct number *);

/* All of s is a whole number from min to max: 0, or -1. */
int number_whole(const char *s, uint64_t min, uint64_t max, uint64_t *);

#endif
