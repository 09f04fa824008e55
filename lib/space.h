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
#ifndef SPACE_H
#define SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "ports.h"
#include "set.h"

struct ranges;

/* An address and a port in one word, so that lists of them can be sorted. */
struct space_pairs { /* { 0 } is empty */
	uint64_t *v; /* address << 16 | port */
	size_t n, cap;
};

struct space { /* read-only once built */
	struct set set;
	struct ports ports;
	struct space_pairs pairs;
	uint64_t plain, count;
	uint64_t reciprocal; /* of the number of ports */
};

int space_add_pair(struct space_pairs *p, uint32_t addr, uint16_t port);
void space_sort_pairs(struct space_pairs *p);

/* Takes over the memory of its arguments. -1 and errno. */
int space_build(struct space *s, struct ranges *addrs, struct ports *ports,
    struct space_pairs *pairs);
void space_free(struct space *s);

/* Addresses and ports of `n` numbers; `port` may be NULL without ports. */
void space_map(const struct space *s, const uint64_t *number, uint32_t *addr,
    uint16_t *port, size_t n);
/* The number of a target; `port` is ignored without ports. 0 if none. */
int space_find(const struct space *s, uint32_t addr, uint16_t port,
    uint64_t *number);
/* Whether targets have ports. */
int space_has_ports(const struct space *s);
/* The port that all targets share, or -1. */
int space_one_port(const struct space *s);

#endif
