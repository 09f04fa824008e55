/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink: asking the kernel, one question after the other.
 */
#ifndef NETLINK_H
#define NETLINK_H
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

enum { NETLINK_ROOM = 1024 }; /* bytes that every request here fits in */

struct netlink {
	struct mnl_socket *socket;
	unsigned sequence;
};

/* For rtnetlink(7).  0, or -1 with errno. */
int netlink_open(struct netlink *);
/* The same for generic netlink. */
int netlink_open_generic(struct netlink *);
void netlink_close(struct netlink *);

/* Begins a request in buf; *payload is its header of size bytes, all zero. */
struct nlmsghdr *netlink_request(void *buf, uint16_t type, size_t size,
    void **payload);

/* Called with each answer; 1 goes on, 0 stops, -1 is an error with errno. */
typedef int netlink_take(const struct nlmsghdr *, void *ctx);

/*
 * Sends one request and runs every answer through take. 0, or -1 with the
 * kernel's errno; EINTR: what a dump tells has changed while it was told.
 */
int netlink_ask(struct netlink *, struct nlmsghdr *, netlink_take *, void *);

/*
 * All that the kernel has of this type.  Where it changes meanwhile it is asked
 * again, so take may be called with the same thing twice.
 */
int netlink_dump(struct netlink *, struct nlmsghdr *, netlink_take *,
    void *ctx);

#endif
