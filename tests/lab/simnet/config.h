/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What simnet tells its XDP program: the world and where it lies.
 */
#ifndef LAB_CONFIG_H
#define LAB_CONFIG_H

#include "../world.h"

#define SIMNET_NETS    16
#define SIMNET_POLICES 8

struct simnet_net {
	__u32 base; /* host order */
	__u32 mask;
};

/* a rate of the policer: a packet takes so long, from this time on */
struct simnet_police {
	__u64 packet_ns;
	__u64 from; /* ns after the first packet */
};

struct simnet_config {
	struct world world;
	__u32 nets_count;
	__u32 except_count;
	__u32 answers; /* the program answers for open ports itself */
	__u32 six;     /* it drops probes of IPv6 to silent targets, too */
	struct simnet_net nets[SIMNET_NETS];
	struct simnet_net except[SIMNET_NETS];
	__u32 polices;
	__u32 burst; /* packets */
	struct simnet_police police[SIMNET_POLICES];
};

/*
 * Slots of the program's counters: filtered ones and other protocols are
 * dropped, open ones answered.
 */
enum simnet_slot {
	SIMNET_TCP,
	SIMNET_UDP,
	SIMNET_ICMP,
	SIMNET_ANSWERED,
	SIMNET_OTHER,
	SIMNET_POLICED,
	SIMNET_SLOTS
};

static inline int
simnet_within(const struct simnet_net *nets, __u32 n, __u32 address)
{
	__u32 i;

	for (i = 0; i < SIMNET_NETS && i < n; i++)
		if ((address & nets[i].mask) == nets[i].base)
			return 1;
	return 0;
}

#endif
