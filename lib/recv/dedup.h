/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which answers are repeats.  The rule: an answer is a repeat if an answer of
 * its kind has come before from the same target (address and port).  There are
 * two kinds, successes and all else, kept apart, so that a RST or an ICMP
 * error never makes a later SYN-ACK a repeat.
 *
 *	full	exact, for the whole scan
 *	window	exact among the last targets of each kind, a given number
 *	none	nothing is a repeat
 *
 * What full costs: 2 MiB, and nothing for targets that do not answer.  With
 * one port (or none), the answers out of one /16 are a small hash table of 2
 * to 6 bytes each, and from about 1500 on a bitmap of 8 KiB, so 512 MiB for a
 * kind if all of the Internet answers.  With more ports, 5 to 11 bytes each.
 */
#ifndef DEDUP_H
#define DEDUP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

enum dedup_method {
	DEDUP_FULL,
	DEDUP_WINDOW,
	DEDUP_NONE,
};

struct dedup;

/* The method called so; -1: there is none. */
int dedup_method_parse(const char *name);

/*
 * one_port: all answers come from the same port.  window: targets that the
 * window remembers of each kind, at least 1.  seed: 16 random bytes, so that
 * strangers cannot choose what collides.  NULL for lack of memory.
 */
struct dedup *dedup_new(enum dedup_method, bool one_port, uint32_t window,
    const unsigned char seed[16]);
void dedup_free(struct dedup *);

/*
 * Has an answer of this kind come from this target?  1: yes; 0: no, and now it
 * has; -1: no, and there is no memory to remember it.
 */
int dedup_seen(struct dedup *, uint32_t address, uint16_t port, bool success);

/*
 * An answer from there is likely to be asked about soon: what that looks at
 * first is fetched into the cache.
 */
void dedup_expect(const struct dedup *, uint32_t address);

/*
 * dedup_seen of IPv6, by a keyed fingerprint of address and port: of 64 bits in
 * 9 to 12 bytes for full, so that among 100 million answers there is less than
 * one chance in a thousand of a false repeat; of 48 bits for window.
 */
int dedup_seen6(struct dedup *, struct ip6 address, uint16_t port,
    bool success);

size_t dedup_memory(const struct dedup *); /* bytes allocated */

#endif
