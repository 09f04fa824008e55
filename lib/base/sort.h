/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting of large arrays of 64-bit keys in place.
 *
 * Lists of targets hold tens of millions of entries, each packed into one
 * 64-bit word, and may use no memory beyond the words themselves, so this is
 * a most-significant-digit radix sort that swaps in place.
 */
#ifndef SORT_H
#define SORT_H
#include <stddef.h>
#include <stdint.h>

/* Sort `n` keys in ascending order. Linear; sorted input is only read once. */
void sort_u64(uint64_t *v, size_t n);

#endif
