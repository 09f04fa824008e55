/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources: the addresses to send from, and to receive for, as -S names them:
 * of one family, a list, or of IPv6 all of a prefix.
 */
#ifndef SOURCES_H
#define SOURCES_H
#include <stdbool.h>
#include <stdint.h>

#include "addr/ip6.h"

#define SOURCES_MAX 1024 /* as many as an option names */

struct sources {
	unsigned family; /* 4 or 6; 0: there are none */
	unsigned n;
	uint32_t v4[SOURCES_MAX];
	struct ip6 v6[SOURCES_MAX]; /* if this is a prefix, its first address */
	unsigned prefix;	    /* its length; else 128 */
};

/*
 * "10.0.0.1,10.0.1.0-10.0.1.9", "2001:db8::1,2001:db8::3" or
 * "2001:db8:1::/64"; -1 with *why.
 */
int sources_parse(const char *s, struct sources *, const char **why);

/* Is an address named, or all of a prefix?  An address has 128 bits. */
bool sources_name4(const struct sources *, uint32_t);
bool sources_name6(const struct sources *, struct ip6 first, unsigned prefix);

#endif
