/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prefixes in a stream of the kind "prefixes" (zmap-stream(5)), which
 * zmap-recv --dense writes: a set for `in @file`.
 */
#ifndef PREFIXES_H
#define PREFIXES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Do these bytes begin a stream? */
bool prefixes_is_stream(const char *bytes, size_t n);

/*
 * Calls each(ctx, first, last) for all of IPv4, in host order, until it returns
 * -1.  0; -1 with the reason in why, which is empty if it was the callback.
 */
int prefixes_read(const char *path, int (*each)(void *, uint32_t, uint32_t),
    void *ctx, char *why, size_t);

#endif
