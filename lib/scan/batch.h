/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of targets as records of a "targets" stream (zmap-stream(5)), both
 * ways:
 *
 *	[next, ports, addrs, ? copy]
 */
#ifndef BATCH_H
#define BATCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "stream/stream.h"

/* --- writing --- */

#define TARGETS_NO_PORTS  (-1)
#define TARGETS_OWN_PORTS (-2)

/* Targets to be written. */
struct batch_out {
	uint64_t next; /* position after them */
	int copy;      /* as in struct batch */
	int ports;     /* the one port of all, TARGETS_NO_PORTS, or: */
	/* TARGETS_OWN_PORTS */
	const uint32_t *addr;	 /* of IPv4, or NULL */
	const struct ip6 *addr6; /* of IPv6 */
	const uint16_t *port;	 /* of each, with TARGETS_OWN_PORTS */
	size_t n;		 /* at most 4096 */
};

/* -1 if writing has failed. */
int batch_put(struct stream_out *, const struct batch_out *);

/* --- reading --- */

/* The targets of one record; pointers are into the item. */
struct batch {
	uint64_t next; /* position after them */
	size_t count;
	unsigned width; /* bytes of an address: 4, or 16 of IPv6 */
	const unsigned char *addresses; /* big-endian */
	const unsigned char *ports;	/* big-endian; NULL: all have `port` */
	uint16_t port;			/* of all, if ports is NULL */
	int copy; /* which copy of them; -1: all, one after the other */
};

/*
 * Takes a record of a scan of this family apart.  with_ports: the probe needs
 * ports; without, those that are there count as 0, as in the answers.  0, or -1
 * with *why.
 */
int batch_get(const struct stream_item *, unsigned family, bool with_ports,
    struct batch *, const char **why);

/* Target i of family 4. */
static inline uint32_t
batch_address(const struct batch *b, size_t i)
{
	return get32(b->addresses + 4 * i);
}

/* Target i of family 6. */
static inline struct ip6
batch_address6(const struct batch *b, size_t i)
{
	return ip6_get(b->addresses + IP6_SIZE * i);
}

static inline uint16_t
batch_port(const struct batch *b, size_t i)
{
	return b->ports == NULL ? b->port : get16(b->ports + 2 * i);
}

#endif
