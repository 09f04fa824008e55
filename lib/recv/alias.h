/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aliased prefixes: those that answer for addresses that no host has.  For the
 * first success in a /64 and in a /96 (of IPv4, in a /24), siblings, addresses
 * of the same prefix drawn by the key, are asked by the way back (scan/back.h)
 * on the same port.  Each is asked up to three times, spaced, until it answers.
 * A prefix is aliased when as many of its siblings answer with success as
 * alias_plan says.  The verdict is that of all who answer from the prefix.
 *
 *	alias_look		a success of the scan: asks, if its prefix is new
 *	alias_is_sibling	is it about one that was asked, for answer_read
 *	alias_answer		what came from there
 *	alias_turn		asks again, or gives up
 *	alias_verdict		what is known by now
 *
 * Only addresses are asked that the sender may go to (asked.h).  Memory is
 * bounded: where it is full, a prefix is not asked about.
 */
#ifndef ALIAS_H
#define ALIAS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "scan/back.h"
#include "scan/scan.h"

#define ALIAS_MEMORY (128u << 20) /* bytes for prefixes, at most */
#define ALIAS_LEVELS 2		  /* prefixes that an address is in */
#define ALIAS_TEXT   64		  /* bytes of "2001:db8::/64" */
#define ALIAS_TRIES  3
#define ALIAS_STAGES 2

/*
 * How many siblings are asked, and how many of them have to answer.  If they do
 * and there is a second stage, more are asked, up to its number.
 */
struct alias_stage {
	unsigned siblings, needed;
};

struct alias_plan {
	struct alias_stage stage[ALIAS_STAGES];
	unsigned stages;
	/* Of the addresses of a prefix that is not aliased, how many answer. */
	double share;
	/* How probably it is called aliased all the same, at most. */
	double wrong;
	double loss; /* of probes on their way */
	/* How probably an aliased prefix is not called so, with such a loss. */
	double missed;
};

/* For a family, 4 or 6. */
struct alias_plan alias_plan(unsigned family);

struct alias_counts {
	uint64_t prefixes; /* asked about */
	uint64_t asked;	   /* probes */
	uint64_t answers;  /* siblings that answered, with success or without */
	uint64_t aliased;  /* prefixes */
	uint64_t unasked;  /* times that there was no room, or no sibling */
};

enum alias_verdict {
	ALIAS_NOT, /* it is not, or this is not known */
	ALIAS_ASKED,
	ALIAS_YES,
};

struct alias;

/*
 * wait: nanoseconds that a verdict takes at most.  The scan must stay.  NULL
 * for lack of memory.
 */
struct alias *alias_new(const struct scan *, uint64_t wait);
void alias_free(struct alias *);

/*
 * A success of the scan, with the keys of its prefixes.  back: asks; NULL if no
 * more can be asked.
 */
void alias_look(struct alias *, struct back_out *back, const struct reply *,
    uint64_t now, uint64_t keys[ALIAS_LEVELS]);

/*
 * May the scan ask there, so that an answer from there means something?  Of
 * what answers: is it a sibling that was asked about?
 */
bool alias_is_allowed(const struct alias *, const struct reply *);
bool alias_is_sibling(const struct alias *, const struct reply *);

/* An answer of one. */
void alias_answer(struct alias *, struct back_out *back, const struct reply *,
    bool success, uint64_t now);

void alias_turn(struct alias *, struct back_out *back, uint64_t now);
/* There is something to do for alias_turn. */
bool alias_pending(const struct alias *);

/* Of the prefixes with these keys; for ALIAS_YES, the shortest in text. */
enum alias_verdict alias_verdict(const struct alias *,
    const uint64_t keys[ALIAS_LEVELS], const unsigned char address[16],
    char text[ALIAS_TEXT]);
/* It has been waited for long enough. */
void alias_give_up(struct alias *, const uint64_t keys[ALIAS_LEVELS]);

const struct alias_counts *alias_count(const struct alias *);
size_t alias_memory(const struct alias *); /* bytes allocated */

#endif
