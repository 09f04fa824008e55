/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: hosts that have answered, asked again (--measure-loss).
 *
 * Where hardly a host answers, blocks of a scan at two rates (send/tempo.h)
 * have too few answers to be compared.  A host that has answered does so again,
 * but for losses: so a probe to one tells as much as a thousand to targets of
 * which one in a thousand answers.  The first that answer are kept, and asked
 * in turn, as often in blocks at the full rate as in reduced ones; one that has
 * been asked often enough makes room for another.
 *
 *	control_add	a success of the scan
 *	control_begin	a block begins, with so many to be asked in it
 *	control_turn	asks those that are due, evenly
 *	control_answer	what came
 *	control_count	of a block, when its answers are in
 *
 * Their answers are none of the scan's.  A probe to one has a number of its own
 * (scan/back.h), and by that its answer is told from others.
 */
#ifndef CONTROL_H
#define CONTROL_H
#include <stdbool.h>
#include <stdint.h>

#include "probe/packet.h"
#include "probe/probe.h"
#include "scan/back.h"
#include "scan/scan.h"

/* A block of time, as zmap-send says it. */
struct control_block {
	uint64_t number;
	bool reduced;
	uint64_t begun, within; /* ns: to be asked in that time */
	uint64_t again;		/* how many hosts, at most */
	uint64_t asked, answers;
};

struct control;

/* Can answers be told from those of the scan? */
bool control_possible(const struct scan *, const struct probe *);
struct control *control_new(const struct scan *); /* NULL: errno */
void control_free(struct control *);

void control_add(struct control *, const struct reply *);

/* The block before the last is forgotten. */
void control_begin(struct control *, const struct control_block *);
void control_turn(struct control *, struct back_out *, uint64_t now);
/* When to call control_turn; UINT64_MAX: not in this block. */
uint64_t control_next(const struct control *);

/* odd: its probe was sent in a block with an odd number. */
void control_answer(struct control *, const struct reply *, bool odd);

/* Of the last block, or the one before it, by its number. */
const struct control_block *control_count(const struct control *,
    uint64_t number);

#endif
