/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, INDOCRYPT 2012,
 * and their reference code) over 64-bit words: a keyed function for what others
 * must not foresee, and a good digest of anything that is made of words.
 *
 *	struct siphash h = siphash_start(key);
 *	siphash_add(&h, word);
 *	...
 *	siphash_end(&h, out);
 *
 * A word is eight little-endian bytes of the message.  All of it is inline, so
 * that a loop over short messages keeps several of them in registers.
 */
#ifndef SIPHASH_H
#define SIPHASH_H
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

struct siphash_key {
	uint64_t k0, k1;
};

struct siphash {
	uint64_t a, b, c, d;
	uint64_t words;
};

static inline struct siphash_key
siphash_key(const unsigned char bytes[SIPHASH_KEY_SIZE])
{
	struct siphash_key k = { 0, 0 };

	for (int i = 7; i >= 0; i--) {
		k.k0 = k.k0 << 8 | bytes[i];
		k.k1 = k.k1 << 8 | bytes[8 + i];
	}
	return k;
}

static inline uint64_t
siphash_rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void
siphash_rounds(struct siphash *h, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		h->a += h->b;
		h->b = siphash_rotate(h->b, 13) ^ h->a;
		h->a = siphash_rotate(h->a, 32);
		h->c += h->d;
		h->d = siphash_rotate(h->d, 16) ^ h->c;
		h->a += h->d;
		h->d = siphash_rotate(h->d, 21) ^ h->a;
		h->c += h->b;
		h->b = siphash_rotate(h->b, 17) ^ h->c;
		h->c = siphash_rotate(h->c, 32);
	}
}

static inline struct siphash
siphash_start(struct siphash_key k)
{
	/* "somepseudorandomlygeneratedbytes"; 0xee marks 128 bits */
	return (struct siphash){
		.a = k.k0 ^ UINT64_C(0x736f6d6570736575),
		.b = k.k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
		.c = k.k0 ^ UINT64_C(0x6c7967656e657261),
		.d = k.k1 ^ UINT64_C(0x7465646279746573),
	};
}

static inline void
siphash_add(struct siphash *h, uint64_t word)
{
	h->d ^= word;
	siphash_rounds(h, 2);
	h->a ^= word;
	h->words++;
}

static inline void
siphash_end(struct siphash *h, uint64_t out[2])
{
	/* the last block holds the length in bytes, modulo 256, on top */
	siphash_add(h, h->words * 8 << 56);
	h->c ^= 0xee;
	siphash_rounds(h, 4);
	out[0] = h->a ^ h->b ^ h->c ^ h->d;
	h->b ^= 0xdd;
	siphash_rounds(h, 4);
	out[1] = h->a ^ h->b ^ h->c ^ h->d;
}

#endif
