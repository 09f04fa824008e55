/* SPDX-License-Identifier: Apache-2.0 */
/*
 * egress-site: what an egress is made with, and the files that do a part of it:
 *
 *	egress-given.c   interface and source addresses, as given
 *	egress-exits.c   devices, link headers and gateways of each way
 *	egress-result.c  the table for the sender, and what to tell the user
 *	egress-site.c    what all of them need
 *
 * egress.c alone says in which order.
 */
#ifndef EGRESS_SITE_H
#define EGRESS_SITE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "send/egress.h"

struct egress_site {
	struct egress *e;
	const struct egress_query *q;
	struct netlink nl;
	unsigned ifindex;	 /* of -i, or 0 */
	unsigned gateway_link;	 /* that -G is behind, or 0 */
	struct address *sources; /* given */
	unsigned nsources;
	uint32_t label_source; /* address of a label, such as eth0:1 */
	struct neighbour *gateways;
	size_t ngateways;
	char *why;
	size_t size;
};

/* --- egress-site.c --- */

/* Writes the reason; returns -1. */
__attribute__((format(printf, 2, 3))) int egress_refuse(struct egress_site *,
    const char *format, ...);
/* One more warning; after EGRESS_WARNS there are no more. */
__attribute__((format(printf, 2, 3))) void egress_warn(struct egress *,
    const char *format, ...);
void egress_set_name(char to[IF_NAMESIZE], const char *from);

bool egress_six(const struct egress_site *);
uint16_t egress_ethertype(const struct egress_site *);
const char *egress_link_name(const struct egress *, unsigned ifindex);
bool egress_ethernet(const struct egress *, unsigned ifindex);
bool egress_loopback(const struct egress *, unsigned ifindex);

unsigned egress_count_open(const struct egress *); /* ways */
/* The way that most targets take; NULL: none is open. */
const struct way *egress_main_way(const struct egress *);

/* --- egress-given.c; -1 with the reason --- */

int egress_find_interface(struct egress_site *);
int egress_set_sources(struct egress_site *);
/* Answers to an address that is not ours go elsewhere. */
void egress_warn_of_sources(const struct egress_site *);

/* --- egress-exits.c; -1 with the reason --- */

/* Gives each open way its outlet. */
int egress_set_outlets(struct egress_site *);
/* Asks gateways for their link addresses. */
int egress_resolve(struct egress_site *);

/* --- egress-result.c --- */

/* Nothing can be sent: says why, and which option helps; -1. */
int egress_refuse_all(struct egress_site *);
/* The table as the sender wants it, with warnings; -1 with the reason. */
int egress_finish(struct egress_site *);
/* One more address that packets come from; none is none more. */
void egress_add_source(struct egress *, const struct address *);
/* For lines and files that have to have one. */
void egress_add_nowhere(struct egress_site *);

#endif
