/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network: what the kernel knows of this machine's network, for one family of
 * addresses: links, addresses of ours, rules, and where routes begin and end.
 */
#ifndef NETWORK_H
#define NETWORK_H
#include <stdbool.h>
#include <stddef.h>

#include "addr/address.h"
#include "send/message.h"
#include "send/netlink.h"

struct network {
	int family;
	struct message_link *links;
	size_t nlinks;
	struct message_address *addresses;
	size_t naddresses;
	struct message_rule *rules;
	size_t nrules;
	/*
	 * Ascending.  All addresses from one cut up to the next one are routed
	 * the same way, whatever the way is.
	 */
	struct address *cuts;
	size_t ncuts;
	bool multipath; /* some route has several hops */
};

/* 0, or -1 with errno.  The one before is freed; begin with { 0 }. */
int network_read(struct network *, struct netlink *, int family);
void network_free(struct network *);

/* NULL if there is none. */
const struct message_link *network_link(const struct network *,
    unsigned ifindex);
const struct message_address *network_ours(const struct network *,
    const struct address *);
/* The address with this label, such as eth0:1. */
const struct message_address *network_label(const struct network *,
    const char *label);

#endif
