/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interface identifiers: which address of a prefix is the one that is scanned.
 *
 *	rand		drawn, fixed by seed and prefix
 *	zero		the prefix itself: the subnet-router anycast address
 *	low		::1
 *	::53		these bits behind the prefix
 *	eui64=00:1b:21	made of a vendor's MAC address, whose last three
 *			bytes are drawn as for rand
 *
 * What is drawn is a promise, like the order (targets/perm.h). Behind a prefix
 * of `length` bits there are 128 - length to be set. With f the output function
 * of SplitMix64, and z1(s), z2(s), ... its outputs from state s on:
 *
 *	t	= f(seed ^ 0x6969642e7a6d6170) + length
 *	s	= f(f(hi ^ z1(t)) ^ lo ^ z2(t)) ^ vendor
 *	rand	= the low 128 - length bits of the words z1(s), low, and z2(s),
 *		  high, which is drawn only where there are more than 64 bits
 *	eui64	= the low 24 bits of z1(s); z2(s) is drawn as for rand
 *
 * hi and lo are the words of the prefix, vendor is the OUI as a number, 0 for
 * rand. Drawing goes on with the next outputs until the address differs from
 * what the scan's other identifiers give for that prefix, so no address is
 * there twice.
 */
#ifndef IID_H
#define IID_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

#define IID_MAX 16

struct iid {
	enum { IID_RAND, IID_FIXED, IID_EUI64 } kind;
	struct ip6 bits; /* IID_FIXED */
	uint32_t vendor; /* IID_EUI64 */
};

struct iids { /* { 0 } means rand */
	struct iid v[IID_MAX];
	size_t n;
};

/* Adds those of a list such as "rand,::53"; -1 and the reason in why. */
int iids_parse(struct iids *i, const char *list, char *why, size_t size);

/* What is needed to make addresses of one kind, for prefixes of one length. */
struct iid_maker {
	struct iid iid;
	unsigned length;
	uint64_t k1, k2;
	struct ip6 host;	  /* ones behind the prefix */
	struct ip6 not [IID_MAX]; /* fixed identifiers that are not drawn */
	size_t nots;
	uint32_t vendor[IID_MAX]; /* and vendors, for rand */
	size_t vendors;
};

/* Of number `which` of the list, 0 to n - 1. -1 and the reason in why. */
int iid_maker(struct iid_maker *m, const struct iids *i, size_t which,
    unsigned length, uint64_t seed, char *why, size_t size);

/* The address in this prefix, whose other bits are 0. */
struct ip6 iid_make(const struct iid_maker *m, struct ip6 prefix);

/* Makes addresses of n prefixes, in their place. */
void iid_make_all(const struct iid_maker *m, struct ip6 *a, size_t n);

/*
 * The same for prefixes of up to 64 bits, of which hi has the high words.  It
 * has room for IID_ROOM, of which n are given; they are overwritten.
 */
#define IID_ROOM 256
void iid_make_high(const struct iid_maker *m, uint64_t *hi, struct ip6 *a,
    size_t n);

/*
 * Several makers, all of them for prefixes of 64 bits and without vendors, so
 * that there is one at most that draws: it draws for all, and what is fixed
 * takes the place of a draw.  So nothing has to be sorted by maker.
 */
struct iid_mix {
	const struct iid_maker *maker; /* the caller's */
	const struct iid_maker *draws; /* which of them does, or NULL */
	uint64_t drawn[IID_MAX];       /* all ones for that one */
	uint64_t bits[IID_MAX];	       /* of those that are fixed */
};

/* False if these makers cannot be mixed: there is one, or they differ more. */
bool iid_mix(struct iid_mix *x, const struct iid_maker *m, size_t n);

/* As iid_make_high, of maker which[i] for each. */
void iid_make_mixed(const struct iid_mix *x, const uint8_t *which, uint64_t *hi,
    struct ip6 *a, size_t n);

/* Whether it is the one of its own prefix. */
static inline bool
iid_is(const struct iid_maker *m, struct ip6 a)
{
	return ip6_equal(a, iid_make(m, ip6_first(a, m->length)));
}

#endif
