/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of order; see order.h. */
#include "targets/order.h"

int
order_make(struct order *o, uint64_t n, uint64_t seed, uint64_t block)
{
	*o = (struct order){ .polite = block > 0 };
	if (!o->polite)
		return perm_make(&o->random, n, seed);
	polite_make(&o->even, n, block, seed);
	return 0;
}

void
order_free(struct order *o)
{
	if (!o->polite)
		perm_free(&o->random);
}

void
order_seek(const struct order *o, union order_walk *w, uint64_t position)
{
	if (o->polite)
		polite_seek(&o->even, &w->even, position);
	else
		perm_seek(&o->random, &w->random, position);
}

void
order_next(const struct order *o, union order_walk *w, uint64_t *value,
    size_t count)
{
	if (o->polite)
		polite_next(&o->even, &w->even, value, count);
	else
		perm_next(&o->random, &w->random, value, count);
}

uint64_t
order_find(const struct order *o, uint64_t value)
{
	return o->polite ? polite_find(&o->even, value) :
			   perm_find(&o->random, value);
}
