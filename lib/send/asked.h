/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asked: what the way back (back.h) asks for, into the work of the sending
 * threads.  Such probes go under the same rate, --exclude and routes as all
 * others.  To where the scan may not go, they are refused.
 */
#ifndef ASKED_H
#define ASKED_H
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "scan/back.h"
#include "scan/facts.h"
#include "send/answered.h"
#include "send/work.h"

struct asked {
	/* Set by asked_open; in is NULL where there is no way back. */
	struct back_in *in;
	struct work *work;
	const struct facts *facts;
	const struct log *log;

	struct back_message message; /* the one at hand */
	size_t at;		     /* how far it has been taken */
	bool pending;		     /* it found no room yet */
	uint64_t heard_ns;	     /* when the last message came */
	uint64_t drained_ns;	     /* when the targets were through; or 0 */
	uint64_t refused;	     /* targets that the scan may not go to */

	/* Of the probes of siblings; 0: there can be none. */
	unsigned sibling_number;
	unsigned again_number; /* the same of those that are asked again */

	struct answered *answered; /* where they are kept, or NULL */

	/* An event of the writer's; may be NULL. */
	void (*event)(void *ctx, const struct stream_item *);
	void *ctx;
};

/*
 * Takes fd over, with -1 for no way back.  Before the threads start.  -1 for
 * lack of memory.
 */
int asked_open(struct asked *, int fd, bool with_ports, struct work *,
    const struct facts *, const struct log *);
void asked_close(struct asked *);

/*
 * For poll(2), or -1; and when to call asked_turn at the latest, in clock_ns.
 */
int asked_fd(const struct asked *);
uint64_t asked_next(const struct asked *);
/* Takes what has come. */
void asked_turn(struct asked *, uint64_t now);

/*
 * The targets are through at `now`: is the way back to be waited for?  It is as
 * long as it is open, until nothing has come by it for ASKED_IDLE_NS.
 */
bool asked_wait(struct asked *, uint64_t now);

#define ASKED_IDLE_NS 15000000000ull
#define ASKED_MOST_NS 300000000000ull /* whatever comes */

#endif
