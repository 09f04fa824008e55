/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4, 128 bits, over blocks of 16 bytes; see validate.h. */
#include "probe/validate.h"

#include <string.h>

#define ROTATE(x, b) ((x) << (b) | (x) >> (64 - (b)))

#define SIPROUND(a, b, c, d)                                                   \
	do {                                                                   \
		a += b;                                                        \
		b = ROTATE(b, 13);                                             \
		b ^= a;                                                        \
		a = ROTATE(a, 32);                                             \
		c += d;                                                        \
		d = ROTATE(d, 16);                                             \
		d ^= c;                                                        \
		a += d;                                                        \
		d = ROTATE(d, 21);                                             \
		d ^= a;                                                        \
		c += b;                                                        \
		b = ROTATE(b, 17);                                             \
		b ^= c;                                                        \
		c = ROTATE(c, 32);                                             \
	} while (0)

static uint64_t
load64(const unsigned char *p)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

void
validate_init(struct validate *k, const unsigned char key[16])
{
	k->k0 = load64(key);
	k->k1 = load64(key + 8);
}

/* Message words m0, m1 and the length block, 16 << 56. */
static inline void
hash(const struct validate *k, uint64_t m0, uint64_t m1, uint64_t out[2])
{
	uint64_t a = k->k0 ^ 0x736f6d6570736575;
	uint64_t b = k->k1 ^ 0x646f72616e646f6d ^ 0xee;
	uint64_t c = k->k0 ^ 0x6c7967656e657261;
	uint64_t d = k->k1 ^ 0x7465646279746573;
	const uint64_t last = (uint64_t)16 << 56;

	d ^= m0;
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	a ^= m0;
	d ^= m1;
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	a ^= m1;
	d ^= last;
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	a ^= last;
	c ^= 0xee;
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	out[0] = a ^ b ^ c ^ d;
	b ^= 0xdd;
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	SIPROUND(a, b, c, d);
	out[1] = a ^ b ^ c ^ d;
}

void
validate_one(const struct validate *k, uint32_t source, uint32_t target,
    uint16_t port, struct validate_words *w)
{
	uint64_t out[2];

	hash(k, source | (uint64_t)target << 32, port, out);
	w->v[0] = out[0];
	w->v[1] = out[0] >> 32;
	w->v[2] = out[1];
	w->v[3] = out[1] >> 32;
}

void
validate_many(const struct validate *k, const uint32_t *source,
    const uint32_t *target, const uint16_t *port, struct validate_words *w,
    size_t n)
{
	size_t i;

	/* independent chains: the processor runs several at a time */
	for (i = 0; i < n; i++)
		validate_one(k, source[i], target[i], port[i], &w[i]);
}
