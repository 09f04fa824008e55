/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger: which frames of a thread have left, and what has become of the
 * targets that they were for.
 *
 *	ledger_begin(l, chunk, io->in)	a chunk of targets
 *	ledger_mark(l, frame, target, last)	each of its frames
 *	ledger_whole(l, io->in)			all of them are in the ring
 *	ledger_settle(l, io->out, work)		after each commit
 *
 * A frame that leaves says by its mark how far its chunk has come.  A chunk is
 * handed back to work.h when all its frames have left.
 *
 * A thread writes its counters alone, and others read them.
 */
#ifndef LEDGER_H
#define LEDGER_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "send/routes.h"
#include "send/work.h"

enum {
	LEDGER_OPEN = 4, /* chunks whose frames are in the ring */
	LEDGER_GUEST = 1 << 15,
};

_Static_assert(2 * WORK_CHUNK <= LEDGER_GUEST, "a mark holds all of a chunk");

struct sender_counts;

/* A chunk of targets that is not done. */
struct ledger_chunk {
	struct work_chunk *chunk;
	uint64_t first; /* its first frame */
	uint64_t end;	/* behind its last frame, if whole */
	bool whole;	/* all its frames are in the ring */
	unsigned excluded, failed, refused, spared;
	unsigned last_failed; /* target; UINT32_MAX if none */
	unsigned at;	      /* the target that is next */
	unsigned number;      /* its probe */
};

struct ledger {
	/*
	 * Of the frames in the ring, and of the last that has left: the target
	 * in its chunk, doubled, plus 1 if this is the target's last packet.
	 * That of a guest (work.h) is of the target behind it, and says so by
	 * LEDGER_GUEST.
	 */
	uint16_t *mark;
	unsigned marks;
	struct ledger_chunk open[LEDGER_OPEN]; /* from the oldest */
	unsigned nopen;

	/* Read by others; see struct sender_counts. */
	_Atomic uint64_t targets, excluded, failed, refused;
	_Atomic uint64_t refusals[ROUTES_REFUSALS];
	_Atomic uint64_t packets, failures, waits, link_waits;
	_Atomic uint64_t asked, asked_lost, spared;
};

/* slots: of the ring.  -1 for lack of memory. */
int ledger_init(struct ledger *, unsigned slots);
void ledger_free(struct ledger *);

static inline void
ledger_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

static inline bool
ledger_full(const struct ledger *l)
{
	return l->nopen == LEDGER_OPEN;
}

/* The chunk begun last; it moves when an older one is done. */
static inline struct ledger_chunk *
ledger_last(struct ledger *l)
{
	return &l->open[l->nopen - 1];
}

/* Begins a chunk; frame: its first.  The ledger is not full. */
void ledger_begin(struct ledger *, struct work_chunk *, uint64_t frame);

/* All frames of the last chunk are in the ring; frame: behind them. */
void ledger_whole(struct ledger *, uint64_t frame);

/* last: it is the last for this target. */
static inline void
ledger_mark(struct ledger *l, uint64_t frame, unsigned target, bool last)
{
	l->mark[frame % l->marks] = target << 1 | last;
}

/* A guest in front of this target. */
static inline void
ledger_mark_guest(struct ledger *l, uint64_t frame, unsigned target)
{
	l->mark[frame % l->marks] = LEDGER_GUEST | target << 1;
	ledger_add(&l->asked, 1);
}

/* The frame, of the oldest chunk, could not leave. */
void ledger_lose(struct ledger *, uint64_t frame);

/* A target that was not probed as asked. */
void ledger_fail(struct ledger_chunk *, unsigned target);

/* Another target that no way leads to. */
void ledger_refuse(struct ledger *, struct ledger_chunk *,
    enum routes_refusal why);

/* All frames before `out` have left. */
void ledger_settle(struct ledger *, uint64_t out, struct work *);

/* When stopped half way: what did go counts, the rest stays to be done. */
void ledger_abandon(struct ledger *);

/* Adds its counters to these. */
void ledger_sum(const struct ledger *, struct sender_counts *);

#endif
