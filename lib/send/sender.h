/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender: the threads that turn targets into packets.
 *
 *	sender_new()		templates and ways out; needs privilege
 *	sender_start()		starts the threads, which wait for work
 *	sender_go()		lets them send
 *	...			work_add(), sender_counts(), rate_set()
 *	sender_join()		when the work is done or stopped
 *
 * A packet that the device does not take is offered again until it does:
 * full queues and lost links delay a scan and lose no target.  What fails in
 * another way is tried again `retries` times and then counted as failed.  Only
 * for a missing route it is tried without limit for half a minute after the
 * link is back, because routes come back a little later than links.
 */
#ifndef SENDER_H
#define SENDER_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/optout.h"
#include "send/answered.h"
#include "send/form.h"
#include "send/io-many.h"
#include "send/rate.h"
#include "send/routes.h"
#include "send/work.h"

#define SENDER_THREADS_MAX 255

struct sender_config {
	struct form form;
	const struct io_part *parts; /* ways out */
	unsigned nparts;
	/*
	 * Which way each target takes, and what that means for its frames; both
	 * NULL where all take part 0 and form.ethernet.
	 */
	const struct routes *routes;
	const struct io_outlet *outlets;
	bool by_route; /* sources come from there, too */
	bool many;     /* there are several parts, or several headers */
	unsigned threads;
	bool fewer;	  /* as many of these as do not wait for each other */
	const int *cores; /* to run on, or NULL */
	unsigned ncores;
	unsigned batch;
	bool batch_given; /* whatever suits the way out */
	unsigned retries;
	uint64_t max_failures;	/* then stop; UINT64_MAX */
	bool asked;		/* there is a way back, which asks for probes */
	struct optout *exclude; /* or NULL */
	struct answered *answered; /* no later copies for these; or NULL */
};

/* Targets taken = targets + excluded + refused + failed + those still to do. */
struct sender_counts {
	uint64_t targets;		    /* probed: all their packets left */
	uint64_t excluded;		    /* by --exclude */
	uint64_t refused;		    /* targets to which no way leads */
	uint64_t refusals[ROUTES_REFUSALS]; /* the same by reason */
	uint64_t failed;     /* with a packet that was given up */
	uint64_t packets;    /* that left */
	uint64_t failures;   /* packets given up */
	uint64_t waits;	     /* times that the device was full */
	uint64_t link_waits; /* times that the link was down */
	uint64_t spared; /* later copies left out: the target had answered */
	uint64_t asked;	 /* probes that the way back asked for */
	uint64_t asked_lost; /* asked for, and could not leave */
};

struct sender;

/*
 * NULL with the reason in why.  Afterwards sender_way() is the way out of a
 * thread, and sender_tried() the ways that did not open and why, or NULL.
 */
struct sender *sender_new(const struct sender_config *, struct work *,
    struct rate *, char *why, size_t size);
void sender_free(struct sender *);
struct io *sender_way(const struct sender *, unsigned thread);
unsigned sender_threads(const struct sender *);
/* Does a thread wait for another one's queue by this part? */
bool sender_shares(const struct sender *, unsigned part);
/* Does a way out run BPF programs? */
bool sender_programs(const struct sender *);
const char *sender_tried(const struct sender *, unsigned thread);

/* Bytes of the longest Ethernet frame that will be made. */
unsigned sender_frame_size(const struct sender *);

/*
 * Makes up for frames that are shorter than that, where the rate comes from a
 * bandwidth.  price: bits on the wire of a frame.  Before sender_start.
 */
void sender_set_price(struct sender *, double (*price)(unsigned len));

/* 0, or -1 with errno. */
int sender_start(struct sender *);
void sender_go(struct sender *);

/* Threads wait while the link is down; what fails then is not given up. */
void sender_set_link(struct sender *, bool up);

/* What a device takes, by which packets of this part leave. */
void sender_set_mtu(struct sender *, unsigned part, unsigned mtu);

/*
 * Link headers have changed: that of all frames, and those of the outlets,
 * which are read again.
 */
void sender_set_headers(struct sender *, const uint8_t ethernet[IO_ETHERNET],
    const struct io_outlet *);

/*
 * From now on the number of each probe is larger by this: answers say so by
 * the port that they come to.
 */
void sender_set_mark(struct sender *, unsigned mark);

/* Nothing is sent from now on but what is on its way; returns at once. */
void sender_stop(struct sender *);
void sender_join(struct sender *);

/* Threads still at work; an eventfd that is readable when one has ended. */
unsigned sender_running(const struct sender *);
int sender_event(const struct sender *);

void sender_counts(const struct sender *, struct sender_counts *);

/* NULL, or why a thread gave up, in words that last. */
const char *sender_error(const struct sender *);
bool sender_too_many_failures(const struct sender *);

#endif
