/* SPDX-License-Identifier: Apache-2.0 */
/* Targets made complete; see form.h. */
#include "send/form.h"

/* Three blocks: as many has no word of validation (probe/validate.h). */
struct ip6
form_source6(const struct form *f, struct ip6 address, unsigned number)
{
	struct siphash h = siphash_start(f->key.key);
	struct ip6 mask = ip6_mask(f->source_prefix), base = f->sources6[0];
	uint64_t out[2];

	siphash_add(&h, address.hi);
	siphash_add(&h, address.lo);
	siphash_add(&h, number);
	siphash_end(&h, out);
	return (struct ip6){ base.hi | (out[0] & ~mask.hi),
		base.lo | (out[1] & ~mask.lo) };
}

void
form_finish(const struct form *f, struct probe_target *t, size_t n)
{
	const struct probe_config *c = &f->config;
	size_t i;

	if (c->family == 6)
		validate_many6(&f->key, t, n);
	else
		validate_many(&f->key, t, n);
	for (i = 0; i < n; i++)
		t[i].source_port = !f->probe->ports ? 0 :
						      c->source_port_first +
			(t[i].v[1] + t[i].number) % c->source_port_count;
}
