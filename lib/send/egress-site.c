/* SPDX-License-Identifier: Apache-2.0 */
/* What all files of egress need; see egress-site.h. */
#include "send/egress-site.h"

#include <linux/if_arp.h>
#include <net/ethernet.h>
#include <stdarg.h>
#include <stdio.h>

/* --- words --- */

__attribute__((format(printf, 2, 3))) int
egress_refuse(struct egress_site *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->why, s->size, format, ap);
	va_end(ap);
	return -1;
}

__attribute__((format(printf, 2, 3))) void
egress_warn(struct egress *e, const char *format, ...)
{
	va_list ap;

	if (e->nwarns == EGRESS_WARNS)
		return;
	va_start(ap, format);
	vsnprintf(e->warns[e->nwarns], sizeof *e->warns, format, ap);
	va_end(ap);
	e->nwarns++;
}

void
egress_set_name(char to[IF_NAMESIZE], const char *from)
{
	snprintf(to, IF_NAMESIZE, "%s", from);
}

/* --- family and devices --- */

bool
egress_six(const struct egress_site *s)
{
	return s->q->family == 6;
}

uint16_t
egress_ethertype(const struct egress_site *s)
{
	return egress_six(s) ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
}

const char *
egress_link_name(const struct egress *e, unsigned ifindex)
{
	const struct message_link *l = network_link(&e->network, ifindex);

	return l != NULL ? l->name : "?";
}

bool
egress_ethernet(const struct egress *e, unsigned ifindex)
{
	const struct message_link *l = network_link(&e->network, ifindex);

	return l != NULL && l->type == ARPHRD_ETHER;
}

bool
egress_loopback(const struct egress *e, unsigned ifindex)
{
	const struct message_link *l = network_link(&e->network, ifindex);

	return l != NULL && l->type == ARPHRD_LOOPBACK;
}

/* --- ways --- */

unsigned
egress_count_open(const struct egress *e)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < e->routes.nways; i++)
		n += e->routes.ways[i].refused == ROUTES_OPEN;
	return n;
}

const struct way *
egress_main_way(const struct egress *e)
{
	const struct way *best = NULL, *w;
	size_t i;

	for (i = 0; i < e->routes.nways; i++) {
		w = &e->routes.ways[i];
		if (w->refused == ROUTES_OPEN &&
		    (best == NULL || w->targets > best->targets))
			best = w;
	}
	return best;
}
