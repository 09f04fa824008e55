/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes: by which way each target leaves, in the kernel's own words.
 *
 * The networks of a scan are cut where any route or rule begins or ends, and
 * the kernel is asked once for each piece, with all that a rule may look at.
 * What it says becomes a table of few ways and many pieces (spans):
 *
 *	10.0.0.0-10.0.4.255	dev s0 via 192.0.2.254 from 192.0.2.1
 *	10.0.5.0-10.0.5.255	dev s1 via 198.51.100.254 from 198.51.100.1
 *	10.0.6.0-10.0.6.255	refused: a blackhole route
 *
 * Where rules look at source addresses or at ports, there is one table for
 * each kind of them.  Where a route has several hops, a target takes one of
 * them by its address and their weights, always the same one.
 */
#ifndef ROUTES_H
#define ROUTES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/address.h"
#include "addr/ranges.h"
#include "addr/ranges6.h"
#include "send/netlink.h"
#include "send/network.h"

/* Why targets get no packets; counter.h has a counter for each. */
enum routes_refusal {
	ROUTES_OPEN, /* they do */
	ROUTES_NO_ROUTE,
	ROUTES_UNREACHABLE, /* routes or rules that say so */
	ROUTES_PROHIBITED,
	ROUTES_BLACKHOLE,
	ROUTES_NEIGHBOUR, /* the gateway does not answer */
	ROUTES_OURS,	  /* addresses of this machine */
	ROUTES_BROADCAST,
	ROUTES_MULTICAST,
	ROUTES_REFUSALS,
};

const char *routes_refusal_text(enum routes_refusal); /* "no route", ... */
/* Are hosts missed by it?  Else there are none at such addresses. */
bool routes_refusal_loses(enum routes_refusal);

struct way {
	enum routes_refusal refused;
	unsigned ifindex;
	struct address gateway; /* none: the targets are on the link */
	struct address source;	/* ours; none if it is given, or unknown */
	unsigned mtu;
	bool chosen;	      /* one of several hops, by us */
	bool by_port;	      /* a rule about protocols or ports decided */
	uint64_t targets;     /* that take it, at most */
	struct address first; /* one of them */
};

struct routes_span {
	struct address first, last;
	uint32_t pick; /* its ways are picks[pick], ... */
	uint32_t npicks;
};

struct routes_table {
	struct routes_span *spans; /* ascending */
	size_t n;
	/* IPv4: first addresses, and the span at the start of each /16. */
	uint32_t *keys, *index;
};

struct routes {
	int family;
	struct way *ways;
	size_t nways;
	uint32_t *picks; /* ways; as often as a hop weighs */
	size_t npicks;
	struct routes_table *tables; /* of source kinds times port kinds */
	unsigned nsource_kinds, nport_kinds;
	uint16_t *source_kind; /* of each source; NULL: one kind */
	uint8_t *port_kind;    /* of each port; NULL: one kind */
	char note[256];	       /* what cannot be had this way; or "" */
};

struct routes_query {
	const struct ranges *networks;	 /* of IPv4; none: all addresses */
	const struct ranges6 *networks6; /* the same of IPv6 */
	unsigned ifindex;		 /* use this interface, or 0 */
	/* Targets that it has no route for are on its link. */
	bool on_link;
	const struct address *sources; /* given, or NULL */
	unsigned nsources;
	uint32_t uid; /* of whom packets are, before rights are given up */
	/* For rules about them; protocol 0: they are not asked for. */
	uint8_t protocol;
	const uint16_t *ports; /* ascending */
	size_t nports;
	uint16_t from_first, from_last; /* ports of ours */
};

/* 0, or -1 with the reason in why.  Begin with { 0 }. */
int routes_find(struct routes *, struct netlink *, const struct network *,
    const struct routes_query *, char *why, size_t size);
void routes_free(struct routes *);

/*
 * Where targets take another way in the second one: the first such target, and
 * both ways; false: nowhere.
 */
bool routes_differ(const struct routes *, const struct routes *,
    struct address *first, struct way *was, struct way *is);

/* "dev s1 via 10.0.0.1 src 10.0.0.2", or why not; returns buf. */
const char *routes_way_text(const struct way *, const struct network *,
    char *buf, size_t size);

/* The number of a target's way, or -1 if it is in none of the networks. */
long routes_way(const struct routes *, unsigned source, uint16_t port,
    const struct address *target);

/* The same, fast, for IPv4. */
long routes_way4(const struct routes *, unsigned source, uint16_t port,
    uint32_t target);

#endif
