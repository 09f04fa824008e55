/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dense prefixes of a scan as a stream of their own kind, "prefixes"
 * (zmap-stream(5)): what --dense writes, and filters read.
 */
#ifndef DENSE_FILE_H
#define DENSE_FILE_H
#include "base/outcome.h"
#include "recv/dense.h"
#include "stream/header.h"
#include "stream/stream.h"

/*
 * Writes all of it: a header made from that of probes, a record for each
 * prefix, and the end.  -1 with errno.
 */
int dense_write(const struct dense *, struct stream_out *,
    const struct header *from, bool ports, enum outcome, char *const argv[]);

#endif
