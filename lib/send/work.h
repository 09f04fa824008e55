/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work: targets on their way from the input to the sending threads, and how
 * far the scan has really come.
 *
 *	input thread	work_add() for each record, work_close() at the end
 *	sender thread	c = work_take(); send c's targets, setting c->done as
 *			they leave; work_finish(c)
 *	any thread	work_position(): everything before it has left
 *
 * Chunks are taken in the order in which they were added, and threads finish
 * them in any order; the position is that of the oldest one not finished, so
 * it never claims a target that may still be lost.  Positions count targets
 * (perm.h); where a record holds fewer than lie between its two positions,
 * because some were left out, the position inside it is a little too early,
 * never too late.  Room is fixed: adding waits while it is full.
 *
 * What the way back asks for (asked.h) comes first, in chunks of its own, which
 * positions know nothing of; asking never waits.  A guest is asked for as well,
 * and is sent among the targets of a chunk, so that it shares their fate.
 */
#ifndef WORK_H
#define WORK_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "scan/batch.h"

enum {
	WORK_CHUNK = 1024, /* targets in a chunk, at most */
	WORK_CHUNKS = 64,
	WORK_ASKED = 4, /* chunks that are asked for */
	WORK_GUESTS = 64,
};

enum work_asked {
	WORK_FREE,
	WORK_READY, /* to be taken; more may be added */
	WORK_TAKEN,
};

struct work_chunk {
	uint32_t address[WORK_CHUNK]; /* host order */
	uint16_t port[WORK_CHUNK];    /* 0 without ports */
	unsigned count;
	atomic_uint done;  /* targets that need no more work */
	unsigned from, to; /* which copies each gets: from <= number < to */
	bool finished;

	struct ip6 address6[WORK_CHUNK]; /* instead, of IPv6 */

	/* Of the record that it is a part of. */
	uint64_t before, next; /* positions around the record */
	uint64_t skip;	       /* targets of it in earlier chunks */
	bool last;	       /* the rest of the record */

	bool asked; /* or none of these: the way back has asked for it */
	enum work_asked state;
};

struct work_guest {
	uint32_t address; /* host order */
	struct ip6 address6;
	uint16_t port;
	unsigned number;
};

struct work {
	pthread_mutex_t lock;
	pthread_cond_t added, removed;
	struct work_chunk *chunks; /* WORK_CHUNKS of them */
	uint64_t head, taken, tail;
	unsigned width;			      /* bytes of an address, 4 or 16 */
	unsigned copies;		      /* of each target */
	uint64_t position;		      /* when nothing is under way */
	uint64_t targets;		      /* added so far */
	struct work_chunk *asked;	      /* WORK_ASKED of them, or NULL */
	struct work_guest guest[WORK_GUESTS]; /* the oldest first */
	atomic_uint guests;
	bool held;    /* more may be asked for */
	bool closed;  /* nothing more will be added */
	bool stopped; /* nothing more will be taken */
};

/*
 * family: 4 or 6, of the addresses.  start: the position before the first
 * record.  copies: of each target.  -1 for lack of memory.
 */
int work_init(struct work *, unsigned family, uint64_t start, unsigned copies);

/* Adds targets, in chunks of at most `most`.  false if stopped meanwhile. */
bool work_add(struct work *, const struct batch *, unsigned most);
void work_close(struct work *);

/*
 * From work_hold to work_release takers wait for what is asked for, also when
 * the work is closed.  -1 for lack of memory.
 */
int work_hold(struct work *);
void work_release(struct work *);
/*
 * Asks for a probe with this number (probe.h).  false: there is no room.
 */
bool work_ask(struct work *, const unsigned char *address, uint16_t port,
    unsigned number);

/* The same of a guest. */
bool work_invite(struct work *, const unsigned char *address, uint16_t port,
    unsigned number);
static inline bool
work_has_guests(struct work *w)
{
	return atomic_load_explicit(&w->guests, memory_order_relaxed) > 0;
}

/*
 * One that is to be sent now, among the targets of a chunk.  false: there is
 * none.  Those that find no such chunk get one of their own.
 */
bool work_take_guest(struct work *, struct work_guest *);

/* The next chunk, waiting for one; NULL: no more. */
struct work_chunk *work_take(struct work *);
/* The same without waiting; NULL: none now. */
struct work_chunk *work_take_now(struct work *);
void work_finish(struct work *, struct work_chunk *);

/* Wakes all that wait; from now on nothing is added or taken. */
void work_stop(struct work *);

uint64_t work_position(struct work *);
uint64_t work_targets(struct work *);
/* Whether all that was added has been finished, and no more will come. */
bool work_drained(struct work *);
/* The same, and nothing that was asked for is left. */
bool work_settled(struct work *);

#endif
