/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a target; see validate.h. */
#include "probe/validate.h"

#include <stdbool.h>

#include "probe/probe.h"

enum { LANES = 8 }; /* targets that are computed at a time */

void
validate_init(struct validate *k, const unsigned char key[VALIDATE_KEY_SIZE])
{
	k->key = siphash_key(key);
}

static inline void
words_of(const struct validate *k, uint32_t source, uint32_t target,
    uint16_t port, uint32_t v[4])
{
	struct siphash h = siphash_start(k->key);
	uint64_t out[2];

	siphash_add(&h, source | (uint64_t)target << 32);
	siphash_add(&h, port);
	siphash_end(&h, out);
	v[0] = out[0];
	v[1] = out[0] >> 32;
	v[2] = out[1];
	v[3] = out[1] >> 32;
}

void
validate_one(const struct validate *k, uint32_t source, uint32_t target,
    uint16_t port, struct validate_words *w)
{
	words_of(k, source, target, port, w->v);
}

static inline void
words_of6(const struct validate *k, struct ip6 source, struct ip6 target,
    uint16_t port, uint32_t v[4])
{
	struct siphash h = siphash_start(k->key);
	uint64_t out[2];

	siphash_add(&h, source.hi);
	siphash_add(&h, source.lo);
	siphash_add(&h, target.hi);
	siphash_add(&h, target.lo);
	siphash_add(&h, port);
	siphash_end(&h, out);
	v[0] = out[0];
	v[1] = out[0] >> 32;
	v[2] = out[1];
	v[3] = out[1] >> 32;
}

void
validate_one6(const struct validate *k, struct ip6 source, struct ip6 target,
    uint16_t port, struct validate_words *w)
{
	words_of6(k, source, target, port, w->v);
}

static void
many_plain(const struct validate *k, struct probe_target *t, size_t n)
{
	size_t i;

	/* independent chains: the processor runs several at a time */
	for (i = 0; i < n; i++)
		words_of(k, t[i].source, t[i].address, t[i].port, t[i].v);
}

static void
many_plain6(const struct validate *k, struct probe_target *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		words_of6(k, t[i].source6, t[i].address6, t[i].port, t[i].v);
}

#if defined __x86_64__
/*
 * siphash.h once more, in vectors with a target in each lane.  No vector is a
 * parameter: how they are passed depends on what the processor has.
 */
typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));

struct lanes_state {
	lanes a, b, c, d;
};

#define ROTATE(x, by) ((x) << (by) | (x) >> (64 - (by)))

static inline __attribute__((always_inline)) void
lanes_rounds(struct lanes_state *s, unsigned n)
{
	lanes a = s->a, b = s->b, c = s->c, d = s->d;

	for (unsigned i = 0; i < n; i++) {
		a += b;
		b = ROTATE(b, 13) ^ a;
		a = ROTATE(a, 32);
		c += d;
		d = ROTATE(d, 16) ^ c;
		a += d;
		d = ROTATE(d, 21) ^ a;
		c += b;
		b = ROTATE(b, 17) ^ c;
		c = ROTATE(c, 32);
	}
	*s = (struct lanes_state){ a, b, c, d };
}

/* The words of the message, with its length behind them; how many. */
static inline __attribute__((always_inline)) unsigned
lanes_message(const struct probe_target *t, bool six, lanes w[6])
{
	const unsigned n = six ? 5 : 2;

	for (unsigned i = 0; i < LANES; i++) {
		if (six) {
			w[0][i] = t[i].source6.hi;
			w[1][i] = t[i].source6.lo;
			w[2][i] = t[i].address6.hi;
			w[3][i] = t[i].address6.lo;
		} else
			w[0][i] = t[i].source | (uint64_t)t[i].address << 32;
		w[n - 1][i] = t[i].port;
		w[n][i] = (uint64_t)n * 8 << 56;
	}
	return n + 1;
}

static inline __attribute__((always_inline)) void
many_lanes(const struct validate *k, struct probe_target *t, bool six)
{
	const struct siphash h = siphash_start(k->key);
	const lanes none = { 0 };
	struct lanes_state s = { none + h.a, none + h.b, none + h.c,
		none + h.d };
	lanes w[6], low, high;
	const unsigned n = lanes_message(t, six, w);

	for (unsigned i = 0; i < n; i++) {
		s.d ^= w[i];
		lanes_rounds(&s, 2);
		s.a ^= w[i];
	}
	s.c ^= 0xee;
	lanes_rounds(&s, 4);
	low = s.a ^ s.b ^ s.c ^ s.d;
	s.b ^= 0xdd;
	lanes_rounds(&s, 4);
	high = s.a ^ s.b ^ s.c ^ s.d;
	for (unsigned i = 0; i < LANES; i++) {
		t[i].v[0] = low[i];
		t[i].v[1] = low[i] >> 32;
		t[i].v[2] = high[i];
		t[i].v[3] = high[i] >> 32;
	}
}

static __attribute__((target("avx512f"))) void
many_wide(const struct validate *k, struct probe_target *t, bool six)
{
	if (six)
		many_lanes(k, t, true);
	else
		many_lanes(k, t, false);
}

/* How many have been computed in vectors, if the processor has some. */
static size_t
many_vectors(const struct validate *k, struct probe_target *t, size_t n,
    bool six)
{
	size_t i;

	/* AVX2 has no rotation, and is slower than no vectors */
	if (!__builtin_cpu_supports("avx512f"))
		return 0;
	for (i = 0; i + LANES <= n; i += LANES)
		many_wide(k, t + i, six);
	return i;
}
#else
static size_t
many_vectors(const struct validate *k, struct probe_target *t, size_t n,
    bool six)
{
	(void)k;
	(void)t;
	(void)n;
	(void)six;
	return 0;
}
#endif

void
validate_many(const struct validate *k, struct probe_target *t, size_t n)
{
	const size_t done = many_vectors(k, t, n, false);

	many_plain(k, t + done, n - done);
}

void
validate_many6(const struct validate *k, struct probe_target *t, size_t n)
{
	const size_t done = many_vectors(k, t, n, true);

	many_plain6(k, t + done, n - done);
}
