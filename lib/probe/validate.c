/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a target; see validate.h. */
#include "probe/validate.h"

void
validate_init(struct validate *k, const unsigned char key[VALIDATE_KEY_SIZE])
{
	k->key = siphash_key(key);
}

void
validate_one(const struct validate *k, uint32_t source, uint32_t target,
    uint16_t port, struct validate_words *w)
{
	struct siphash h = siphash_start(k->key);
	uint64_t out[2];

	siphash_add(&h, source | (uint64_t)target << 32);
	siphash_add(&h, port);
	siphash_end(&h, out);
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
