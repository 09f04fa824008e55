/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers to targets and back, for any mixture of addresses, ports and pairs.
 */
#include "targets/numbering.h"

#include <stdlib.h>

#include "addr/ranges.h"
#include "base/sort.h"

#define CHUNK 512

int
numbering_add_pair(struct numbering_pairs *p, uint32_t addr, uint16_t port)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		uint64_t *v = reallocarray(p->v, cap, sizeof *v);

		if (v == NULL)
			return -1;
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = (uint64_t)addr << 16 | port;
	return 0;
}

void
numbering_sort_pairs(struct numbering_pairs *p)
{
	size_t out = 0;

	sort_u64(p->v, p->n);
	for (size_t i = 0; i < p->n; i++)
		if (i == 0 || p->v[i] != p->v[i - 1])
			p->v[out++] = p->v[i];
	p->n = out;
}

static int
is_plain(const struct numbering *s, uint64_t pair)
{
	size_t port;

	return ports_find(&s->ports, pair & 0xffff, &port) &&
	    set_find(&s->set, pair >> 16, NULL);
}

int
numbering_build(struct numbering *s, struct ranges *addrs, struct ports *ports,
    struct numbering_pairs *pairs)
{
	size_t out = 0;

	*s = (struct numbering){ .ports = *ports, .pairs = *pairs };
	*ports = (struct ports){ 0 };
	*pairs = (struct numbering_pairs){ 0 };
	if (set_build(&s->set, addrs) == -1)
		return -1;
	numbering_sort_pairs(&s->pairs);
	for (size_t i = 0; i < s->pairs.n; i++)
		if (!is_plain(s, s->pairs.v[i]))
			s->pairs.v[out++] = s->pairs.v[i];
	s->pairs.n = out;
	s->plain = s->set.count * (s->ports.n ? s->ports.n : 1);
	s->count = s->plain + s->pairs.n;
	/*
	 * number / ports == number * reciprocal >> 64: the reciprocal is too
	 * large by 1 at most, so the product by 2^48 / 2^64 = 2^-16 at most,
	 * less than what would lift a quotient of up to 2^16.
	 */
	s->reciprocal = s->ports.n > 1 ? UINT64_MAX / s->ports.n + 1 : 0;
	return 0;
}

void
numbering_free(struct numbering *s)
{
	set_free(&s->set);
	ports_free(&s->ports);
	free(s->pairs.v);
	*s = (struct numbering){ 0 };
}

/* Numbers below s->plain, CHUNK of them at most. */
static void
map_plain(const struct numbering *s, const uint64_t *number, uint32_t *addr,
    uint16_t *port, size_t n)
{
	uint32_t index[CHUNK];

	if (s->ports.n <= 1) {
		for (size_t i = 0; i < n; i++)
			index[i] = number[i];
		for (size_t i = 0; port != NULL && i < n; i++)
			port[i] = s->ports.v[0];
	} else {
		for (size_t i = 0; i < n; i++) {
			uint64_t a = (unsigned __int128)number[i] *
				s->reciprocal >>
			    64;

			index[i] = a;
			port[i] = s->ports.v[number[i] - a * s->ports.n];
		}
	}
	set_map(&s->set, index, addr, n);
}

static int
any_pair(const struct numbering *s, const uint64_t *number, size_t n)
{
	if (s->pairs.n > 0)
		for (size_t i = 0; i < n; i++)
			if (number[i] >= s->plain)
				return 1;
	return 0;
}

void
numbering_map(const struct numbering *s, const uint64_t *number, uint32_t *addr,
    uint16_t *port, size_t n)
{
	while (n > 0) {
		size_t k = n < CHUNK ? n : CHUNK;

		if (!any_pair(s, number, k)) {
			map_plain(s, number, addr, port, k);
		} else
			for (size_t i = 0; i < k; i++) {
				uint64_t pair;

				if (number[i] < s->plain) {
					map_plain(s, number + i, addr + i,
					    port + i, 1);
					continue;
				}
				pair = s->pairs.v[number[i] - s->plain];
				addr[i] = pair >> 16;
				port[i] = pair & 0xffff;
			}
		number += k;
		addr += k;
		port = port != NULL ? port + k : NULL;
		n -= k;
	}
}

struct perm_ahead
numbering_ahead(const struct numbering *s)
{
	const struct steps *steps = &s->set.steps;
	uint64_t ports = s->ports.n > 1 ? s->ports.n : 1;

	_Static_assert(PERM_AHEAD_LINE == STEPS_LINE, "lines of one size");
	if (steps->lines == 0)
		return (struct perm_ahead){ 0 };
	return (struct perm_ahead){ .line = steps->line,
		.scale = UINT64_MAX / (ports << steps->shift) };
}

bool
numbering_find(const struct numbering *s, uint32_t addr, uint16_t port,
    uint64_t *number)
{
	uint64_t pair = (uint64_t)addr << 16 | port;
	size_t low = 0, high = s->pairs.n, p = 0;
	uint32_t a;

	if ((s->ports.n == 0 || ports_find(&s->ports, port, &p)) &&
	    set_find(&s->set, addr, &a)) {
		*number = (uint64_t)a * (s->ports.n ? s->ports.n : 1) + p;
		return true;
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->pairs.v[mid] < pair)
			low = mid + 1;
		else
			high = mid;
	}
	*number = s->plain + low;
	return low < s->pairs.n && s->pairs.v[low] == pair;
}

bool
numbering_has_ports(const struct numbering *s)
{
	return s->ports.n > 0 || s->pairs.n > 0;
}
