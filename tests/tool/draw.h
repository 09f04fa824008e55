/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as if by chance, the same in each run: for programs that compute
 * scans.
 */
#ifndef DRAW_H
#define DRAW_H
#include <stdint.h>

static uint64_t draw_state = 1;

/* From 0 to less than 1; SplitMix64. */
static inline double
draw(void)
{
	uint64_t z = draw_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (double)((z ^ z >> 31) >> 11) / (1ull << 53);
}

#endif
