/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index space of a scan of IPv6: what numbering.h is for IPv4.
 *
 *	0			             plain              count
 *	+------------------------------------+------------------+
 *	| addresses x ports:                 | address and port |
 *	| address index * ports + port index | pairs, ascending |
 *	+------------------------------------+------------------+
 *
 * Addresses of windows come first: by length of the prefixes, then by
 * interface identifier as given, then by prefix. All others follow in
 * ascending order, whether they come from ranges, lists or files.
 *
 * The indexes are cut into steps: prefixes of one window side by side, a range,
 * or addresses side by side in the array of single ones.
 */
#ifndef NUMBERING6_H
#define NUMBERING6_H
#include "addr/ports.h"
#include "targets/extent6.h"

#define NUMBERING6_RANGE  UINT64_MAX	   /* every address, from first on */
#define NUMBERING6_SINGLE (UINT64_MAX - 1) /* the array's, from `at` on */

/*
 * What index 0 would have, if the step began there: so that a lookup adds the
 * index, not how far it is from where the step begins.  All modulo the size.
 */
struct numbering6_step {
	struct ip6 origin; /* address or prefix */
	uint64_t window;   /* its number, or one of the above */
	uint64_t at;	   /* NUMBERING6_SINGLE: in the array */
};

struct numbering6 { /* read-only once built; { 0 } is empty */
	struct numbering6_step *step;
	uint64_t *end; /* the index after each step */
	size_t steps, cap;
	uint32_t *jump; /* index >> shift: the first step it can be in */
	unsigned shift;
	size_t *begin; /* first step of each window, and of what follows */
	struct iid_maker *maker;
	size_t windows;
	bool mixed; /* all there is are windows that mix */
	struct iid_mix mix;
	struct ranges6 area, plain;
	struct packed addrs, pairs;
	struct ports ports;
	uint64_t addresses, by_ports, count;
	uint64_t reciprocal; /* of the number of ports */
};

/*
 * Takes over the memory of x and ports; there are at most GROUP_MAX targets.
 * -1 and errno.
 */
int numbering6_build(struct numbering6 *s, struct extent6 *x,
    struct ports *ports);
void numbering6_free(struct numbering6 *s);

/* Addresses and ports of n numbers; port may be NULL without ports. */
void numbering6_map(const struct numbering6 *s, const uint64_t *number,
    struct ip6 *addr, uint16_t *port, size_t n);
/* The number of a target; port is ignored without ports. False if none. */
bool numbering6_find(const struct numbering6 *s, struct ip6 addr, uint16_t port,
    uint64_t *number);
/* Adds the prefixes of a window; -1 and errno. */
int numbering6_prefixes(const struct numbering6 *s, size_t window,
    struct ranges6 *r);
/* Whether the address is one that is scanned on all ports. */
bool numbering6_has(const struct numbering6 *s, struct ip6 addr);

#endif
