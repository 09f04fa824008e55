/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of a scan of IPv6: what cover.h is for IPv4. */
#ifndef COVER6_H
#define COVER6_H
#include "addr/ranges6.h"
#include "targets/numbering6.h"

/*
 * Puts at most `most` ranges into r, which hold every address of the scan; of
 * windows, all that could be one. The number of addresses goes into *count.
 * -1 and errno.
 */
int cover6(const struct numbering6 *s, size_t most, struct ranges6 *r,
    uint64_t *count);

#endif
