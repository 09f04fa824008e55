/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Hilbert curve: numbers in a row become points in a square, so that
 * neighbours stay neighbours and every aligned quarter is a smaller square.
 * It begins at the top left and ends at the top right:
 *
 *	0 3	order 1;   0 1 14 15	order 2
 *	1 2		   3 2 13 12
 *			   4 7  8 11
 *			   5 6  9 10
 *
 * D. Hilbert, Ueber die stetige Abbildung einer Linie auf ein Flaechenstueck,
 * 1891.
 */
#ifndef HILBERT_H
#define HILBERT_H
#include <stdint.h>

/*
 * The point of number d < 4^order, 0 <= x, y < 2^order, y downwards.  The
 * first half of all numbers is the left half of the square.
 */
void hilbert_point(uint32_t d, unsigned order, uint32_t *x, uint32_t *y);

#endif
