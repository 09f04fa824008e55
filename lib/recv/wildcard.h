/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts that are open on every port.  For the first success of an address, one
 * more probe goes by the way back (scan/back.h) to a port of the same address
 * that is drawn by the key, and that hardly a host has open: a success from
 * there, too, makes it a wildcard.
 *
 *	wildcard_port		where that is, for answer_read
 *	wildcard_answer		what came from there
 *	wildcard_look		a success of the scan: asks, if it is the first
 *	wildcard_verdict	what is known by now
 *
 * Memory is bounded: where it is full, an address is not asked.
 */
#ifndef WILDCARD_H
#define WILDCARD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "scan/back.h"
#include "scan/scan.h"

#define WILDCARD_MEMORY (128u << 20) /* bytes for addresses, at most */

struct wildcard_counts {
	uint64_t asked;	    /* probes */
	uint64_t answers;   /* to them, first ones */
	uint64_t wildcards; /* addresses */
};

enum wildcard_verdict {
	WILDCARD_UNKNOWN, /* nothing came, or there was no probe */
	WILDCARD_ASKED,	  /* may still come */
	WILDCARD_YES,
	WILDCARD_NO,
};

struct wildcard;

/* The scan must stay.  NULL for lack of memory. */
struct wildcard *wildcard_new(const struct scan *);
void wildcard_free(struct wildcard *);

/* The port of the check, which is none that is scanned; 0: there is none. */
uint16_t wildcard_port(const struct wildcard *, const struct reply *);

/* An answer from there. */
void wildcard_answer(struct wildcard *, const struct reply *, bool success);

/*
 * A success of the scan.  Returns the key of its address.  back: asks; NULL if
 * no more can be asked.
 */
uint64_t wildcard_look(struct wildcard *, struct back_out *back,
    const struct reply *);
enum wildcard_verdict wildcard_verdict(const struct wildcard *, uint64_t key);
/* It has been waited for long enough. */
void wildcard_give_up(struct wildcard *, uint64_t key);

const struct wildcard_counts *wildcard_count(const struct wildcard *);
size_t wildcard_memory(const struct wildcard *); /* bytes allocated */

#endif
