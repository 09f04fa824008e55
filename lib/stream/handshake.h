/* SPDX-License-Identifier: Apache-2.0 */
/*
 * taken: has the reader of our stdout taken what we wrote, and acted on it?
 *
 * A stage reads on only when it has acted on what it has read.  So a stage that
 * waits until its header has left the pipe, then writes an event, and waits
 * until that has left the pipe as well, knows that its reader could work with
 * the header.  Each stage does so before it reads on itself; a scan begins when
 * all of them are known to be ready, and nothing is sent while results
 * have no reader.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "stream/stream.h"

/*
 * How long to wait, in nanoseconds.  Our programs fail earlier if they fail.  A
 * reader that sleeps for other reasons gets what there is when it wakes up, and
 * does not keep a scan from beginning.
 */
#define TAKEN_PATIENCE 15000000000ull

/* Whether fd is a pipe; else there is no program to wait for. */
bool handshake_can_tell(int fd);

/*
 * Everything, by a reader that is still there?  True also where this cannot be
 * told.
 */
bool taken(int fd);

/*
 * Whether this item tells that all stages before us have accepted the scan:
 * what an earlier scan has left in our files may go now.  It is the sender's
 * `ready`, or, in a stream that has none, whatever comes only of a scan that
 * has begun.
 */
bool handshake_accepted(const struct stream_item *);

/*
 * How long to wait before looking again, by when waiting began (clock_ns).  No
 * call tells of an empty pipe, so we look: five times a millisecond at first,
 * later so that the wait gets longer by a tenth at most.
 */
struct timespec handshake_pause(uint64_t begun);

#endif
