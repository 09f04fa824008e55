/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address: an IP address of either family, as it stands in packets.
 *
 * Bytes are in network order, so comparing bytes is comparing addresses. What
 * stands behind `size` bytes is zero, so whole structs can be compared, too.
 */
#ifndef ADDRESS_H
#define ADDRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

enum {
	ADDRESS_MAX = 16,
	ADDRESS_TEXT = 46, /* bytes of the longest as text, with its NUL */
};

struct address {
	uint8_t size; /* 4, 16, or 0 for none */
	uint8_t b[ADDRESS_MAX];
};

/* What to print, for as long as the expression lasts: address_text(&a).s */
struct address_text {
	char s[ADDRESS_TEXT];
};

struct address_text address_text(const struct address *);

/* size bytes of network order; sizes but 4 and 16 give none. */
struct address address_of(const void *bytes, size_t size);

/* AF_INET, AF_INET6, or AF_UNSPEC; and the size of such an address. */
int address_family(const struct address *);
size_t address_family_size(int family);

/* Before, the same, or after; both of one size. */
int address_compare(const struct address *, const struct address *);

/* The one after it, or before it; false at the end of all addresses. */
bool address_next(struct address *);
bool address_previous(struct address *);

/* The first and the last one of a prefix of this length. */
struct address address_first(const struct address *, unsigned bits);
struct address address_last(const struct address *, unsigned bits);
bool address_in(const struct address *, const struct address *net,
    unsigned bits);

/* Between 0.0.0.0 and 255.255.255.255; host byte order. */
static inline struct address
address_ipv4(uint32_t host)
{
	struct address a = { .size = 4 };

	put32(a.b, host);
	return a;
}

static inline uint32_t
address_host(const struct address *a)
{
	return a->size == 4 ? get32(a->b) : 0;
}

static inline bool
address_same(const struct address *a, const struct address *b)
{
	return a->size == b->size && memcmp(a->b, b->b, sizeof a->b) == 0;
}

#endif
