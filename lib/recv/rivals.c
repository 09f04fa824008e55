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

struct slot {
	uint64_t key; /* of the probe; 0: free */
	uint32_t digests[RIVALS_MAX];
	uint32_t n;
};

struct rivals {
	uint8_t protocol;
	struct siphash_key key;
	struct slot *slots;
	size_t nslots, used;
	struct rivals_counts counts;
};

struct rivals *
rivals_new(const struct scan *scan, uint8_t protocol)
{
	struct rivals *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->protocol = protocol;
	r->key = siphash_key(scan->key);
	r->nslots = FIRST_SLOTS;
	r->slots = calloc(r->nslots, sizeof *r->slots);
	if (r->slots != NULL)
		return r;
	free(r);
	return NULL;
}

void
rivals_free(struct rivals *r)
{
	if (r == NULL)
		return;
	free(r->slots);
	free(r);
}

const struct rivals_counts *
rivals_count(const struct rivals *r)
{
	return &r->counts;
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

uint64_t
rivals_add(struct rivals *r, const struct reply *reply)
{
	uint64_t key = probe_key(r, reply);
	struct slot *s = rivals_slot_for(r, key);

	if (s == NULL) {
		r->counts.forgotten++;
		return 0;
	}
	add_digest(r, s, digest(r, reply));
	return key;
}

unsigned
rivals_of(const struct rivals *r, uint64_t key)
{
	return rivals_find_slot(r->slots, r->nslots, key)->n;
}
