/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of the answers to each probe; see rivals.h. */
#include "recv/rivals.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/siphash.h"

#define FIRST_SLOTS 4096
#define CBOR_FALSE  0xf4
#define CBOR_TRUE   0xf5
#define CBOR_NULL   0xf6

struct slot {
	uint64_t key; /* of the probe; 0: free */
	uint32_t digests[RIVALS_MAX];
	uint32_t n;
};

struct rivals {
	uint64_t wait;
	uint8_t protocol;
	struct siphash_key key;
	struct slot *slots;
	size_t nslots, used;
	struct hold *hold;
	struct rivals_counts counts;
};

struct rivals *
rivals_new(const struct scan *scan, uint8_t protocol, uint64_t wait)
{
	struct rivals *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->wait = wait;
	r->protocol = protocol;
	r->key = siphash_key(scan->key);
	r->nslots = FIRST_SLOTS;
	r->slots = calloc(r->nslots, sizeof *r->slots);
	r->hold = hold_new();
	if (r->slots == NULL || r->hold == NULL) {
		rivals_free(r);
		return NULL;
	}
	return r;
}

void
rivals_free(struct rivals *r)
{
	if (r == NULL)
		return;
	free(r->slots);
	hold_free(r->hold);
	free(r);
}

const struct rivals_counts *
rivals_count(const struct rivals *r)
{
	return &r->counts;
}

bool
rivals_pending(struct rivals *r)
{
	return hold_first(r->hold) != NULL;
}

/* --- which probe, and which answer --- */

static uint64_t
probe_key(const struct rivals *r, const struct reply *reply)
{
	struct siphash h = siphash_start(r->key);
	uint64_t out[2];

	if (reply->family == 6) {
		siphash_add(&h, reply->target6.hi);
		siphash_add(&h, reply->target6.lo);
	} else
		siphash_add(&h, reply->target);
	siphash_add(&h,
	    (uint64_t)reply->target_port << 16 | reply->source_port);
	siphash_add(&h, 0x726976616c73); /* "rivals": no other use of the key */
	siphash_end(&h, out);
	return out[0] != 0 ? out[0] : 1;
}

/* Without what differs between two copies of the same answer. */
static uint32_t
digest(const struct rivals *r, const struct reply *reply)
{
	struct siphash h = siphash_start(r->key);
	const unsigned char *p = reply->data;
	size_t n = reply->size;
	uint64_t word, out[2];

	if (r->protocol == IPPROTO_TCP && n >= 16) {
		p += 4; /* ports; and up to the checksum */
		n = 12;
	} else if (r->protocol == IPPROTO_UDP && n >= 8) {
		p += 8;
		n -= 8;
	}
	siphash_add(&h, n);
	for (; n > 0; p += n < 8 ? n : 8, n -= n < 8 ? n : 8) {
		word = 0;
		memcpy(&word, p, n < 8 ? n : 8);
		siphash_add(&h, word);
	}
	siphash_end(&h, out);
	return (uint32_t)out[0];
}

/* --- the table --- */

static struct slot *
rivals_find_slot(struct slot *slots, size_t n, uint64_t key)
{
	size_t i;

	for (i = key & (n - 1); slots[i].key != 0 && slots[i].key != key;
	     i = (i + 1) & (n - 1))
		;
	return &slots[i];
}

static int
rivals_grow(struct rivals *r)
{
	size_t n = r->nslots * 2, i;
	struct slot *slots;

	if (n * sizeof *slots > RIVALS_MEMORY ||
	    (slots = calloc(n, sizeof *slots)) == NULL)
		return -1;
	for (i = 0; i < r->nslots; i++)
		if (r->slots[i].key != 0)
			*rivals_find_slot(slots, n,
			    r->slots[i].key) = r->slots[i];
	free(r->slots);
	r->slots = slots;
	r->nslots = n;
	return 0;
}

/* The slot of this probe, new or not; NULL: there is no room. */
static struct slot *
rivals_slot_for(struct rivals *r, uint64_t key)
{
	struct slot *s = rivals_find_slot(r->slots, r->nslots, key);

	if (s->key != 0)
		return s;
	if (r->used >= r->nslots / 4 * 3) {
		if (rivals_grow(r) == -1)
			return NULL;
		s = rivals_find_slot(r->slots, r->nslots, key);
	}
	s->key = key;
	r->used++;
	return s;
}

static void
add_digest(struct rivals *r, struct slot *s, uint32_t d)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->digests[i] == d)
			return;
	if (s->n == RIVALS_MAX)
		return;
	s->digests[s->n++] = d;
	r->counts.injected += s->n == 2;
}

static void
put_tail(unsigned char tail[RIVALS_TAIL], uint32_t n)
{
	tail[0] = (unsigned char)n; /* CBOR has numbers below 24 as they are */
	tail[1] = n > 1 ? CBOR_TRUE : CBOR_FALSE;
}

bool
rivals_take(struct rivals *r, const struct reply *reply,
    const unsigned char *record, size_t n, uint64_t now,
    unsigned char tail[RIVALS_TAIL])
{
	uint64_t key = probe_key(r, reply);
	struct slot *s = rivals_slot_for(r, key);

	tail[0] = tail[1] = CBOR_NULL;
	if (s == NULL) {
		r->counts.forgotten++;
		return false;
	}
	add_digest(r, s, digest(r, reply));
	if (hold_put(r->hold, key, record, n, now + r->wait))
		return true;
	put_tail(tail, s->n);
	return false;
}

void
rivals_release(struct rivals *r, struct stream_out *out, uint64_t now, bool all)
{
	unsigned char tail[RIVALS_TAIL];
	const struct held *h;

	while ((h = hold_first(r->hold)) != NULL && (all || now >= h->until)) {
		put_tail(tail,
		    rivals_find_slot(r->slots, r->nslots, h->key)->n);
		hold_write(r->hold, tail, sizeof tail, out);
	}
}
