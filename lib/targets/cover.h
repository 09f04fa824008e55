/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The networks of a scan, few enough to be told to others: ranges that hold
 * every address of it. Where there are too many, those with the smallest
 * gaps between them are joined.
 */
#ifndef COVER_H
#define COVER_H
#include <stddef.h>
#include <stdint.h>

#include "addr/ranges.h"
#include "targets/numbering.h"

/*
 * Puts at most `most` ranges into `r`, and the number of addresses in the
 * scan, exactly, into *count. -1 and errno.
 */
int cover(const struct numbering *s, size_t most, struct ranges *r,
    uint64_t *count);

#endif
