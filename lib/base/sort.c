/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In-place radix sort, one byte at a time from the highest byte that differs.
 * Small buckets, where a pass over 256 counters would cost more than the
 * keys, are finished by insertion.
 */
#include "base/sort.h"

#include <string.h>

#define SMALL	   48
#define SMALL_LONG 12 /* of keys that are compared by memcmp(3) */

static void
insertion(uint64_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t key = v[i];
		size_t j = i;

		for (; j > 0 && v[j - 1] > key; j--)
			v[j] = v[j - 1];
		v[j] = key;
	}
}

/*
 * All keys agree above bit shift + 8. At most eight levels deep, so the
 * recursion holds at most eight pairs of tables on the stack.
 */
static void
radix(uint64_t *v, size_t n, unsigned shift)
{
	size_t next[256], end[256], sum = 0;

	if (n <= SMALL) {
		insertion(v, n);
		return;
	}
	for (unsigned b = 0; b < 256; b++)
		end[b] = 0;
	for (size_t i = 0; i < n; i++)
		end[v[i] >> shift & 255]++;
	for (unsigned b = 0; b < 256; b++) {
		next[b] = sum;
		sum += end[b];
		end[b] = sum;
	}
	for (unsigned b = 0; b < 256; b++) {
		while (next[b] < end[b]) {
			uint64_t key = v[next[b]];
			unsigned home = key >> shift & 255;

			/* follow the cycle until a key belongs here */
			while (home != b) {
				uint64_t other = v[next[home]];

				v[next[home]++] = key;
				key = other;
				home = key >> shift & 255;
			}
			v[next[b]++] = key;
		}
	}
	if (shift == 0)
		return;
	for (unsigned b = 0; b < 256; b++) {
		size_t begin = b ? end[b - 1] : 0;

		if (end[b] - begin > 1)
			radix(v + begin, end[b] - begin, shift - 8);
	}
}

void
sort_u64(uint64_t *v, size_t n)
{
	uint64_t differ = 0;
	unsigned shift = 0;
	int sorted = 1;

	for (size_t i = 1; i < n; i++) {
		differ |= v[i] ^ v[0];
		sorted &= v[i - 1] <= v[i];
	}
	if (sorted)
		return;
	while (shift < 56 && differ >> shift >> 8)
		shift += 8;
	radix(v, n, shift);
}

/* --- keys of several bytes; width is a constant wherever these are used --- */

#define INLINE static inline __attribute__((always_inline))

INLINE void
insertion_bytes(unsigned char *v, size_t n, size_t width)
{
	unsigned char key[SORT_PAIR];

	for (size_t i = 1; i < n; i++) {
		size_t j = i;

		memcpy(key, v + i * width, width);
		for (; j > 0 && memcmp(v + (j - 1) * width, key, width) > 0;
		     j--)
			memcpy(v + j * width, v + (j - 1) * width, width);
		memcpy(v + j * width, key, width);
	}
}

/* Puts every key into the bucket of its byte `at`; end[] of each bucket. */
INLINE void
distribute(unsigned char *v, size_t n, size_t width, size_t at, size_t *end)
{
	unsigned char key[SORT_PAIR], other[SORT_PAIR];
	size_t next[256], sum = 0;

	memset(end, 0, 256 * sizeof *end);
	for (size_t i = 0; i < n; i++)
		end[v[i * width + at]]++;
	for (unsigned b = 0; b < 256; b++) {
		next[b] = sum;
		sum += end[b];
		end[b] = sum;
	}
	for (unsigned b = 0; b < 256; b++) {
		while (next[b] < end[b]) {
			memcpy(key, v + next[b] * width, width);
			while (key[at] != b) {
				unsigned char *home = v +
				    next[key[at]]++ * width;

				memcpy(other, home, width);
				memcpy(home, key, width);
				memcpy(key, other, width);
			}
			memcpy(v + next[b]++ * width, key, width);
		}
	}
}

/* The first byte from `at` on in which keys differ, or width. */
INLINE size_t
first_difference(const unsigned char *v, size_t n, size_t width, size_t at)
{
	size_t first = width;

	for (size_t i = 1; i < n && first > at; i++)
		for (size_t b = at; b < first; b++)
			if (v[i * width + b] != v[b]) {
				first = b;
				break;
			}
	return first;
}

/*
 * All keys agree before byte `at`. Each level is one byte further on at
 * least, so the recursion is as deep as keys are wide.
 */
#define RADIX(name, width)                                                     \
	static void name(unsigned char *v, size_t n, size_t at)                \
	{                                                                      \
		size_t end[256];                                               \
                                                                               \
		if (n <= SMALL_LONG) {                                         \
			insertion_bytes(v, n, width);                          \
			return;                                                \
		}                                                              \
		at = first_difference(v, n, width, at);                        \
		if (at == width)                                               \
			return;                                                \
		distribute(v, n, width, at, end);                              \
		for (unsigned b = 0; b < 256 && at + 1 < width; b++) {         \
			size_t begin = b ? end[b - 1] : 0;                     \
                                                                               \
			if (end[b] - begin > 1)                                \
				name(v + begin * width, end[b] - begin,        \
				    at + 1);                                   \
		}                                                              \
	}

RADIX(radix_addr, SORT_ADDR)
RADIX(radix_pair, SORT_PAIR)

void
sort_bytes(unsigned char *v, size_t n, size_t width)
{
	size_t i = 1;

	while (i < n && memcmp(v + (i - 1) * width, v + i * width, width) <= 0)
		i++;
	if (i >= n)
		return;
	if (width == SORT_ADDR)
		radix_addr(v, n, 0);
	else
		radix_pair(v, n, 0);
}
