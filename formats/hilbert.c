/* SPDX-License-Identifier: Apache-2.0 */
/* The Hilbert curve from its smallest squares upwards; see hilbert.h. */
#include "formats/hilbert.h"

void
hilbert_point(uint32_t d, unsigned order, uint32_t *px, uint32_t *py)
{
	uint32_t x = 0, y = 0, old, side;
	unsigned i, quarter;

	for (i = 0; i < order; i++, d >>= 2) {
		side = (uint32_t)1 << i;
		quarter = d & 3;
		/*
		 * The curve in the first quarter is mirrored at the diagonal,
		 * that in the last one at the other diagonal.
		 */
		if (quarter == 0 || quarter == 3) {
			old = x;
			x = quarter == 0 ? y : side - 1 - y;
			y = quarter == 0 ? old : side - 1 - old;
		}
		if (quarter >= 2)
			x += side;
		if (quarter == 1 || quarter == 2)
			y += side;
	}
	*px = x;
	*py = y;
}
