/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of the answers to each probe; see rivals.h. */
#include "recv/rivals.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "addr/ip6.h"
#include "base/keytable.h"
#include "base/siphash.h"

#define FIRST_SLOTS 4096

struct slot {
	uint64_t key; /* of the probe */
	uint32_t digests[RIVALS_MAX];
	uint32_t n;
};

struct rivals {
	uint8_t protocol;
	struct siphash_key key;
	struct keytable table; /* of struct slot */
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
	r->table = (struct keytable){ .size = sizeof(struct slot),
		.most = RIVALS_MEMORY };
	if (keytable_start(&r->table, FIRST_SLOTS) == 0)
		return r;
	free(r);
	return NULL;
}

void
rivals_free(struct rivals *r)
{
	if (r == NULL)
		return;
	keytable_free(&r->table);
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

/* --- what each has had --- */

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
	struct slot *s = keytable_take(&r->table, key);

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
	const struct slot *s = keytable_find(&r->table, key);

	return s != NULL ? s->n : 0;
}
