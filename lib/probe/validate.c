/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a target; see validate.h. */
#include "probe/validate.h"

#include "probe/probe.h"

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

void
validate_many(const struct validate *k, struct probe_target *t, size_t n)
{
	size_t i;

	/* independent chains: the processor runs several at a time */
	for (i = 0; i < n; i++)
		words_of(k, t[i].source, t[i].address, t[i].port, t[i].v);
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

void
validate_many6(const struct validate *k, struct probe_target *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		words_of6(k, t[i].source6, t[i].address6, t[i].port, t[i].v);
}
