/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Validation: what ties an answer to a probe without keeping state.
 *
 * A keyed function of our address, the target's address and the target's port
 * gives 128 bits, the words v[0] to v[3], which probes carry in their fields
 * and answers bring back.  It is SipHash-2-4 with 128 bits of output
 * (base/siphash.h) over one 16-byte block:
 *
 *	our address (4), target address (4), target port (4), 0 (4)
 *
 * all little endian; of IPv6, over 40 bytes:
 *
 *	our address (16), target address (16), target port (4), 0 (4)
 *
 * where an address is two words of 8 bytes, the upper one first.  The key is
 * fresh for each scan.  Addresses and ports are in host order; the port is 0
 * for probes without ports.
 */
#ifndef VALIDATE_H
#define VALIDATE_H
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "base/siphash.h"

#define VALIDATE_KEY_SIZE SIPHASH_KEY_SIZE

struct probe_target;

struct validate {
	struct siphash_key key;
};

/* One target and its words. */
struct validate_words {
	uint32_t v[4];
};

void validate_init(struct validate *,
    const unsigned char key[VALIDATE_KEY_SIZE]);

void validate_one(const struct validate *, uint32_t source, uint32_t target,
    uint16_t port, struct validate_words *);

void validate_one6(const struct validate *, struct ip6 source,
    struct ip6 target, uint16_t port, struct validate_words *);

/* The words of n targets, into v of each; a few go side by side. */
void validate_many(const struct validate *, struct probe_target *, size_t n);
void validate_many6(const struct validate *, struct probe_target *, size_t n);

#endif
