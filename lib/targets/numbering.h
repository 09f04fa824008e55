/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index space of a scan: every target has a number, 0 .. count - 1.
 *
 *	0                                    plain              count
 *	+------------------------------------+------------------+
 *	| addresses x ports:                 | address and port |
 *	| address index * ports + port index | pairs, ascending |
 *	+------------------------------------+------------------+
 *
 * Addresses count in ascending order, and so do ports. Without ports each
 * address is one target. Pairs that the first part holds are not repeated.
 */
#ifndef NUMBERING_H
#define NUMBERING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ports.h"
#include "addr/set.h"
#include "targets/perm.h"

struct ranges;

/* An address and a port in one word, so that lists of them can be sorted. */
struct numbering_pairs { /* { 0 } is empty */
	uint64_t *v;	 /* address << 16 | port */
	size_t n, cap;
};

struct numbering { /* read-only once built */
	struct set set;
	struct ports ports;
	struct numbering_pairs pairs;
	uint64_t plain, count;
	uint64_t reciprocal; /* of the number of ports */
};

int numbering_add_pair(struct numbering_pairs *p, uint32_t addr, uint16_t port);
void numbering_sort_pairs(struct numbering_pairs *p);

/* Takes over the memory of its arguments. -1 and errno. */
int numbering_build(struct numbering *s, struct ranges *addrs,
    struct ports *ports, struct numbering_pairs *pairs);
void numbering_free(struct numbering *s);

/* Addresses and ports of `n` numbers; `port` may be NULL without ports. */
void numbering_map(const struct numbering *s, const uint64_t *number,
    uint32_t *addr, uint16_t *port, size_t n);
/* What numbering_map reads for a number, to be asked for early. */
struct perm_ahead numbering_ahead(const struct numbering *s);
/* Whether this is a target, and its number; `port` is ignored without ports. */
bool numbering_find(const struct numbering *s, uint32_t addr, uint16_t port,
    uint64_t *number);
/* Whether targets have ports. */
bool numbering_has_ports(const struct numbering *s);

#endif
