/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table with linear probing; see keytable.h. */
#include "base/keytable.h"

#include <stdlib.h>
#include <string.h>

int
keytable_start(struct keytable *t, size_t n)
{
	t->slots = calloc(n, t->size);
	t->n = n;
	t->used = 0;
	return t->slots != NULL ? 0 : -1;
}

void
keytable_free(struct keytable *t)
{
	free(t->slots);
}

static int
keytable_grow(struct keytable *t)
{
	struct keytable bigger = *t;
	uint64_t word, state = ((uint64_t)1 << t->state_bits) - 1;
	size_t i;

	if (t->n > t->most / t->size / 2 ||
	    keytable_start(&bigger, t->n * 2) == -1)
		return -1;
	for (i = 0; i < t->n; i++) {
		memcpy(&word, t->slots + i * t->size, sizeof word);
		if (word != 0)
			memcpy(keytable_slot(&bigger, word & ~state),
			    t->slots + i * t->size, t->size);
	}
	bigger.used = t->used;
	keytable_free(t);
	*t = bigger;
	return 0;
}

void *
keytable_take(struct keytable *t, uint64_t key)
{
	uint64_t *word = keytable_slot(t, key);

	if (*word != 0)
		return word;
	if (t->used >= t->n / 4 * 3) {
		if (keytable_grow(t) == -1)
			return NULL;
		word = keytable_slot(t, key);
	}
	*word = key;
	t->used++;
	return word;
}
