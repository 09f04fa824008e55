/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of targets; see dedup.h.
 *
 * A set has 65536 pages.  With one port, the page is the upper half of the
 * address and what is stored in it is the lower half.  With several, address
 * and port are shuffled by a function that loses nothing, the upper 16 of the
 * 48 bits are the page and the other 32 are stored.  A page is a hash table of
 * its own with linear probing, which grows alone, so growing never stops the
 * receiver for long.  An empty slot is 0, so whether 0 itself is in the page
 * is kept beside.
 */
#include "recv/dedup.h"

#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "recv/prints.h"

#define PAGES	    65536
#define BITS_FIRST  3  /* 8 slots in a new page */
#define BITS_FULL   12 /* 16-bit slots: as big as a bitmap */
#define BITMAP_SIZE 8192
#define MASK48	    0xffffffffffffull

struct page {
	union {
		uint16_t *narrow; /* slots of a one-port set */
		uint32_t *wide;	  /* of the others */
		uint64_t *bitmap;
		void *memory; /* NULL: an empty page */
	};
	uint32_t used : 31; /* slots, the one for 0 left out */
	uint32_t zero : 1;  /* 0 is in the page */
	uint8_t bits;	    /* log2 of the slots; of a table */
	bool is_bitmap;	    /* else a table of slots */
};

/*
 * The window: entries in the order of their last use, oldest first, and hash
 * chains through them.  Numbers of entries are from 1; 0 is none.
 */
struct entry {
	uint64_t key;
	uint32_t older, newer, chain;
};

struct window {
	struct entry *entries;
	uint32_t *heads;
	uint32_t size, used;
	uint32_t oldest, newest;
	unsigned bits; /* log2 of the heads */
};

struct dedup {
	enum dedup_method method;
	bool one_port;
	uint64_t seed[2];
	size_t memory;
	struct page *sets[2]; /* PAGES each */
	struct window windows[2];
	struct siphash_key key;
	struct prints prints[2]; /* of IPv6 */
};

static const char *const names[] = {
	[DEDUP_FULL] = "full",
	[DEDUP_WINDOW] = "window",
	[DEDUP_NONE] = "none",
};

