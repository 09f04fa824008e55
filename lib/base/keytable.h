/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table: a key of 64 bits, and a state for each.  The caller's own
 * struct is the slot; its first member is the key, as a uint64_t.
 *
 *	struct slot {
 *		uint64_t key;
 *		uint32_t answers;
 *	};
 *	struct keytable t = { .size = sizeof(struct slot), .most = 1 << 20 };
 *
 *	keytable_start(&t, 4096);
 *	s = keytable_take(&t, key);
 *
 * Keys must be spread evenly in their low bits, as the output of siphash.h is,
 * and none is 0.  The table grows to twice its size where three quarters of it
 * are in use, so an entry costs 1.3 to 2.7 slots.  Nothing is taken out.
 *
 * Where a state is a few bits, they can be the lowest ones of the key's word:
 * a slot is then 8 bytes.  The word of a slot in use must not be 0.
 */
#ifndef KEYTABLE_H
#define KEYTABLE_H
#include <stddef.h>
#include <stdint.h>

struct keytable {
	size_t size;	     /* of a slot, in bytes */
	size_t most;	     /* of all slots, in bytes */
	unsigned state_bits; /* of the key's word, that hold a state */

	/* keytable_start sets these */
	unsigned char *slots;
	size_t n; /* a power of two */
	size_t used;
};

/* n: slots at first, a power of two.  -1: no memory. */
int keytable_start(struct keytable *, size_t n);
void keytable_free(struct keytable *);

/* The slot of this key, new or not; NULL: there is no room for a new one. */
void *keytable_take(struct keytable *, uint64_t key);

/* The slot of this key, or the free one, all of it 0, where it belongs. */
static inline void *
keytable_slot(const struct keytable *t, uint64_t key)
{
	uint64_t state = ((uint64_t)1 << t->state_bits) - 1;
	size_t i = key >> t->state_bits & (t->n - 1);
	uint64_t *word;

	for (;; i = (i + 1) & (t->n - 1)) {
		word = (uint64_t *)(void *)(t->slots + i * t->size);
		if (*word == 0 || (*word & ~state) == key)
			return word;
	}
}

/* The slot of this key; NULL: it is not there. */
static inline void *
keytable_find(const struct keytable *t, uint64_t key)
{
	uint64_t *word = keytable_slot(t, key);

	return *word != 0 ? word : NULL;
}

/* Bytes allocated. */
static inline size_t
keytable_memory(const struct keytable *t)
{
	return t->n * t->size;
}

#endif
