/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features: what a device can do for XDP, as the kernel says, from 6.3 on.
 */
#ifndef FEATURES_H
#define FEATURES_H
#include <stdint.h>

/* Of enum netdev_xdp_act in linux/netdev.h, which older headers have not. */
enum {
	FEATURES_SEND = 1 << 2,	     /* takes frames that a program sends */
	FEATURES_ZERO_COPY = 1 << 3, /* AF_XDP without a copy */
};

/* 0, or -1 with errno; ENOENT: this kernel does not say. */
int features_xdp(unsigned ifindex, uint64_t *features);

#endif
