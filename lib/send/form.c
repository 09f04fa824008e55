/* SPDX-License-Identifier: Apache-2.0 */
/* Targets made complete; see form.h. */
#include "send/form.h"

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
