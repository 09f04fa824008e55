/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of targets as records of a "targets" stream (zmap-stream(5)):
 *
 *	[next, ports, addrs]
 */
#ifndef BATCH_H
#define BATCH_H
#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"

#define TARGETS_NO_PORTS  (-1)
#define TARGETS_OWN_PORTS (-2)

/*
 * Writes `n` targets, 4096 at most. ports is the one port of all of them,
 * TARGETS_NO_PORTS, or TARGETS_OWN_PORTS if port[] has one for each. next is
 * the position after them. -1 if writing has failed.
 */
int batch_put(struct stream_out *out, uint64_t next, int ports,
    const uint32_t *addr, const uint16_t *port, size_t n);

#endif
