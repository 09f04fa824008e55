/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Very many single IPv6 addresses, or pairs of address and port: an array of
 * what they are on the wire, 16 or 18 bytes each, sorted.
 *
 *	+------------------+------+
 *	| address, 16 bytes| port |	both in network order
 *	+------------------+------+
 *
 * An array of addresses may be a file that is mapped and stays as it is; what
 * is not to be kept of it is left out by runs.
 *
 *	file   |aaaaaaaa|xx|bbbbb|x|cccccccccc|
 *	run     0..7        8..12   13..22		numbers of what is kept
 */
#ifndef PACKED_H
#define PACKED_H
#include <stdbool.h>
#include <stddef.h>

#include "addr/ip6.h"
#include "base/sort.h"

struct packed_run {
	size_t begin, end; /* in the array */
};

struct packed {
	unsigned char *v;
	size_t n, cap;	/* items in the array, and room for */
	unsigned width; /* SORT_ADDR or SORT_PAIR; 0 counts as the first */
	bool mapped;
	struct packed_run *run; /* of a mapped one; ascending */
	size_t runs;
};

/* -1 and errno. Not to a mapped one. */
int packed_add(struct packed *p, struct ip6 a);
int packed_add_pair(struct packed *p, struct ip6 a, uint16_t port);
/* Takes over n addresses at v, which were mapped and are sorted. */
int packed_map(struct packed *p, void *v, size_t n);

/* Sorted, each once. */
void packed_normalise(struct packed *p);
int packed_copy(struct packed *to, const struct packed *from);
void packed_free(struct packed *p);

/* How many are kept. */
size_t packed_count(const struct packed *p);
/* The number in the array of the first item that is not below (a, port). */
size_t packed_lower(const struct packed *p, struct ip6 a, uint16_t port);
bool packed_has(const struct packed *p, struct ip6 a, uint16_t port);

/* Keeps the items for which `keep` says so, asked in ascending order. */
int packed_filter(struct packed *p,
    bool (*keep)(void *arg, struct ip6 a, uint16_t port), void *arg);

/* All that are kept, one run of the array after the other. */
static inline size_t
packed_runs(const struct packed *p)
{
	return p->mapped ? p->runs : p->n > 0;
}

static inline struct packed_run
packed_run(const struct packed *p, size_t i)
{
	return p->mapped ? p->run[i] : (struct packed_run){ 0, p->n };
}

static inline struct ip6
packed_addr(const struct packed *p, size_t i)
{
	return ip6_get(p->v + i * p->width);
}

static inline uint16_t
packed_port(const struct packed *p, size_t i)
{
	const unsigned char *b = p->v + i * p->width + SORT_ADDR;

	return p->width == SORT_PAIR ? b[0] << 8 | b[1] : 0;
}

#endif
