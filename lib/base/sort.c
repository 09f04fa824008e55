/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In-place radix sort, one byte at a time from the highest byte that differs.
 * Small buckets, where a pass over 256 counters would cost more than the
 * keys, are finished by insertion.
 */
#include "base/sort.h"

#define SMALL 48

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
