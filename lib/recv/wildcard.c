/* SPDX-License-Identifier: Apache-2.0 */
/* Wildcard hosts: addresses in a table; see wildcard.h. */
#include "recv/wildcard.h"

#include <stdlib.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/keytable.h"
#include "base/siphash.h"

#define FIRST_SLOTS 4096
#define FIRST_PORT  32768 /* of those that are drawn: */
#define PORTS	    28232 /* 32768 to 60999, from where clients call */
#define TRIES	    64	  /* for one that is not scanned */

enum state { FREE, ASKED, WILDCARD, REAL, UNKNOWN };

/* A slot is a fingerprint of the address, with the state in its low bits. */
#define STATE_BITS 3
#define STATE	   ((uint64_t)((1 << STATE_BITS) - 1))

struct wildcard {
	const struct scan *scan;
	struct siphash_key key;
	struct keytable table; /* of uint64_t */
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
	w->table = (struct keytable){ .size = sizeof(uint64_t),
		.most = WILDCARD_MEMORY,
		.state_bits = STATE_BITS };
	if (keytable_start(&w->table, FIRST_SLOTS) == 0)
		return w;
	free(w);
	return NULL;
}

void
wildcard_free(struct wildcard *w)
{
	if (w == NULL)
		return;
	keytable_free(&w->table);
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
	return keytable_memory(&w->table);
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

static uint64_t
wildcard_key_of(const struct wildcard *w, const struct reply *r)
{
	uint64_t out[2];

	wildcard_mix(w, r, out);
	return out[0] & ~STATE;
}

void
wildcard_answer(struct wildcard *w, const struct reply *r, bool success)
{
	uint64_t key = wildcard_key_of(w, r);
	uint64_t *slot = keytable_find(&w->table, key);

	if (slot == NULL || (*slot & STATE) != ASKED)
		return;
	w->counts.answers++;
	w->counts.wildcards += success;
	*slot = key | (success ? WILDCARD : REAL);
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
	uint64_t *slot = keytable_take(&w->table, key);

	if (slot != NULL && (*slot & STATE) == FREE)
		wildcard_ask(w, back, r, slot, key);
	return key;
}

enum wildcard_verdict
wildcard_verdict(const struct wildcard *w, uint64_t key)
{
	const uint64_t *slot = keytable_find(&w->table, key);

	switch (slot != NULL ? *slot & STATE : FREE) {
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
	uint64_t *slot = keytable_find(&w->table, key);

	if (slot != NULL && (*slot & STATE) == ASKED)
		*slot = key | UNKNOWN;
}
