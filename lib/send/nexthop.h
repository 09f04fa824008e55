/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nexthop: where the kernel would send packets to, asked many at a time.
 */
#ifndef NEXTHOP_H
#define NEXTHOP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/address.h"
#include "send/message.h"
#include "send/netlink.h"

/* What rules and routes may look at; 0, or none, is not told. */
struct nexthop_flow {
	unsigned ifindex;
	struct address source;
	uint8_t protocol;
	uint16_t from_port, to_port;
	uint32_t uid; /* user who sends the packets */
	/* The route as it stands in the table, with all its hops. */
	bool entry;
};

struct nexthop {
	int error;		    /* the kernel's errno, or 0 */
	struct message_route route; /* if there is no error */
};

enum { NEXTHOP_MANY = 16 };

/*
 * Asks for up to NEXTHOP_MANY addresses.  0, or -1 with errno if the kernel
 * could not be asked.
 */
int nexthop_ask(struct netlink *, const struct nexthop_flow *,
    const struct address *, size_t n, struct nexthop *);

#endif
