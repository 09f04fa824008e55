/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the receiver share:
 *
 *	receiver-frame.c   what becomes of a frame
 *	receiver-input.c   what the sender says, and whether our reader is there
 *	receiver-blocks.c  what becomes of blocks of time
 *	receiver-counts.c  counters, in status lines and in the end
 *	receiver.c	   the loop, signals, beginning and end
 */
#ifndef RECEIVER_LOOP_H
#define RECEIVER_LOOP_H
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "recv/answer.h"
#include "recv/control.h"
#include "recv/receiver.h"
#include "recv/trip.h"

#define RECEIVER_SLOTS	 10 /* of the last second */
#define RECEIVER_SLOT_NS (SECOND / RECEIVER_SLOTS)

/* What our reader has yet to take before the scan begins, counted down. */
enum { RECEIVER_READY, RECEIVER_OUR_READY, RECEIVER_OUR_HEADER };

/* Of a block of time. */
struct block_count {
	uint64_t hits;
	uint64_t wall_ns;	 /* when it began, by the sender's clock */
	uint64_t drops, unasked; /* before it began; unasked: by the way back */
	struct trip trip;
};

/* What the loop keeps besides what the caller sees. */
struct receiver_loop {
	struct receiver *r;
	struct answers answers;
	bool cooldown;
	bool begun;   /* the scan has been accepted */
	bool drained; /* the sender's targets are through */
	bool over;    /* read no more input */
	bool hurry;   /* a second signal */
	bool link_down;
	char stray[IF_NAMESIZE]; /* the device told of last, or "" */
	int greeting; /* what our reader has yet to take; 0: it is ready */
	uint64_t greeted_ns;
	bool save_told;	   /* that the savefile lacks frames */
	uint64_t until_ns; /* the cooldown lasts */
	uint64_t interrupted_ns;
	enum outcome outcome;
	unsigned char *end; /* of the input, or NULL */
	size_t end_size;
	struct block_count blocks[2];
	uint64_t block;		 /* the number of the last */
	struct control *control; /* or NULL */
	uint64_t quiet_ns;	 /* until then it is asked, at the end; or 0 */
	uint64_t slot[RECEIVER_SLOTS], slot_now;
	uint64_t targets;  /* sent to, so far */
	uint64_t position; /* what is before it has been sent */
	uint64_t step;	   /* of positions, the most between two reports */
	unsigned reports;  /* that moved the position */
	uint64_t next_count_ns, sending_ns;
	unsigned low; /* seconds of low hit rate */
};

/* --- receiver-frame.c --- */

void receiver_on_frame(void *loop, const struct capture_frame *);

/* --- receiver-input.c --- */

void receiver_begin_cooldown(struct receiver_loop *);
/* Nothing more is wanted from the sender, who sees its reader gone. */
void receiver_close_input(struct receiver_loop *);
/* The first reason is kept. */
void receiver_fail(struct receiver_loop *, const char *what, const char *why);
/* The scan has been accepted: our files may lose what is in them. */
int receiver_begin_files(struct receiver_loop *);
/* All that is there to read.  -1: the input is broken, write what there is. */
int receiver_read_input(struct receiver_loop *, bool readable);
/* Bytes behind the end of the input, if there are any by now. */
void receiver_check_input(struct receiver_loop *);
void receiver_begin_greeting(struct receiver_loop *);
/*
 * Goes on as far as our reader has come (see stream/handshake.h).  Before it is
 * ready nothing is read, so the sender waits.
 */
int receiver_greet(struct receiver_loop *);

/* --- receiver-blocks.c --- */

/* A success, and whether it is a repeat. */
void receiver_count_hit(struct receiver_loop *, const struct reply *,
    bool repeat);
void receiver_take_block(struct receiver_loop *, const struct stream_item *);
void receiver_begin_quiet(struct receiver_loop *);
void receiver_tend_blocks(struct receiver_loop *, uint64_t now);
/* When to do that at the latest; UINT64_MAX: no need. */
uint64_t receiver_next_block(const struct receiver_loop *);

/* --- receiver-counts.c --- */

void receiver_count_drops(struct receiver_loop *);
void receiver_report(struct receiver_loop *, bool final); /* a status line */
/* All that the end of the stream says. */
void receiver_count_end(struct receiver_loop *, struct counter *);

#endif
