/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linkwatch: what becomes of interfaces, of our addresses, of routes and of
 * gateways while a scan runs, from rtnetlink(7)'s notifications.
 */
#ifndef LINKWATCH_H
#define LINKWATCH_H
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "send/neighbour.h"

enum { LINKWATCH_LINKS = 32 };

struct linkwatch_link {
	unsigned ifindex;
	char name[IF_NAMESIZE];
	bool up;      /* has a carrier */
	bool gone;    /* the interface does not exist */
	unsigned mtu; /* 0: not told yet */
};

struct linkwatch {
	struct mnl_socket *socket; /* NULL: nothing is watched */
	struct linkwatch_link links[LINKWATCH_LINKS];
	unsigned nlinks;
	unsigned family; /* of the scan, 4 or 6: there is news of it alone */
	const uint32_t *sources;    /* to watch, host order */
	const struct ip6 *sources6; /* of family 6 */
	unsigned nsources;
	struct neighbours *neighbours; /* or NULL */
	bool lost;   /* a source address is not ours any more */
	bool routes; /* routes or rules have changed; the caller clears it */
	bool moved;  /* a gateway has news; so with it */
};

/* Add links, then open.  -1 with errno. */
void linkwatch_add(struct linkwatch *, unsigned ifindex, const char *name);
int linkwatch_open(struct linkwatch *);
void linkwatch_close(struct linkwatch *);

int linkwatch_fd(const struct linkwatch *); /* for poll(2); -1: none */

/* Takes what there is; true if anything has changed. */
bool linkwatch_read(struct linkwatch *);

/* The first link that is down, or gone; NULL: none. */
const struct linkwatch_link *linkwatch_down(const struct linkwatch *);
const struct linkwatch_link *linkwatch_gone(const struct linkwatch *);

#endif
