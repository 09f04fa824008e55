/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linkwatch: what becomes of an interface, of its address and of the gateway
 * behind it while a scan runs, from rtnetlink(7)'s notifications.
 */
#ifndef LINKWATCH_H
#define LINKWATCH_H
#include <stdbool.h>
#include <stdint.h>

#include "send/route.h"

struct linkwatch {
	struct mnl_socket *socket; /* NULL: nothing is watched */
	unsigned ifindex;
	uint32_t gateway_be; /* 0: none */
	uint32_t source_be;  /* 0: none */
	bool up;	     /* has a carrier */
	bool gone;	     /* the interface does not exist */
	bool lost;	     /* the source address is not ours any more */
	bool moved;	     /* the gateway has another address: */
	uint8_t mac[6];
};

/*
 * Watches r's interface, and its gateway, which has this link address, and an
 * address of this machine's; mac is NULL, source 0 if that is of no interest.
 * -1 with errno.
 */
int linkwatch_open(struct linkwatch *, const struct route *r,
    const uint8_t *mac, uint32_t source);
void linkwatch_close(struct linkwatch *);

int linkwatch_fd(const struct linkwatch *); /* for poll(2); -1: none */

/* Takes what there is; true if up, gone, lost, moved or mac have changed. */
bool linkwatch_read(struct linkwatch *);

#endif
