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

struct held {
	uint64_t key;
	uint64_t until;
	uint32_t size; /* of what follows; 0: go on at the ring's begin */
	uint32_t room; /* all of it, in the ring */
};

struct check {
	const struct scan *scan;
	uint64_t wait;
	struct siphash_key key;
	uint64_t *slots;
	size_t nslots, used;
	unsigned char *ring;
	size_t head, tail; /* bytes put in, taken out, ever */
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
	c->ring = malloc(CHECK_HELD);
	if (c->slots == NULL || c->ring == NULL) {
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
	free(c->ring);
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
	return c->nslots * sizeof *c->slots + CHECK_HELD;
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
grow(struct check *c)
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
ask(struct check *c, struct back_out *back, const struct reply *r,
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
look(struct check *c, struct back_out *back, const struct reply *r,
    uint64_t key)
{
	uint64_t *slot = find_slot(c->slots, c->nslots, key);

	if (*slot != 0)
		return state_of(*slot);
	if (c->used >= c->nslots / 4 * 3) {
		if (grow(c) == -1)
			return UNKNOWN;
		slot = find_slot(c->slots, c->nslots, key);
	}
	c->used++;
	ask(c, back, r, slot, key);
	return state_of(*slot);
}

/* --- records that wait --- */

static size_t
room_for(size_t n)
{
	return (sizeof(struct held) + n + 7) & ~(size_t)7;
}

static struct held *
held_at(const struct check *c, size_t at)
{
	return (struct held *)(c->ring + at % CHECK_HELD);
}

bool
check_pending(const struct check *c)
{
	return c->head != c->tail;
}

/* The rest of the ring is left out, so that a record lies in one piece. */
static void
wrap(struct check *c, size_t need)
{
	size_t left = CHECK_HELD - c->head % CHECK_HELD;

	if (left >= need)
		return;
	if (left >= sizeof(struct held))
		*held_at(c, c->head) = (struct held){ .room = (uint32_t)left };
	c->head += left;
}

static void
put(struct check *c, uint64_t key, const unsigned char *record, size_t n,
    uint64_t until)
{
	size_t room = room_for(n);
	struct held *h;

	wrap(c, room);
	h = held_at(c, c->head);
	*h = (struct held){ key, until, (uint32_t)n, (uint32_t)room };
	memcpy(h + 1, record, n);
	c->head += room;
}

/* Over what wrap has left out. */
static void
skip(struct check *c)
{
	size_t left = CHECK_HELD - c->tail % CHECK_HELD;

	if (c->tail == c->head)
		return;
	if (left < sizeof(struct held) || held_at(c, c->tail)->size == 0)
		c->tail += left;
}

static void
write_held(const struct held *h, unsigned char verdict, struct stream_out *out)
{
	struct encoder e = stream_begin(out, h->size + 1);

	encode_raw(&e, h + 1, h->size);
	encode_raw(&e, &verdict, 1);
	stream_commit(out, &e, STREAM_RECORD);
}

void
check_release(struct check *c, struct stream_out *out, uint64_t now, bool all)
{
	const struct held *h;
	uint64_t *slot;

	for (skip(c); c->tail != c->head; skip(c)) {
		h = held_at(c, c->tail);
		slot = find_slot(c->slots, c->nslots, h->key);
		if (!all && state_of(*slot) == ASKED && now < h->until)
			break;
		if (state_of(*slot) == ASKED)
			*slot = h->key | UNKNOWN;
		write_held(h, verdicts[state_of(*slot)], out);
		c->tail += h->room;
	}
}

bool
check_take(struct check *c, struct back_out *back, const struct reply *r,
    const unsigned char *record, size_t n, uint64_t now, unsigned char *verdict)
{
	uint64_t key = key_of(c, r);
	enum state state = look(c, back, r, key);

	*verdict = verdicts[state];
	if (state != ASKED)
		return false;
	if (c->head - c->tail + 2 * room_for(n) > CHECK_HELD) {
		c->counts.hurried++;
		return false;
	}
	put(c, key, record, n, now + c->wait);
	return true;
}
