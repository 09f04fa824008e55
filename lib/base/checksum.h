/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * Sums are of 16-bit words as they lie in memory, so a result is stored as it
 * is, on any byte order.
 */
#ifndef CHECKSUM_H
#define CHECKSUM_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds n bytes to a running sum; only the last call may have an odd n. */
static inline uint64_t
checksum_add(uint64_t sum, const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t words;
	uint16_t word;

	/* four words at a time, two sums side by side */
	for (; n >= 8; n -= 8, b += 8) {
		memcpy(&words, b, 8);
		sum += (words & 0xffffffff) + (words >> 32);
	}
	for (; n >= 2; n -= 2, b += 2) {
		memcpy(&word, b, 2);
		sum += word;
	}
	if (n == 1) {
		word = 0;
		memcpy(&word, b, 1);
		sum += word;
	}
	return sum;
}

/* The checksum field for a running sum. */
static inline uint16_t
checksum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

#endif
