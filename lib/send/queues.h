/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queues: what is dropped below the devices that packets are sent on.
 *
 * A bridge, a bond or a vxlan takes every packet and hands it to the device
 * below, whose queue may be full; the sender is not told.  So the queues of all
 * devices below are looked at before and after, and now and then.  A VLAN or a
 * macvlan tells, and the sender tries again.
 */
#ifndef QUEUES_H
#define QUEUES_H
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "send/netlink.h"
#include "send/network.h"

enum { QUEUES_MAX = 64 };

struct queues {
	struct netlink nl;
	struct queue {
		unsigned ifindex;
		char name[IF_NAMESIZE];
		uint64_t before, now; /* dropped since it was made */
	} v[QUEUES_MAX];
	size_t n;
};

/*
 * Finds the devices below these, and counts from now.  0, or -1 with errno;
 * n is 0 where nothing is below.
 */
int queues_open(struct queues *, const struct network *,
    const unsigned *devices, size_t ndevices);
void queues_close(struct queues *);

/* Looks again; how many packets have been dropped by now. */
uint64_t queues_read(struct queues *);

/* The name of the device that has dropped most. */
const char *queues_worst(const struct queues *);

#endif
