/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of struct routes, for one kind of sources and one of ports: the
 * networks of the scan are cut where any route or rule begins or ends, the
 * kernel is asked for each piece, and neighbours that go the same way become
 * one span.
 */
#ifndef ROUTES_TABLE_H
#define ROUTES_TABLE_H
#include <stdbool.h>
#include <stddef.h>

#include "send/netlink.h"
#include "send/network.h"
#include "send/nexthop.h"
#include "send/routes.h"

/* What tables are built with; the caller sets all but the last members. */
struct routes_site {
	struct routes *r;
	struct routes_table *table; /* the one that is built */
	struct netlink *nl;
	const struct network *network;
	const struct routes_query *q;
	struct nexthop_flow flow; /* what the kernel is asked with */

	/* Pieces that have yet to be asked for. */
	struct address first[NEXTHOP_MANY], last[NEXTHOP_MANY];
	size_t n;
};

/* -1 with errno. */
int routes_build(struct routes_site *);

/* routes-lookup.c: makes lookups in a table of IPv4 fast.  -1: no memory. */
int routes_index(struct routes_table *, int family);

/* Do both lead to the same place in the same manner? */
bool routes_same_way(const struct way *, const struct way *);

#endif
