/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aliased prefixes: networks in which every address answers, because one
 * machine has them all.  Published lists of them come in two files, and the
 * longest prefix of both that an address is in decides: an aliased /48 can
 * have a /64 in it that is none.
 *
 *	aliased      |<------------- /48 ------------->|
 *	not aliased             |<--/64-->|
 *	spans        |   /48    |   none  |    /48     |
 *
 * A prefix that is in both files is not aliased.  Of IPv4 the same.
 */
#ifndef ALIASES_H
#define ALIASES_H
#include <stdbool.h>
#include <stddef.h>

#include "addr/ip6.h"

#define ALIASES_TEXT (IP6_TEXT + 4) /* with length and NUL */

struct alias_prefix;
struct alias_span;

/* Begin with { 0 }. */
struct aliases {
	struct aliases_family { /* 0: IPv4, in the upper bits of an ip6 */
		struct alias_prefix *prefixes; /* as read */
		size_t n, cap;
		struct alias_span *spans; /* by address, once ready */
		size_t nspans;
	} families[2];
};

/*
 * Adds the prefixes of a list (list.h) that is open as fd, which this closes;
 * name is for messages.  -1 with a reason in why.
 */
int aliases_read(struct aliases *, const char *name, int fd, bool aliased,
    char *why, size_t size);
/* After the last list.  -1 with errno. */
int aliases_ready(struct aliases *);

/*
 * The aliased prefix that an address of 4 or 16 bytes is in, as text; its
 * length, 0 if there is none.
 */
size_t aliases_find(const struct aliases *, const unsigned char *address,
    size_t size, char out[ALIASES_TEXT]);
void aliases_free(struct aliases *);

#endif
