/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prints: a set of 64-bit fingerprints that only grows, 8 to 10 bytes for
 * each.  It has 1024 parts, each of which grows alone, by a quarter, so that
 * growing never stops the receiver for long.  The upper 10 bits choose the
 * part; the other 54 are kept in 7 bytes.
 */
#ifndef PRINTS_H
#define PRINTS_H
#include <stddef.h>
#include <stdint.h>

enum { PRINTS_PARTS = 1024 };

/* Begin with { 0 }. */
struct prints {
	struct prints_part {
		unsigned char *slots; /* 0: an empty one */
		uint32_t size, used;  /* of slots */
	} parts[PRINTS_PARTS];
	size_t memory; /* bytes allocated */
};

/* 1: it is in the set; 0: now it is; -1: there is no memory for it. */
int prints_seen(struct prints *, uint64_t print);
void prints_free(struct prints *);

#endif
