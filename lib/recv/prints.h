/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prints: a set of 64-bit fingerprints that only grows, 9 to 14 bytes for
 * each.  It has 1024 parts, each of which grows alone, by half, so that growing
 * never stops the receiver for long.
 */
#ifndef PRINTS_H
#define PRINTS_H
#include <stddef.h>
#include <stdint.h>

enum { PRINTS_PARTS = 1024 };

/* Begin with { 0 }. */
struct prints {
	struct prints_part {
		uint64_t *slots; /* 0: an empty one */
		uint32_t size, used;
	} parts[PRINTS_PARTS];
	size_t memory; /* bytes allocated */
};

/* 1: it is in the set; 0: now it is; -1: there is no memory for it. */
int prints_seen(struct prints *, uint64_t print);
void prints_free(struct prints *);

#endif
