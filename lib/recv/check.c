/* SPDX-License-Identifier: Apache-2.0 */
/* Wildcard hosts: addresses in a table, records in a ring; see check.h. */
#include "recv/check.h"

#include <stdlib.h>
#include <string.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/siphash.h"

#define FIRST_SLOTS 4096
#define FIRST_PORT  32768 /* of those that are drawn: */
#define PORTS	    28232 /* 32768 to 60999, from where clients call */
#define TRIES	    64	  /* for one that is not scanned */

enum state { FREE, ASKED, WILDCARD, REAL, UNKNOWN };

static const unsigned char verdicts[] = {
	[FREE] = CHECK_NULL,
	[ASKED] = CHECK_NULL,
	[WILDCARD] = 0xf5,
	[REAL] = 0xf4,
	[UNKNOWN] = CHECK_NULL,
};

/* 64 bits: fingerprint of the address, the lowest 3 of which are the state. */
#define STATE_BITS 7

struct check {
	const struct scan *scan;
	uint64_t wait;
	struct siphash_key key;
	uint64_t *slots;
	size_t nslots, used;
	struct hold *hold;
	struct check_counts counts;
};

struct check *
check_new(const struct scan *scan, uint64_t wait)
{
	struct check *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->scan = scan;
	c->wait = wait;
	c->key = siphash_key(scan->key);
	c->nslots = FIRST_SLOTS;
	c->slots = calloc(c->nslots, sizeof *c->slots);
	c->hold = hold_new();
	if (c->slots == NULL || c->hold == NULL) {
		check_free(c);
		return NULL;
	}
	return c;
}

void
check_free(struct check *c)
{
	if (c == NULL)
		return;
	free(c->slots);
	hold_free(c->hold);
	free(c);
}

const struct check_counts *
check_count(const struct check *c)
{
	return &c->counts;
}

size_t
check_memory(const struct check *c)
{
	return c->nslots * sizeof *c->slots + HOLD_MEMORY;
}

/* --- addresses --- */

/* Two words of the address, by the key. */
static void
mix(const struct check *c, const struct reply *r, uint64_t out[2])
{
	struct siphash h = siphash_start(c->key);

	if (r->family == 6) {
		siphash_add(&h, r->target6.hi);
		siphash_add(&h, r->target6.lo);
	} else
		siphash_add(&h, r->target);
	siphash_add(&h, 0x636865636b); /* "check": no other use of the key */
	siphash_end(&h, out);
}

static uint16_t
draw_port(const struct scan *s, uint64_t random)
{
	unsigned at = random % PORTS, i;

	for (i = 0; i < TRIES; i++, at = (at + 1) % PORTS)
		if (!scan_has_port(s, FIRST_PORT + at))
			return FIRST_PORT + at;
	return 0;
}

uint16_t
check_port(const struct check *c, const struct reply *r)
{
	uint64_t out[2];

	mix(c, r, out);
	return draw_port(c->scan, out[1]);
}

static enum state
state_of(uint64_t slot)
{
	return slot & STATE_BITS;
}

/* The slot of this key, or the free one where it belongs. */
static uint64_t *
find_slot(uint64_t *slots, size_t n, uint64_t key)
{
	size_t i;

	for (i = key >> 3 & (n - 1);
	     slots[i] != 0 && (slots[i] & ~(uint64_t)STATE_BITS) != key;
	     i = (i + 1) & (n - 1))
		;
	return &slots[i];
}

static int
check_grow(struct check *c)
{
	size_t n = c->nslots * 2, i;
	uint64_t *slots;

	if (n * sizeof *slots > CHECK_MEMORY ||
	    (slots = calloc(n, sizeof *slots)) == NULL)
		return -1;
	for (i = 0; i < c->nslots; i++)
		if (c->slots[i] != 0)
			*find_slot(slots, n,
			    c->slots[i] & ~(uint64_t)STATE_BITS) = c->slots[i];
	free(c->slots);
	c->slots = slots;
	c->nslots = n;
	return 0;
}

static uint64_t
key_of(const struct check *c, const struct reply *r)
{
	uint64_t out[2];

	mix(c, r, out);
	return out[0] & ~(uint64_t)STATE_BITS;
}

void
check_verdict(struct check *c, const struct reply *r, bool success)
{
	uint64_t *slot = find_slot(c->slots, c->nslots, key_of(c, r));

	if (*slot == 0 || state_of(*slot) != ASKED)
		return;
	c->counts.answers++;
	c->counts.wildcards += success;
	*slot = (*slot & ~(uint64_t)STATE_BITS) | (success ? WILDCARD : REAL);
}

/* Asks about an address that is new.  Its state is then in the slot. */
static void
check_ask(struct check *c, struct back_out *back, const struct reply *r,
    uint64_t *slot, uint64_t key)
{
	unsigned char address[IP6_SIZE];
	uint16_t port = check_port(c, r);

	if (back == NULL || port == 0) {
		*slot = key | UNKNOWN;
		return;
	}
	if (r->family == 6)
		ip6_put(address, r->target6);
	else
		put32(address, r->target);
	back_out_target(back, BACK_PROBE, "wildcard", address, port);
	c->counts.asked++;
	*slot = key | ASKED;
}

/* The state of the address, which is asked about if it is new. */
static enum state
check_look(struct check *c, struct back_out *back, const struct reply *r,
    uint64_t key)
{
	uint64_t *slot = find_slot(c->slots, c->nslots, key);

	if (*slot != 0)
		return state_of(*slot);
	if (c->used >= c->nslots / 4 * 3) {
		if (check_grow(c) == -1)
			return UNKNOWN;
		slot = find_slot(c->slots, c->nslots, key);
	}
	c->used++;
	check_ask(c, back, r, slot, key);
	return state_of(*slot);
}

/* --- records that wait --- */

bool
check_pending(const struct check *c)
{
	return hold_first(c->hold) != NULL;
}

void
check_release(struct check *c, struct stream_out *out, uint64_t now, bool all)
{
	const struct held *h;
	uint64_t *slot;

	while ((h = hold_first(c->hold)) != NULL) {
		slot = find_slot(c->slots, c->nslots, h->key);
		if (!all && state_of(*slot) == ASKED && now < h->until)
			break;
		if (state_of(*slot) == ASKED)
			*slot = h->key | UNKNOWN;
		hold_write(c->hold, &verdicts[state_of(*slot)], 1, out);
	}
}

bool
check_take(struct check *c, struct back_out *back, const struct reply *r,
    const unsigned char *record, size_t n, uint64_t now, unsigned char *verdict)
{
	uint64_t key = key_of(c, r);
	enum state state = check_look(c, back, r, key);

	*verdict = verdicts[state];
	if (state != ASKED)
		return false;
	if (hold_put(c->hold, key, record, n, now + c->wait))
		return true;
	c->counts.hurried++;
	return false;
}
