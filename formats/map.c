/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: a picture of the address space.  libgd, which draws it, brings some
 * fifty libraries with it, which every zmap-out would load in every scan: so
 * zmap-map has it, and is run in place of zmap-out.
 */
#include "formats/format.h"

const struct format format_map = {
	.name = "map",
	.help = "a picture of the address space along a Hilbert curve, PNG",
	.program = "zmap-map",
};