int
dedup_method_parse(const char *name)
{
	size_t i;

	if (strcmp(name, "default") == 0)
		return DEDUP_FULL;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

size_t
dedup_memory(const struct dedup *d)
{
	return d->memory + d->prints[0].memory + d->prints[1].memory;
}

/* --- full --- */

/* One to one on 48 bits: odd factors and shifts can be undone. */
static uint64_t
shuffle(const struct dedup *d, uint64_t x)
{
	x ^= d->seed[0] & MASK48;
	x = x * 0x9e3779b97f4b5ull & MASK48;
	x ^= x >> 24;
	x = x * (d->seed[1] | 1) & MASK48;
	x ^= x >> 24;
	x = x * 0xd6e8feb86659ull & MASK48;
	return x ^ x >> 24;
}

static inline uint32_t
slot_get(const struct dedup *d, const struct page *p, uint32_t i)
{
	return d->one_port ? p->narrow[i] : p->wide[i];
}

static inline void
slot_set(const struct dedup *d, struct page *p, uint32_t i, uint32_t v)
{
	if (d->one_port)
		p->narrow[i] = v;
	else
		p->wide[i] = v;
}

/* The slot that holds v, or the empty one where it would go. */
static inline uint32_t
dedup_find(const struct dedup *d, const struct page *p, uint32_t v)
{
	const uint32_t mask = (1u << p->bits) - 1;
	uint32_t i = v, there;

	/* neighbours answer together: spread the lower halves of addresses */
	if (d->one_port)
		i = (v ^ (uint32_t)d->seed[0]) * 0x9e3779b1u >> (32 - p->bits);
	for (;; i++) {
		there = slot_get(d, p, i & mask);
		if (there == v || there == 0)
			return i & mask;
	}
}

static void
bitmap_set(struct page *p, uint32_t v)
{
	p->bitmap[v / 64] |= 1ull << v % 64;
}

/* From slots to a bitmap, or to twice the slots. */
static int
dedup_grow(struct dedup *d, struct page *p)
{
	const size_t width = d->one_port ? 2 : 4;
	struct page old = *p;
	uint32_t i, v, slots = old.memory == NULL ? 0 : 1u << old.bits;
	size_t size;

	p->is_bitmap = d->one_port && old.bits == BITS_FULL - 1;
	p->bits = old.memory == NULL ? BITS_FIRST : old.bits + 1;
	size = p->is_bitmap ? BITMAP_SIZE : width << p->bits;
	p->memory = calloc(1, size);
	if (p->memory == NULL) {
		*p = old;
		return -1;
	}
	d->memory += size - width * slots;
	for (i = 0; i < slots; i++) {
		v = slot_get(d, &old, i);
		if (v == 0)
			continue;
		if (p->is_bitmap)
			bitmap_set(p, v);
		else
			slot_set(d, p, dedup_find(d, p, v), v);
	}
	if (p->is_bitmap && p->zero)
		bitmap_set(p, 0);
	free(old.memory);
	return 0;
}

static int
page_seen(struct dedup *d, struct page *p, uint32_t v)
{
	uint32_t slot;

	if (p->is_bitmap) {
		if (p->bitmap[v / 64] >> v % 64 & 1)
			return 1;
		bitmap_set(p, v);
		return 0;
	}
	if (v == 0) {
		if (p->zero)
			return 1;
		p->zero = 1;
		return 0;
	}
	if (p->memory == NULL && dedup_grow(d, p) == -1)
		return -1;
	slot = dedup_find(d, p, v);
	if (slot_get(d, p, slot) == v)
		return 1;
	/* three quarters full; at the very least one slot stays empty */
	if (p->used >= (3u << p->bits) / 4) {
		if (dedup_grow(d, p) == 0)
			return page_seen(d, p, v);
		if (p->used + 1u >= 1u << p->bits)
			return -1;
	}
	slot_set(d, p, slot, v);
	p->used++;
	return 0;
}

static int
full_seen(struct dedup *d, uint32_t address, uint16_t port, bool success)
{
	struct page *set = d->sets[success];
	uint64_t x;

	if (d->one_port)
		return page_seen(d, &set[address >> 16], address & 0xffff);
	x = shuffle(d, (uint64_t)address << 16 | port);
	return page_seen(d, &set[x >> 32], x & 0xffffffff);
}

/* --- window --- */

static int
window_new(struct dedup *d, struct window *w, uint32_t size)
{
	w->size = size;
	for (w->bits = 4; w->bits < 31 && 1u << w->bits < size;)
		w->bits++;
	w->entries = calloc((size_t)size + 1, sizeof *w->entries);
	w->heads = calloc((size_t)1 << w->bits, sizeof *w->heads);
	d->memory += ((size_t)size + 1) * sizeof *w->entries +
	    (sizeof *w->heads << w->bits);
	return w->entries == NULL || w->heads == NULL ? -1 : 0;
}

static void
take_out(struct window *w, uint32_t n)
{
	struct entry *e = &w->entries[n];

	if (e->older != 0)
		w->entries[e->older].newer = e->newer;
	else
		w->oldest = e->newer;
	if (e->newer != 0)
		w->entries[e->newer].older = e->older;
	else
		w->newest = e->older;
}

static void
put_newest(struct window *w, uint32_t n)
{
	struct entry *e = &w->entries[n];

	e->older = w->newest;
	e->newer = 0;
	if (w->newest != 0)
		w->entries[w->newest].newer = n;
	else
		w->oldest = n;
	w->newest = n;
}

static int
window_seen(struct dedup *d, struct window *w, uint64_t key)
{
	uint32_t *link, n;

	key = shuffle(d, key);
	for (n = w->heads[key >> (48 - w->bits)]; n != 0;
	     n = w->entries[n].chain)
		if (w->entries[n].key == key) {
			take_out(w, n);
			put_newest(w, n);
			return 1;
		}
	if (w->used < w->size)
		n = ++w->used;
	else {
		n = w->oldest;
		link = &w->heads[w->entries[n].key >> (48 - w->bits)];
		while (*link != n)
			link = &w->entries[*link].chain;
		*link = w->entries[n].chain;
		take_out(w, n);
	}
	link = &w->heads[key >> (48 - w->bits)];
	w->entries[n].key = key;
	w->entries[n].chain = *link;
	*link = n;
	put_newest(w, n);
	return 0;
}

/* --- all --- */

struct dedup *
dedup_new(enum dedup_method method, bool one_port, uint32_t window,
    const unsigned char seed[16])
{
	struct dedup *d = calloc(1, sizeof *d);
	int i;

	if (d == NULL)
		return NULL;
	d->method = method;
	d->one_port = one_port;
	memcpy(d->seed, seed, sizeof d->seed);
	d->key = siphash_key(seed);
	for (i = 0; i < 2; i++) {
		if (method == DEDUP_FULL) {
			d->sets[i] = calloc(PAGES, sizeof *d->sets[i]);
			d->memory += PAGES * sizeof *d->sets[i];
			if (d->sets[i] == NULL)
				goto fail;
		} else if (method == DEDUP_WINDOW &&
		    window_new(d, &d->windows[i], window) == -1)
			goto fail;
	}
	return d;
fail:
	dedup_free(d);
	return NULL;
}

void
dedup_free(struct dedup *d)
{
	size_t n;
	int i;

	if (d == NULL)
		return;
	for (i = 0; i < 2; i++) {
		for (n = 0; d->sets[i] != NULL && n < PAGES; n++)
			free(d->sets[i][n].memory);
		free(d->sets[i]);
		free(d->windows[i].entries);
		free(d->windows[i].heads);
		prints_free(&d->prints[i]);
	}
	free(d);
}

void
dedup_expect(const struct dedup *d, uint32_t address)
{
	if (d->method != DEDUP_FULL || !d->one_port)
		return;
	__builtin_prefetch(&d->sets[0][address >> 16]);
	__builtin_prefetch(&d->sets[1][address >> 16]);
}

int
dedup_seen(struct dedup *d, uint32_t address, uint16_t port, bool success)
{
	switch (d->method) {
	case DEDUP_FULL:
		return full_seen(d, address, port, success);
	case DEDUP_WINDOW:
		return window_seen(d, &d->windows[success],
		    (uint64_t)address << 16 | port);
	case DEDUP_NONE:
		break;
	}
	return 0;
}

int
dedup_seen6(struct dedup *d, struct ip6 address, uint16_t port, bool success)
{
	struct siphash h = siphash_start(d->key);
	uint64_t out[2];

	siphash_add(&h, address.hi);
	siphash_add(&h, address.lo);
	siphash_add(&h, port);
	siphash_end(&h, out);
	switch (d->method) {
	case DEDUP_FULL:
		return prints_seen(&d->prints[success], out[0]);
	case DEDUP_WINDOW:
		return window_seen(d, &d->windows[success], out[0] & MASK48);
	case DEDUP_NONE:
		break;
	}
	return 0;
}
