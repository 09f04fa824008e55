/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: by which device, from which address and to which neighbour the
 * packets for some targets leave. The kernel is asked over rtnetlink, target
 * by target, so policy routing, several default routes and on-link networks
 * count as they would for any program.
 */
#ifndef ROUTE_H
#define ROUTE_H
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses are in host byte order. */
struct route {
	char name[IF_NAMESIZE]; /* of the interface */
	unsigned ifindex;
	bool ethernet; /* it takes Ethernet frames */
	bool loopback;
	unsigned mtu;
	uint8_t mac[6]; /* ours, if ethernet */

	uint32_t source; /* our address towards the targets; 0: none */
	/*
	 * The next hop that all targets share. Without one they are on our
	 * own link, or behind different hops: only the kernel can send to
	 * all of them.
	 */
	bool gateway_known;
	uint32_t gateway;
	bool several;	      /* different hops or devices */
	unsigned unreachable; /* targets tried that have no route */

	char says[256]; /* what was found, for -v 4 and for messages */
};

struct route_query {
	const char *name;	 /* use this interface, or NULL */
	uint32_t source;	 /* send from this address, or 0 */
	const uint32_t *targets; /* a few of them; at least one */
	size_t ntargets;
};

/*
 * 0, or -1 with what was found, and which option settles it, in why.
 * With a name, that interface is what it says, even without a route.
 */
int route_find(struct route *r, const struct route_query *q, char *why,
    size_t size);

/*
 * The link address of an IPv4 neighbour: from the kernel's table, or by
 * asking three times with ARP requests of our own, a second apart (RFC 826).
 * Then 0, or -1 with the reason in why. *asked says that ARP was needed.
 */
int route_neighbour(const struct route *r, uint32_t address, uint8_t mac[6],
    bool *asked, char *why, size_t size);

/* Is this address one of this machine's? 1, 0, or -1 with errno. */
int route_is_ours(uint32_t address);

#endif
