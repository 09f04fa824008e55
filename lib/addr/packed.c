/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted arrays of addresses; see packed.h. */
#include "addr/packed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned char *
packed_grow(struct packed *p, unsigned width)
{
	if (p->n == p->cap) {
		/* large arrays are moved by page tables, not copied */
		size_t cap = p->cap ? p->cap * 2 : 64;
		unsigned char *v = reallocarray(p->v, cap, width);

		if (v == NULL)
			return NULL;
		p->v = v;
		p->cap = cap;
	}
	p->width = width;
	return p->v + p->n++ * width;
}

int
packed_add(struct packed *p, struct ip6 a)
{
	unsigned char *item = packed_grow(p, SORT_ADDR);

	if (item == NULL)
		return -1;
	ip6_put(item, a);
	return 0;
}

int
packed_add_pair(struct packed *p, struct ip6 a, uint16_t port)
{
	unsigned char *item = packed_grow(p, SORT_PAIR);

	if (item == NULL)
		return -1;
	ip6_put(item, a);
	item[SORT_ADDR] = port >> 8;
	item[SORT_ADDR + 1] = port;
	return 0;
}

int
packed_map(struct packed *p, void *v, size_t n)
{
	struct packed_run *run = malloc(sizeof *run);

	if (run == NULL)
		return -1;
	*run = (struct packed_run){ 0, n };
	*p = (struct packed){
		.v = v,
		.n = n,
		.width = SORT_ADDR,
		.mapped = true,
		.run = run,
		.runs = 1,
	};
	return 0;
}

void
packed_normalise(struct packed *p)
{
	size_t out = 0, w = p->width;

	if (p->mapped || p->n == 0)
		return;
	sort_bytes(p->v, p->n, w);
	for (size_t i = 1; i < p->n; i++)
		if (memcmp(p->v + i * w, p->v + out * w, w) != 0 && ++out != i)
			memcpy(p->v + out * w, p->v + i * w, w);
	p->n = out + 1;
}

int
packed_copy(struct packed *to, const struct packed *from)
{
	*to = (struct packed){ .width = from->width };
	for (size_t i = 0; i < packed_runs(from); i++) {
		struct packed_run r = packed_run(from, i);

		for (size_t k = r.begin; k < r.end; k++)
			if ((from->width == SORT_PAIR ?
				    packed_add_pair(to, packed_addr(from, k),
					packed_port(from, k)) :
				    packed_add(to, packed_addr(from, k))) ==
			    -1) {
				packed_free(to);
				return -1;
			}
	}
	return 0;
}

void
packed_free(struct packed *p)
{
	if (p->mapped)
		munmap(p->v, p->n * SORT_ADDR);
	else
		free(p->v);
	free(p->run);
	*p = (struct packed){ 0 };
}

size_t
packed_count(const struct packed *p)
{
	size_t count = 0;

	for (size_t i = 0; i < packed_runs(p); i++)
		count += packed_run(p, i).end - packed_run(p, i).begin;
	return count;
}

size_t
packed_lower(const struct packed *p, struct ip6 a, uint16_t port)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct ip6 b = packed_addr(p, mid);

		if (ip6_less(b, a) ||
		    (ip6_equal(a, b) && packed_port(p, mid) < port))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
packed_has(const struct packed *p, struct ip6 a, uint16_t port)
{
	size_t i = packed_lower(p, a, port), low = 0, high = packed_runs(p);

	if (i == p->n || !ip6_equal(packed_addr(p, i), a) ||
	    (p->width == SORT_PAIR && packed_port(p, i) != port))
		return false;
	while (low < high) { /* the first run that ends behind it */
		size_t mid = low + (high - low) / 2;

		if (packed_run(p, mid).end <= i)
			low = mid + 1;
		else
			high = mid;
	}
	return low < packed_runs(p) && packed_run(p, low).begin <= i;
}

struct runs {
	struct packed_run *v;
	size_t n, cap;
};

static int
keep_in_run(struct runs *r, size_t i)
{
	if (r->n > 0 && r->v[r->n - 1].end == i) {
		r->v[r->n - 1].end++;
		return 0;
	}
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 16;
		struct packed_run *v = reallocarray(r->v, cap, sizeof *v);

		if (v == NULL)
			return -1;
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = (struct packed_run){ i, i + 1 };
	return 0;
}

static int
filter_mapped(struct packed *p,
    bool (*keep)(void *arg, struct ip6 a, uint16_t port), void *arg)
{
	struct runs kept = { 0 };

	for (size_t i = 0; i < p->runs; i++)
		for (size_t k = p->run[i].begin; k < p->run[i].end; k++)
			if (keep(arg, packed_addr(p, k), 0) &&
			    keep_in_run(&kept, k) == -1) {
				free(kept.v);
				return -1;
			}
	free(p->run);
	p->run = kept.v;
	p->runs = kept.n;
	return 0;
}

int
packed_filter(struct packed *p,
    bool (*keep)(void *arg, struct ip6 a, uint16_t port), void *arg)
{
	size_t out = 0, w = p->width;

	if (p->mapped)
		return filter_mapped(p, keep, arg);
	for (size_t i = 0; i < p->n; i++)
		if (keep(arg, packed_addr(p, i), packed_port(p, i)) &&
		    out++ != i)
			memcpy(p->v + (out - 1) * w, p->v + i * w, w);
	p->n = out;
	return 0;
}
