/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that have answered; see answered.h. */
#include "send/answered.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/siphash.h"

#define FIRST_BITS 16 /* slots, as a power of two */

struct answered {
	pthread_rwlock_t lock; /* of all that follows */
	uint64_t *slot;	       /* 0: free */
	unsigned bits;
	size_t n;
	struct siphash_key key;
};

struct answered *
answered_new(void)
{
	struct answered *a = calloc(1, sizeof *a);
	unsigned char seed[SIPHASH_KEY_SIZE];

	if (a == NULL)
		return NULL;
	a->bits = FIRST_BITS;
	a->slot = calloc((size_t)1 << a->bits, sizeof *a->slot);
	if (a->slot == NULL || getrandom(seed, sizeof seed, 0) != sizeof seed) {
		free(a->slot);
		free(a);
		return NULL;
	}
	a->key = siphash_key(seed);
	pthread_rwlock_init(&a->lock, NULL);
	return a;
}

void
answered_free(struct answered *a)
{
	if (a == NULL)
		return;
	pthread_rwlock_destroy(&a->lock);
	free(a->slot);
	free(a);
}

/* Never 0. */
static uint64_t
answered_fingerprint(const struct answered *a, struct ip6 address,
    uint16_t port)
{
	struct siphash h = siphash_start(a->key);
	uint64_t out[2];

	siphash_add(&h, address.hi);
	siphash_add(&h, address.lo);
	siphash_add(&h, port);
	siphash_end(&h, out);
	return out[0] | 1;
}

static uint64_t
answered_exactly(uint32_t address, uint16_t port)
{
	return ((uint64_t)address << 16 | port) + 1;
}

/* The slot that it is in, or that would be its own; there is a free one. */
static uint64_t *
answered_slot_of(const struct answered *a, uint64_t what)
{
	size_t mask = ((size_t)1 << a->bits) - 1;
	size_t i = (what ^ a->key.k0) * (a->key.k1 | 1) >> (64 - a->bits);

	while (a->slot[i] != 0 && a->slot[i] != what)
		i = (i + 1) & mask;
	return &a->slot[i];
}

static int
answered_grow_slots(struct answered *a)
{
	struct answered bigger = *a;
	size_t i, slots = (size_t)1 << a->bits;

	bigger.bits++;
	bigger.slot = calloc(2 * slots, sizeof *bigger.slot);
	if (bigger.slot == NULL)
		return -1;
	for (i = 0; i < slots; i++)
		if (a->slot[i] != 0)
			*answered_slot_of(&bigger, a->slot[i]) = a->slot[i];
	free(a->slot);
	a->slot = bigger.slot;
	a->bits = bigger.bits;
	return 0;
}

static int
answered_add_one(struct answered *a, uint64_t what)
{
	uint64_t *slot;
	int rc = 0;

	pthread_rwlock_wrlock(&a->lock);
	/* at most three quarters are in use */
	if (a->n + 1 > (size_t)3 << a->bits >> 2)
		rc = answered_grow_slots(a);
	if (rc == 0) {
		slot = answered_slot_of(a, what);
		a->n += *slot == 0;
		*slot = what;
	}
	pthread_rwlock_unlock(&a->lock);
	return rc;
}

int
answered_add(struct answered *a, uint32_t address, uint16_t port)
{
	return answered_add_one(a, answered_exactly(address, port));
}

int
answered_add6(struct answered *a, struct ip6 address, uint16_t port)
{
	return answered_add_one(a, answered_fingerprint(a, address, port));
}

size_t
answered_count(const struct answered *a)
{
	return a->n;
}

void
answered_begin(struct answered *a)
{
	pthread_rwlock_rdlock(&a->lock);
}

bool
answered_has(const struct answered *a, uint32_t address, uint16_t port)
{
	return *answered_slot_of(a, answered_exactly(address, port)) != 0;
}

bool
answered_has6(const struct answered *a, struct ip6 address, uint16_t port)
{
	return *answered_slot_of(a, answered_fingerprint(a, address, port)) !=
	    0;
}

void
answered_end(struct answered *a)
{
	pthread_rwlock_unlock(&a->lock);
}
