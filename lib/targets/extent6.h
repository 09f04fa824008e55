/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IPv6 addresses of a scan, as sets.
 *
 *	windows	one address in each prefix of some length, for each interface
 *		identifier: the prefixes that are scanned, by length and
 *		identifier
 *	plain	every address of some ranges
 *	addrs	single addresses, very many
 *	pairs	addresses with a port of their own
 *
 * Settled, no address is in two of the first three, or twice in one:
 *
 *  -	where windows of different lengths overlap, the longer length counts: a
 *	prefix that consists of longer windows is left to them;
 *  -	an address that is listed by itself or in a range is not repeated by a
 *	window.
 *
 * The ranges of a window are whole prefixes: what takes out the address of a
 * prefix takes out the prefix, for that identifier.
 */
#ifndef EXTENT6_H
#define EXTENT6_H
#include "addr/packed.h"
#include "addr/ranges6.h"
#include "scan/scanid.h"
#include "targets/iid.h"

struct list_entry;

struct window6 {
	struct iid_maker maker;
	struct ranges6 prefixes;
};

/* As lists have it, before they are put together. */
struct intake6 { /* { 0 } is empty */
	struct {
		unsigned length;
		struct ranges6 area;
	} * window; /* ascending lengths */
	size_t windows;
	struct ranges6 plain;
	struct packed addrs, pairs;
};

struct extent6 {		/* { 0 } is empty */
	struct window6 *window; /* ascending lengths, identifiers as given */
	size_t windows;
	struct ranges6 area; /* all addresses in prefixes of windows */
	struct ranges6 plain;
	struct packed addrs, pairs;
};

/* All of these return -1 with errno when memory is short. */
int intake6_add(struct intake6 *in, const struct list_entry *e);
/* Takes over n addresses at v, mapped and sorted, or copies them. */
int intake6_map(struct intake6 *in, unsigned char *v, size_t n);
void intake6_normalise(struct intake6 *in);
/* Adds every address that is in it, whole windows, too. */
int intake6_ranges(const struct intake6 *in, struct ranges6 *r);
void intake6_free(struct intake6 *in);

struct extent6_wish {
	const struct iids *iids;
	uint64_t seed;
};

/*
 * Takes over what is in `in` and settles it. -1 and the reason in why, which
 * is "" if memory is short.
 */
int extent6_settle(struct extent6 *x, struct intake6 *in,
    const struct extent6_wish *wish, char *why, size_t size);

/* Takes out what is, or what is not, in r. */
int extent6_take_out(struct extent6 *x, const struct ranges6 *r);
int extent6_limit_to(struct extent6 *x, const struct ranges6 *r);

/* How many addresses, pairs apart. */
unsigned __int128 extent6_count(const struct extent6 *x);
/* Whether an address is one of them, pairs apart. */
bool extent6_has(const struct extent6 *x, struct ip6 a);
/* What is most of it, for a message: a prefix or range and its count. */
void extent6_largest(const struct extent6 *x, char *text, size_t size);

/* Goes through plain and addrs at once, in ascending order. */
struct extent6_walk {
	size_t range, run, at;
};
bool extent6_next(const struct ranges6 *plain, const struct packed *addrs,
    struct extent6_walk *w, struct range6 *r);

void iids_digest(const struct iids *i, struct scanid *id);
void ranges6_digest(const struct ranges6 *r, struct scanid *id);
/* The same for the same addresses, whatever lists they came from. */
void extent6_digest(const struct extent6 *x, struct scanid *id);
int extent6_copy(struct extent6 *to, const struct extent6 *from);
void extent6_free(struct extent6 *x);

#endif
