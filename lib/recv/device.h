/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state and the counters of a network device, by rtnetlink(7), for a
 * process that may not open files any more.
 */
#ifndef DEVICE_H
#define DEVICE_H
#include <stdbool.h>
#include <stdint.h>

struct device {
	int fd;		/* rtnetlink socket, -1: none */
	int softnet_fd; /* -1: none */
	unsigned index; /* of the device */
	bool known;	/* the first counters have come */
	bool down;
	uint64_t downs; /* how often it went down */
	uint64_t drops; /* since device_open */
	/* as they were last seen */
	uint64_t missed, dropped, softnet;
};

/*
 * -1 with errno if there is no such device, or no netlink.  The watch may be
 * used all the same and then says nothing.
 */
int device_open(struct device *, const char *name);
void device_close(struct device *);

/*
 * Lets a device take what is sent to this MAC address as well, for as long as
 * the packet socket is open: not by hearing all, if the device can do better.
 * 1; 0 if it takes that anyway, or has no such addresses; -1 with errno.
 */
int device_hear(int packet_socket, const char *name, const uint8_t mac[6]);

/* Brings everything up to date; does not wait. */
void device_update(struct device *);

#endif
