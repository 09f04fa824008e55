/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IPv6 address: two words in host order, so that addresses compare, mask
 * and count as numbers do.
 *
 *	2001:db8:0:1:  0:0:0:35
 *	+--------------+--------------+
 *	| hi           | lo           |	hi = 0x20010db800000001, lo = 0x35
 *	+--------------+--------------+
 *
 * A prefix length counts from the top of hi, 0 to 128.
 */
#ifndef IP6_H
#define IP6_H
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define IP6_BITS 128
#define IP6_SIZE 16 /* bytes on the wire */
#define IP6_TEXT 46 /* bytes of the longest text, with its NUL */

struct ip6 {
	uint64_t hi, lo;
};

/*
 * Reads the address at s, in any form of RFC 4291, section 2.2. Returns where
 * it ends, at `end` or before a character that no address has in it; NULL if
 * this is not an address.
 */
const char *ip6_parse(struct ip6 *a, const char *s, const char *end);

/* The text of RFC 5952 and a NUL; returns where that is. */
char *ip6_print(struct ip6 a, char out[IP6_TEXT]);

/* Network order; p need not be aligned. */
static inline struct ip6
ip6_get(const void *p)
{
	struct ip6 a;

	memcpy(&a, p, sizeof a);
	return (struct ip6){ be64toh(a.hi), be64toh(a.lo) };
}

static inline void
ip6_put(void *p, struct ip6 a)
{
	a = (struct ip6){ htobe64(a.hi), htobe64(a.lo) };
	memcpy(p, &a, sizeof a);
}

/* As a number, for arithmetic. */
static inline unsigned __int128
ip6_number(struct ip6 a)
{
	return (unsigned __int128)a.hi << 64 | a.lo;
}

static inline struct ip6
ip6_from_number(unsigned __int128 n)
{
	return (struct ip6){ n >> 64, (uint64_t)n };
}

static inline bool
ip6_equal(struct ip6 a, struct ip6 b)
{
	return ((a.hi ^ b.hi) | (a.lo ^ b.lo)) == 0;
}

static inline bool
ip6_less(struct ip6 a, struct ip6 b)
{
	return ip6_number(a) < ip6_number(b);
}

/* Negative, 0 or positive, for qsort(3) and its like. */
static inline int
ip6_compare(struct ip6 a, struct ip6 b)
{
	return (int)ip6_less(b, a) - (int)ip6_less(a, b);
}

/* The address `by` further on, modulo 2^128. */
static inline struct ip6
ip6_add(struct ip6 a, uint64_t by)
{
	return ip6_from_number(ip6_number(a) + by);
}

/* Ones where a prefix of this length has its bits. */
static inline struct ip6
ip6_mask(unsigned length)
{
	uint64_t hi = length >= 64 ? UINT64_MAX :
	    length == 0		   ? 0 :
				     UINT64_MAX << (64 - length);
	uint64_t lo = length <= 64 ? 0 : UINT64_MAX << (128 - length);

	return (struct ip6){ hi, lo };
}

/* First and last address of the prefix of this length that `a` is in. */
static inline struct ip6
ip6_first(struct ip6 a, unsigned length)
{
	struct ip6 m = ip6_mask(length);

	return (struct ip6){ a.hi & m.hi, a.lo & m.lo };
}

static inline struct ip6
ip6_last(struct ip6 a, unsigned length)
{
	struct ip6 m = ip6_mask(length);

	return (struct ip6){ a.hi | ~m.hi, a.lo | ~m.lo };
}

/* How many bits two addresses share from the top, 128 if they are equal. */
static inline unsigned
ip6_common(struct ip6 a, struct ip6 b)
{
	if (a.hi != b.hi)
		return __builtin_clzll(a.hi ^ b.hi);
	return a.lo != b.lo ? 64 + __builtin_clzll(a.lo ^ b.lo) : IP6_BITS;
}

#endif
