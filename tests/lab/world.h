/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the simulated Internet answers: a pure function of (address, port,
 * protocol, seed).  simnet and its XDP program include this file; expect.py
 * says the same in Python and is what tests compare against.
 *
 *	roll   = mix(address ^ mix(seed ^ mix(protocol << 16 | port)))
 *	class  = the first class whose cumulative share is above roll
 *	detail = mix(roll ^ 0x9e3779b9)
 *
 * Shares are given in percent, open=4.5,closed=3, with at most six decimals;
 * a share becomes floor(share * 2^32 / 100), and shares add up in the order
 * of enum world_class.  What is left over is filtered: silence.  The detail
 * decides the rest, bits 0-10 how an answer looks, 11-31 what is special to
 * the class; see the functions at the end.
 *
 * Places come before classes: a /24 can be one where a box, or a cluster of
 * hosts, answers for most addresses, and a host anywhere can be open on every
 * port.  Rolls of protocol 0 decide about these: of the first address and port
 * 24 which place a /24 is, of an address and port 25 whether it is one of those
 * that answer there, of an address and port 32 whether it is open everywhere.
 */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include <linux/types.h>

enum world_class {
	WORLD_OPEN,	   /* answers once, at once */
	WORLD_CLOSED,	   /* RST; UDP: port unreachable */
	WORLD_UNREACHABLE, /* ICMP error, from a router or the target */
	WORLD_DUPLICATE,   /* open, and the answer comes 2 to 5 times */
	WORLD_LATE,	   /* open, after 100 to 2000 ms */
	WORLD_BLOWBACK,	   /* open, 201 to 1001 times, one per ms */
	WORLD_LOSSY,	   /* open, but the first 1 to 3 probes get lost */
	WORLD_FORGED,	   /* one answer that must be refused */
	WORLD_FILTERED,	   /* silence */
	WORLD_CLASSES
};

enum world_place {
	PLACE_ALL,     /* a box: every address is open, on every port */
	PLACE_MOST,    /* 92 % of them */
	PLACE_HALF,    /* 50 % */
	PLACE_CLUSTER, /* hosts: 95 % are open on ports below 1024 */
	PLACE_ORDINARY
};

enum { ROLL_PLACE = 24, ROLL_MEMBER = 25, ROLL_WILDCARD = 32 };

struct world {
	__u32 seed;
	__u32 placed;		      /* are there any such places or hosts? */
	__u64 upto[WORLD_FILTERED];   /* cumulative, of 2^32 */
	__u64 places[PLACE_ORDINARY]; /* likewise */
	__u64 wildcard; /* share of hosts that are open everywhere */
};

static inline __u32
world_mix(__u32 x)
{
	x ^= x >> 16;
	x *= 0x7feb352dU;
	x ^= x >> 15;
	x *= 0x846ca68bU;
	x ^= x >> 16;
	return x;
}

/* address and port in host order; port is 0 where there is none */
static inline __u32
world_roll(const struct world *w, __u32 address, __u32 protocol, __u32 port)
{
	return world_mix(
	    address ^ world_mix(w->seed ^ world_mix(protocol << 16 | port)));
}

static inline int
world_silent(const struct world *w, __u32 roll)
{
	return roll >= w->upto[WORLD_FILTERED - 1];
}

static inline enum world_class
world_class(const struct world *w, __u32 roll)
{
	int c;

	for (c = 0; c < WORLD_FILTERED; c++)
		if (roll < w->upto[c])
			break;
	return (enum world_class)c;
}

static inline enum world_place
world_place(const struct world *w, __u32 address)
{
	__u32 roll = world_roll(w, address & 0xffffff00, 0, ROLL_PLACE);
	int p;

	for (p = 0; p < PLACE_ORDINARY; p++)
		if (roll < w->places[p])
			break;
	return (enum world_place)p;
}

/* of 2^32, how many addresses of such a place answer */
static inline __u64
world_members(enum world_place place)
{
	if (place == PLACE_ALL)
		return 1ULL << 32;
	if (place == PLACE_MOST)
		return 92 * (1ULL << 32) / 100;
	if (place == PLACE_CLUSTER)
		return 95 * (1ULL << 32) / 100;
	return place == PLACE_HALF ? 1ULL << 31 : 0;
}

