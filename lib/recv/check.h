/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that are open on every port.  For the first success of an address, one
 * more probe goes by the way back (scan/back.h) to a port of the same address
 * that is drawn by the key, and that hardly a host has open: a success from
 * there, too, makes it a wildcard.
 *
 *	check_port		where that is, for answer_read
 *	check_verdict		what came from there
 *	check_take		a success of the scan: it waits for the verdict
 *	check_release		those that need not wait any more, in their order
 *
 * The record that waits ends with its verdict, which is one byte of CBOR:
 * true; false, where the port is closed; null, where nothing came in `wait`, or
 * there was no probe.  Memory is bounded: where it is full, the oldest record
 * goes without its verdict, or an address without its probe.
 */
#ifndef CHECK_H
#define CHECK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "recv/hold.h"
#include "scan/back.h"
#include "scan/scan.h"
#include "stream/stream.h"

#define CHECK_MEMORY (128u << 20) /* bytes for addresses, at most */

struct check_counts {
	uint64_t asked;	    /* probes */
	uint64_t answers;   /* to them, first ones */
	uint64_t wildcards; /* addresses */
	uint64_t hurried;   /* records that did not wait: memory was full */
};

struct check;

/* wait: nanoseconds.  The scan must stay.  NULL for lack of memory. */
struct check *check_new(const struct scan *, uint64_t wait);
void check_free(struct check *);

/* The port of the check, which is none that is scanned; 0: there is none. */
uint16_t check_port(const struct check *, const struct reply *);

/* An answer from there. */
void check_verdict(struct check *, const struct reply *, bool success);

/*
 * A success of the scan, as a record without its last byte.  back: asks; NULL
 * if no more can be asked.  true: it waits; false: for the caller to write,
 * with *verdict behind it.
 */
bool check_take(struct check *, struct back_out *back, const struct reply *,
    const unsigned char *record, size_t n, uint64_t now,
    unsigned char *verdict);

/* What an answer that is no success has in place of the verdict. */
#define CHECK_NULL 0xf6

/* Writes those whose verdict is known, or that have waited; all: the rest, too. */
void check_release(struct check *, struct stream_out *, uint64_t now, bool all);
bool check_pending(const struct check *);

const struct check_counts *check_count(const struct check *);
size_t check_memory(const struct check *); /* bytes allocated */

#endif
