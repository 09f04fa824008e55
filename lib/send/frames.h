/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames: one batch of frames, made in the slots of the way out, each from the
 * template that lies there.
 */
#ifndef FRAMES_H
#define FRAMES_H
#include <stdint.h>

struct probe_target;
struct thread;

struct frames {
	/* Of each frame of the batch. */
	struct probe_target *target;
	uint16_t *len;
	uint32_t *outlet; /* where there are several */
	uint8_t **slot;	  /* of the way out */
	uint64_t *when;	  /* it is to leave, where the way out heeds that */

	double saved;	  /* bits, by frames that are shorter */
	unsigned version; /* of the link header in the template */
	unsigned stale;	  /* slots that may have another */
};

/* Room for a batch of n.  -1 for lack of memory. */
int frames_init(struct frames *, unsigned n);
void frames_free(struct frames *);

/*
 * Makes the first n and commits them.  -1 with errno as of io_commit, or if
 * the module gives up, which stops the sender.
 */
int frames_make(struct thread *t, unsigned n);

/* What the ring holds may lie in other slots than it was made in. */
void frames_moved(struct frames *);

#endif
