/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting of large arrays of keys in place.
 *
 * Lists of targets hold tens of millions of entries, each packed into one
 * 64-bit word or a few bytes, and may use no memory beyond the keys
 * themselves, so this is a most-significant-digit radix sort that swaps in
 * place.
 */
#ifndef SORT_H
#define SORT_H
#include <stddef.h>
#include <stdint.h>

/* Sort `n` keys in ascending order. Linear; sorted input is only read once. */
void sort_u64(uint64_t *v, size_t n);

/* Keys of SORT_ADDR or SORT_PAIR bytes each, in the order of memcmp(3). */
#define SORT_ADDR 16 /* an IPv6 address */
#define SORT_PAIR 18 /* and a port */
void sort_bytes(unsigned char *v, size_t n, size_t width);

#endif
