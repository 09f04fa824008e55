/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): numbers drawn from a seed.
 */
#ifndef SPLITMIX_H
#define SPLITMIX_H
#include <stdint.h>

/* The output for a state; a permutation of all 64-bit numbers. */
static inline uint64_t
splitmix64_output(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* The next output. */
static inline uint64_t
splitmix64(uint64_t *state)
{
	return splitmix64_output(*state += UINT64_C(0x9e3779b97f4a7c15));
}

#endif