static inline int
world_wildcard(const struct world *w, __u32 address)
{
	return world_roll(w, address, 0, ROLL_WILDCARD) < w->wildcard;
}

/* Is this target open for where or what it is, whatever its class? */
static inline int
world_open(const struct world *w, __u32 address, __u32 port)
{
	enum world_place place;

	if (!w->placed)
		return 0;
	if (world_wildcard(w, address))
		return 1;
	place = world_place(w, address);
	if (place == PLACE_CLUSTER && port >= 1024)
		return 0;
	return world_roll(w, address, 0, ROLL_MEMBER) < world_members(place);
}

/*
 * Does who answers a SYN acknowledge data, too?  Hosts do; of boxes, and of
 * hosts that are open everywhere, one in two does.
 */
static inline int
world_acknowledges(const struct world *w, __u32 address)
{
	if (world_wildcard(w, address))
		return world_roll(w, address, 0, ROLL_WILDCARD) & 1;
	if (world_place(w, address) >= PLACE_CLUSTER ||
	    world_roll(w, address, 0, ROLL_MEMBER) >=
		world_members(world_place(w, address)))
		return 1;
	return world_roll(w, address & 0xffffff00, 0, ROLL_PLACE) & 1;
}

static inline __u32
world_detail(__u32 roll)
{
	return world_mix(roll ^ 0x9e3779b9U);
}

static inline __u32
world_ttl(__u32 detail)
{
	return 40 + (detail & 15);
}

static inline __u32
world_window(__u32 detail)
{
	return 1024 * (1 + (detail >> 4 & 31));
}

/* 0 none, 1 MSS, 2 MSS SACK-permitted window-scale, 3 those and timestamps */
static inline __u32
world_options(__u32 detail)
{
	return detail >> 9 & 3;
}

/* further answers after the first */
static inline __u32
world_repeats(enum world_class c, __u32 detail)
{
	if (c == WORLD_DUPLICATE)
		return 1 + (detail >> 11) % 4;
	if (c == WORLD_BLOWBACK)
		return 200 + (detail >> 11) % 801;
	return 0;
}

static inline __u32
world_delay_ms(enum world_class c, __u32 detail)
{
	return c == WORLD_LATE ? 100 + (detail >> 11) % 1901 : 0;
}

/* how many probes a lossy target misses before it answers */
static inline __u32
world_lost(__u32 detail)
{
	return 1 + (detail >> 11) % 3;
}

enum world_forgery {
	FORGED_ACK,	    /* acknowledges something else */
	FORGED_OUR_PORT,    /* to another port of ours */
	FORGED_ADDRESS,	    /* from the neighbour, address ^ 1 */
	FORGED_TARGET_PORT, /* from the next port */
	FORGED_UNSOLICITED, /* SYN-ACK with nothing right but addresses */
	FORGED_RESET,	    /* RST that acknowledges something else */
	FORGED_QUOTE,	    /* ICMP error about a packet never sent */
	WORLD_FORGERIES
};

static inline __u32
world_forgery(__u32 detail)
{
	return (detail >> 11) % WORLD_FORGERIES;
}

/* ICMP type << 8 | code of an unreachable target */
static inline __u32
world_error(__u32 detail)
{
	switch (detail >> 11 & 7) {
	case 0:
		return 0x300; /* net unreachable */
	case 1:
		return 0x301; /* host unreachable */
	case 2:
		return 0x302; /* protocol unreachable */
	case 3:
		return 0x303; /* port unreachable */
	case 4:
		return 0x309; /* net prohibited */
	case 5:
		return 0x30a; /* host prohibited */
	case 6:
		return 0x30d; /* communication prohibited */
	default:
		return 0xb00; /* time exceeded */
	}
}

/* quote the whole probe, or its IP header and eight bytes */
static inline int
world_quotes_all(__u32 detail)
{
	return detail >> 14 & 1;
}

/* who sends that error: a router, or the target itself */
static inline __u32
world_error_source(__u32 detail, __u32 address)
{
	return detail >> 15 & 1 ? (address & 0xffffff00) | 1 : address;
}

#endif
