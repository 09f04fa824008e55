/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: what the kernel tells by rtnetlink(7), taken apart.
 *
 * Each function takes one whole message, of nlmsg_len bytes, of either family
 * of addresses.  It reads nothing behind it, whatever the message says of
 * itself; false: it is not of this type, or too short for what it says.
 */
#ifndef MESSAGE_H
#define MESSAGE_H
#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr/address.h"

enum {
	MESSAGE_HOPS = 64, /* of one route that are taken */
	MESSAGE_KIND = 16, /* bytes of a link's kind, with NUL */
};

/* One of the ways that a route has. */
struct message_hop {
	unsigned ifindex;
	struct address gateway; /* of any family; none: on the link */
	unsigned weight;	/* from 1 */
	bool dead;
};

struct message_route {
	int family;
	unsigned type; /* RTN_* */
	unsigned table;
	unsigned bits; /* of the prefix */
	unsigned mtu;  /* 0: that of the link */
	struct address destination;
	struct address source;	/* to send from */
	struct message_hop hop; /* ifindex 0: none */
	/* Those of a route with several; nhops may say more than there are. */
	struct message_hop hops[MESSAGE_HOPS];
	unsigned nhops;
	unsigned nexthop; /* id of an object that says them, or 0 */
};

struct message_ports {
	uint16_t first, last; /* 0, 0: all */
};

struct message_rule {
	int family;
	struct address from, to; /* none: all */
	unsigned from_bits, to_bits;
	struct message_ports from_ports, to_ports;
	uint8_t protocol; /* 0: all */
};

struct message_link {
	unsigned ifindex, mtu;
	unsigned type; /* ARPHRD_* */
	unsigned flags;
	char name[IF_NAMESIZE];
	char kind[MESSAGE_KIND]; /* "" for hardware */
	uint8_t mac[6];		 /* zeros if it has none of this length */
	unsigned lower;		 /* index of the link below, or 0 */
	bool elsewhere;		 /* the link below is in another namespace */
	unsigned master;	 /* of the link above, or 0 */
	struct address remote;	 /* far end of a vxlan */
	uint64_t tx_dropped;
};

struct message_address {
	unsigned ifindex;
	struct address local;
	char label[MESSAGE_KIND];
};

struct message_neighbour {
	unsigned ifindex, state; /* NUD_* */
	struct address address;
	bool has_mac;
	uint8_t mac[6];
};

struct message_queue {
	unsigned ifindex;
	bool root;
	bool incoming;	/* of what comes in */
	char kind[16];	/* "fq" */
	unsigned limit; /* packets, of fq; 0: not told */
	uint64_t drops;
	uint32_t backlog; /* bytes */
};

bool message_route(const struct nlmsghdr *, struct message_route *);
bool message_rule(const struct nlmsghdr *, struct message_rule *);
bool message_link(const struct nlmsghdr *, struct message_link *);
bool message_address(const struct nlmsghdr *, struct message_address *);
bool message_neighbour(const struct nlmsghdr *, struct message_neighbour *);
bool message_queue(const struct nlmsghdr *, struct message_queue *);

#endif
