/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that have answered; see answered.h. */
#include "send/answered.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/keytable.h"
#include "base/siphash.h"

#define FIRST_SLOTS 65536

struct answered {
	pthread_rwlock_t lock; /* of all that follows */
	struct keytable table; /* of uint64_t */
	struct siphash_key key;
};

struct answered *
answered_new(void)
{
	struct answered *a = calloc(1, sizeof *a);
	unsigned char seed[SIPHASH_KEY_SIZE];

	if (a == NULL)
		return NULL;
	a->table = (struct keytable){ .size = sizeof(uint64_t),
		.most = SIZE_MAX };
	if (keytable_start(&a->table, FIRST_SLOTS) == -1 ||
	    getrandom(seed, sizeof seed, 0) != sizeof seed) {
		keytable_free(&a->table);
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
	keytable_free(&a->table);
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

/*
 * Another for each address and port.  The high bits of the product are spread
 * evenly and become the low ones.  It is not 0, since no target has the top
 * bit.
 */
static uint64_t
answered_exactly(const struct answered *a, uint32_t address, uint16_t port)
{
	uint64_t target = (uint64_t)address << 16 | port;

	return __builtin_bswap64(
	    (target ^ (a->key.k0 | UINT64_C(1) << 63)) * (a->key.k1 | 1));
}

static int
answered_add_one(struct answered *a, uint64_t what)
{
	int rc;

	pthread_rwlock_wrlock(&a->lock);
	rc = keytable_take(&a->table, what) != NULL ? 0 : -1;
	pthread_rwlock_unlock(&a->lock);
	return rc;
}

int
answered_add(struct answered *a, uint32_t address, uint16_t port)
{
	return answered_add_one(a, answered_exactly(a, address, port));
}

int
answered_add6(struct answered *a, struct ip6 address, uint16_t port)
{
	return answered_add_one(a, answered_fingerprint(a, address, port));
}

size_t
answered_count(const struct answered *a)
{
	return a->table.used;
}

void
answered_begin(struct answered *a)
{
	pthread_rwlock_rdlock(&a->lock);
}

bool
answered_has(const struct answered *a, uint32_t address, uint16_t port)
{
	return keytable_find(&a->table, answered_exactly(a, address, port)) !=
	    NULL;
}

bool
answered_has6(const struct answered *a, struct ip6 address, uint16_t port)
{
	return keytable_find(&a->table,
		   answered_fingerprint(a, address, port)) != NULL;
}

void
answered_end(struct answered *a)
{
	pthread_rwlock_unlock(&a->lock);
}
