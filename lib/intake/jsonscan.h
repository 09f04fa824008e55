/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a parser of JSON passes over: it makes the largest number it has of any
 * that is larger, and U+FFFD of what is no UTF-8.  So each byte of an object
 * goes through here, too.
 */
#ifndef JSONSCAN_H
#define JSONSCAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed at the beginning of an object. */
struct json_scan {
	bool overflown; /* a number had more than 64 bits */
	bool broken;	/* a text was not UTF-8 */

	/* where it is */
	bool string, escape;	  /* in one; behind a backslash in there */
	bool number, minus, real; /* in one; which has a point or an e */
	bool over;		  /* it is too large, but for its sign */
	uint64_t n;
	unsigned char byte[4]; /* of a character, as far as it has come */
	size_t nbytes;
};

void json_scan(struct json_scan *, unsigned char c);

/* Has the number that is not through yet more than 64 bits? */
bool json_scan_overflows(const struct json_scan *);

#endif
