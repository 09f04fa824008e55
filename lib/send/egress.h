/* SPDX-License-Identifier: Apache-2.0 */
/*
 * egress: which way packets leave this machine: devices, addresses, link
 * headers and ways out, from what the user has given and what the kernel says.
 * What cannot be known is said, with the option that settles it.
 */
#ifndef EGRESS_H
#define EGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "addr/ranges.h"
#include "addr/ranges6.h"
#include "addr/sources.h"
#include "send/io-many.h"
#include "send/neighbour.h"
#include "send/routes.h"

/* An address that no host has: RFC 5737. */
#define EGRESS_NOWHERE 0xc0000201u

/* The same of IPv6: RFC 3849. */
#define EGRESS_NOWHERE6                                                        \
	{                                                                      \
		0x20010db800000000, 1                                          \
	}

enum {
	EGRESS_CAPTURES = IO_PARTS_MAX, /* devices that answers come in on */
	EGRESS_WARNS = 16,
};

struct egress_query {
	unsigned family;       /* of the targets, 4 or 6 */
	const char *interface; /* or NULL */
	const char *way;       /* a name, or "auto" */
	bool iplayer;
	bool on_link; /* targets without a route are on its link */
	bool silent;  /* no gateway is asked for its address */
	const struct sources *sources; /* given; there may be none */
	const uint8_t *gateway_mac;    /* given, or NULL */
	const uint8_t *source_mac;
	const struct ranges *networks;	 /* of the scan; none: all addresses */
	const struct ranges6 *networks6; /* the same of IPv6 */
	/* Of the probes, for rules about them. */
	uint8_t protocol;
	const uint16_t *ports;
	size_t nports;
	uint16_t from_first, from_last;
};

/* Frames leave by it; one for each device, or one for the kernel to route. */
struct egress_exit {
	/* Of the device; of one of them, if the kernel routes. */
	char name[IF_NAMESIZE];
	const char *because; /* auto means IP packets; or NULL */
};

struct egress {
	struct routes routes;
	struct routes begun;	   /* as the kernel said them at first */
	struct routes_query asked; /* ... to this */
	struct address *own_sources;
	struct network network;
	struct io_part parts[IO_PARTS_MAX];
	struct egress_exit exits[IO_PARTS_MAX];
	unsigned nparts;
	struct io_outlet *outlets; /* of each way */
	int *neighbour; /* of each way: number of its gateway, or -1 */
	struct neighbours neighbours;
	bool has_neighbours;
	/*
	 * All packets have this link header, take part 0, come from these
	 * addresses, and no target is refused: no table is needed.
	 */
	bool single;
	bool many; /* there are several parts, or several headers */
	uint8_t ethernet[IO_ETHERNET];

	uint32_t sources[SOURCES_MAX]; /* all that packets of IPv4 come from */
	struct ip6 sources6[SOURCES_MAX]; /* the same of IPv6 */
	unsigned nsources;
	unsigned prefix; /* of IPv6: all of this length; or 128 */
	bool given;	 /* these were given */
	char captures[EGRESS_CAPTURES][IF_NAMESIZE];
	unsigned ncaptures;
	struct address gateway; /* of all targets, or none */
	char link[IF_NAMESIZE]; /* that most targets are behind */
	bool framed;		/* and that has Ethernet frames */
	unsigned mtu;		/* the smallest */
	char mtu_link[IF_NAMESIZE];
	char says[256];		       /* for -v 4 */
	char warns[EGRESS_WARNS][256]; /* for -v 2 */
	unsigned nwarns;
};

/* 0, or -1 with the reason in why. */
int egress_find(struct egress *, const struct egress_query *, char *why,
    size_t size);
void egress_free(struct egress *);

/*
 * Have routes changed since?  Asks the kernel anew, by a socket that was open
 * before rights were given up.  Where, and both ways, if they have.
 */
bool egress_changed(const struct egress *, struct netlink *,
    struct address *first, struct way *was, struct way *is);

/*
 * The link address of a gateway has changed: writes it into the headers of its
 * ways.  true if any is another one now.
 */
bool egress_gateway(struct egress *, size_t neighbour);

#endif
