/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uplink: the ways out while a scan runs: what becomes of their links,
 * gateways, addresses and routes, what the sender is told of it, and the user.
 */
#ifndef UPLINK_H
#define UPLINK_H
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "send/egress.h"
#include "send/linkwatch.h"
#include "send/queues.h"
#include "send/rate.h"
#include "send/sender.h"

enum { UPLINK_FDS = 3 };

struct uplink {
	const struct log *log;
	struct egress egress;
	struct linkwatch link;
	struct sender *sender;
	struct rate *rate;
	/* What is below, when it was looked at, and what it came to. */
	struct queues queues;
	uint64_t looked_ns, packets, dropped;
	double wanted; /* the rate before it was lowered; 0: no limit */
	bool slowed;   /* and now it is lower */
	uint64_t slowed_ns;
	bool renumbered; /* a source address was not ours for a while */
	bool down;	 /* some link is */
	/* For questions about routes, some time after the last change. */
	struct netlink nl;
	uint64_t ask_ns; /* 0: none has changed */
	bool rerouted;	 /* and that is told */
	char gone[64];	 /* an interface that is, in words; or "" */
};

/* Finds the ways and tells the user.  0, or -1 with the reason in why. */
int uplink_find(struct uplink *, const struct egress_query *, char *why,
    size_t size);

/* Which ways the sender has opened, and why not others. */
void uplink_describe(const struct uplink *, const char *savefile,
    const char *asked);

/* From now on.  Before rights are given up. */
void uplink_watch(struct uplink *);

/* What to wait for, and until when; and what to do then. */
void uplink_poll(const struct uplink *, struct pollfd p[UPLINK_FDS]);
uint64_t uplink_next(const struct uplink *);
void uplink_turn(struct uplink *, uint64_t now);

/* What has been lost by it, in words; false: nothing. */
bool uplink_losses(struct uplink *, char *why, size_t size);

void uplink_free(struct uplink *);

#endif
