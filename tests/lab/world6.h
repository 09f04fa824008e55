/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the simulated Internet answers for IPv6: the function of world.h, with
 * the four words of an address, highest first, in the place of the one:
 *
 *	key   = mix(seed ^ mix(protocol << 16 | port))
 *	roll  = mix(w3 ^ mix(w2 ^ mix(w1 ^ mix(w0 ^ key))))
 *
 * Protocols are 6, 17 and 58 (echo, port 0).  Class and detail follow from the
 * roll as there.  simnet.bpf.c has it once more; expect6.py says it in Python.
 *
 * Besides, whole prefixes are aliased: each of their addresses is open, for
 * all protocols and ports.  A /64 is one if the roll of its first address, for
 * protocol 0 and port 64, is below the share of these; a /96 likewise with 96.
 * A /112 is a cluster of hosts, likewise with 112: 95 % of its addresses, by
 * their rolls for port 25, are open on ports below 1024.  Hosts are open
 * everywhere as world.h says.
 */
#ifndef LAB_WORLD6_H
#define LAB_WORLD6_H

#include <stdbool.h>

#include "addr/ip6.h"
#include "world.h"

struct world6 {
	struct world world;
	uint64_t alias64, alias96, cluster112; /* of 2^32 */
};

static inline uint32_t
world6_roll(const struct world6 *w, struct ip6 a, uint32_t protocol,
    uint32_t port)
{
	uint32_t x = world_mix(
	    w->world.seed ^ world_mix(protocol << 16 | port));

	x = world_mix((uint32_t)(a.hi >> 32) ^ x);
	x = world_mix((uint32_t)a.hi ^ x);
	x = world_mix((uint32_t)(a.lo >> 32) ^ x);
	return world_mix((uint32_t)a.lo ^ x);
}

static inline bool
world6_aliased(const struct world6 *w, struct ip6 a)
{
	return world6_roll(w, ip6_first(a, 64), 0, 64) < w->alias64 ||
	    world6_roll(w, ip6_first(a, 96), 0, 96) < w->alias96;
}

/* Is this target open for where or what it is, whatever its class? */
static inline bool
world6_open(const struct world6 *w, struct ip6 a, uint32_t port)
{
	return world6_aliased(w, a) ||
	    world6_roll(w, a, 0, ROLL_WILDCARD) < w->world.wildcard ||
	    (port < 1024 &&
		world6_roll(w, ip6_first(a, 112), 0, 112) < w->cluster112 &&
		world6_roll(w, a, 0, ROLL_MEMBER) <
		    world_members(PLACE_CLUSTER));
}

/* ICMPv6 type << 8 | code of an unreachable target (RFC 4443, 3) */
static inline uint32_t
world6_error(uint32_t detail)
{
	static const uint16_t errors[] = { 0x100, 0x101, 0x102, 0x103, 0x104,
		0x105, 0x106, 0x300 };

	return errors[detail >> 11 & 7];
}

/*
 * Who sends that error: the target, the first address of its /64 or the first
 * of its /48.
 */
static inline struct ip6
world6_error_source(uint32_t detail, struct ip6 a)
{
	static const unsigned length[] = { 64, 64, 48 };
	unsigned kind = detail >> 15 & 3;

	if (kind == 3)
		return a;
	a = ip6_first(a, length[kind]);
	a.lo |= 1;
	return a;
}

/* an answer has a header of destination options before its own */
static inline bool
world6_extended(uint32_t detail)
{
	return (detail >> 26 & 3) == 0;
}

/* the flow label of its answers */
static inline uint32_t
world6_flow(uint32_t roll)
{
	return roll & 0xfffff;
}

#endif
