/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of a scan, of one of two kinds: random (perm.h), or polite, which
 * keeps what lies near each other apart (polite.h).
 */
#ifndef ORDER_H
#define ORDER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "targets/perm.h"
#include "targets/polite.h"

struct order { /* read-only once made */
	bool polite;
	struct perm random;
	struct polite even;
};

union order_walk { /* a place in it */
	struct perm_walk random;
	struct polite_walk even;
};

/* block: 0 for the random order, or as polite.h.  -1 when memory is short. */
int order_make(struct order *, uint64_t n, uint64_t seed, uint64_t block);
void order_free(struct order *);

/* As those of perm.h. */
void order_seek(const struct order *, union order_walk *, uint64_t position);
void order_next(const struct order *, union order_walk *, uint64_t *value,
    size_t count);
uint64_t order_find(const struct order *, uint64_t value);

#endif
