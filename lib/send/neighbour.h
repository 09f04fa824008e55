/* SPDX-License-Identifier: Apache-2.0 */
/*
 * neighbour: the link addresses of gateways.
 *
 * What the kernel has confirmed (REACHABLE), or was told for good (PERMANENT,
 * NOARP), is taken from its table.  All else is asked for with requests of our
 * own, three of them, a second apart: ARP (RFC 826) for IPv4, neighbour
 * solicitations (RFC 4861) for IPv6.  While the scan runs, each is asked again
 * every half minute, and as soon as the kernel has doubts, since packets that
 * go to a dead address are lost without a word.
 */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H
#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/address.h"
#include "send/netlink.h"

struct neighbour {
	/* Set these. */
	unsigned ifindex;
	char link[IF_NAMESIZE];
	struct address address;
	struct address source; /* ours, of the same family; or none */
	uint8_t ours[6];       /* our link address */

	uint8_t mac[6];
	bool known;  /* mac is set */
	bool fixed;  /* and never asked for */
	bool asked;  /* by us */
	bool silent; /* it has not answered three times in a row */
	bool news;   /* mac or silent has changed; for the caller to clear */
	unsigned tries;
	uint64_t next_ns; /* when it is asked */
};

struct neighbours {
	struct neighbour *v;
	size_t n;
	int arp, ndp; /* packet sockets, or -1 */
};

/* 0, or -1 with errno: no right to open packet sockets. */
int neighbours_open(struct neighbours *, struct neighbour *v, size_t n);
void neighbours_close(struct neighbours *);

/* Finds those that are not known; takes three seconds at most. */
void neighbours_resolve(struct neighbours *, struct netlink *);

/* For poll(2); -1: none. */
int neighbours_fd(const struct neighbours *, int family);

/* Reads answers, and asks again when it is time; true if there is news. */
bool neighbours_turn(struct neighbours *, uint64_t now);
/* When it has to be called next; UINT64_MAX: never. */
uint64_t neighbours_next(const struct neighbours *);

/* What the kernel tells of one of them; true if there is news. */
bool neighbours_take(struct neighbours *, const struct nlmsghdr *);

#endif
