/* SPDX-License-Identifier: Apache-2.0 */
/* Wildcard hosts: addresses in a table; see wildcard.h. */
#include "recv/wildcard.h"

#include <stdlib.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/siphash.h"

#define FIRST_SLOTS 4096
#define FIRST_PORT  32768 /* of those that are drawn: */
#define PORTS	    28232 /* 32768 to 60999, from where clients call */
#define TRIES	    64	  /* for one that is not scanned */

enum state { FREE, ASKED, WILDCARD, REAL, UNKNOWN };

/* 64 bits: fingerprint of the address, the lowest 3 of which are the state. */
#define STATE_BITS 7

struct wildcard {
	const struct scan *scan;
	struct siphash_key key;
	uint64_t *slots;
	size_t nslots, used;
	struct wildcard_counts counts;
};

struct wildcard *
wildcard_new(const struct scan *scan)
{
	struct wildcard *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->scan = scan;
	w->key = siphash_key(scan->key);
	w->nslots = FIRST_SLOTS;
	w->slots = calloc(w->nslots, sizeof *w->slots);
	if (w->slots != NULL)
		return w;
	free(w);
	return NULL;
}

void
wildcard_free(struct wildcard *w)
{
	if (w == NULL)
		return;
	free(w->slots);
	free(w);
}

const struct wildcard_counts *
wildcard_count(const struct wildcard *w)
{
	return &w->counts;
}

size_t
wildcard_memory(const struct wildcard *w)
{
	return w->nslots * sizeof *w->slots;
}

/* Two words of the address, by the key. */
static void
wildcard_mix(const struct wildcard *w, const struct reply *r, uint64_t out[2])
{
	struct siphash h = siphash_start(w->key);

	if (r->family == 6) {
		siphash_add(&h, r->target6.hi);
		siphash_add(&h, r->target6.lo);
	} else
		siphash_add(&h, r->target);
	siphash_add(&h, 0x636865636b); /* "check": no other use of the key */
	siphash_end(&h, out);
}

static uint16_t
wildcard_draw_port(const struct scan *s, uint64_t random)
{
	unsigned at = random % PORTS, i;

	for (i = 0; i < TRIES; i++, at = (at + 1) % PORTS)
		if (!scan_has_port(s, FIRST_PORT + at))
			return FIRST_PORT + at;
	return 0;
}

uint16_t
wildcard_port(const struct wildcard *w, const struct reply *r)
{
	uint64_t out[2];

	wildcard_mix(w, r, out);
	return wildcard_draw_port(w->scan, out[1]);
}

static enum state
wildcard_state_of(uint64_t slot)
{
	return slot & STATE_BITS;
}

/* The slot of this key, or the free one where it belongs. */
static uint64_t *
wildcard_find_slot(uint64_t *slots, size_t n, uint64_t key)
{
	size_t i;

	for (i = key >> 3 & (n - 1);
	     slots[i] != 0 && (slots[i] & ~(uint64_t)STATE_BITS) != key;
	     i = (i + 1) & (n - 1))
		;
	return &slots[i];
}

static int
wildcard_grow(struct wildcard *w)
{
	size_t n = w->nslots * 2, i;
	uint64_t *slots;

	if (n * sizeof *slots > WILDCARD_MEMORY ||
	    (slots = calloc(n, sizeof *slots)) == NULL)
		return -1;
	for (i = 0; i < w->nslots; i++)
		if (w->slots[i] != 0)
			*wildcard_find_slot(slots, n,
			    w->slots[i] & ~(uint64_t)STATE_BITS) = w->slots[i];
	free(w->slots);
	w->slots = slots;
	w->nslots = n;
	return 0;
}

static uint64_t
wildcard_key_of(const struct wildcard *w, const struct reply *r)
{
	uint64_t out[2];

	wildcard_mix(w, r, out);
	return out[0] & ~(uint64_t)STATE_BITS;
}

void
wildcard_answer(struct wildcard *w, const struct reply *r, bool success)
{
	uint64_t *slot = wildcard_find_slot(w->slots, w->nslots,
	    wildcard_key_of(w, r));

	if (*slot == 0 || wildcard_state_of(*slot) != ASKED)
		return;
	w->counts.answers++;
	w->counts.wildcards += success;
	*slot = (*slot & ~(uint64_t)STATE_BITS) | (success ? WILDCARD : REAL);
}

/* Asks about an address that is new.  Its state is then in the slot. */
static void
wildcard_ask(struct wildcard *w, struct back_out *back, const struct reply *r,
    uint64_t *slot, uint64_t key)
{
	unsigned char address[IP6_SIZE];
	uint16_t port = wildcard_port(w, r);

	if (back == NULL || port == 0) {
		*slot = key | UNKNOWN;
		return;
	}
	if (r->family == 6)
		ip6_put(address, r->target6);
	else
		put32(address, r->target);
	back_out_target(back, BACK_PROBE, "wildcard", address, port);
	w->counts.asked++;
	*slot = key | ASKED;
}

uint64_t
wildcard_look(struct wildcard *w, struct back_out *back, const struct reply *r)
{
	uint64_t key = wildcard_key_of(w, r);
	uint64_t *slot = wildcard_find_slot(w->slots, w->nslots, key);

	if (*slot != 0)
		return key;
	if (w->used >= w->nslots / 4 * 3) {
		if (wildcard_grow(w) == -1)
			return key;
		slot = wildcard_find_slot(w->slots, w->nslots, key);
	}
	w->used++;
	wildcard_ask(w, back, r, slot, key);
	return key;
}

enum wildcard_verdict
wildcard_verdict(const struct wildcard *w, uint64_t key)
{
	switch (
	    wildcard_state_of(*wildcard_find_slot(w->slots, w->nslots, key))) {
	case ASKED:
		return WILDCARD_ASKED;
	case WILDCARD:
		return WILDCARD_YES;
	case REAL:
		return WILDCARD_NO;
	default:
		return WILDCARD_UNKNOWN;
	}
}

void
wildcard_give_up(struct wildcard *w, uint64_t key)
{
	uint64_t *slot = wildcard_find_slot(w->slots, w->nslots, key);

	if (wildcard_state_of(*slot) == ASKED)
		*slot = key | UNKNOWN;
}
