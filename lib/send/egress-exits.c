/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, headers and gateways of the ways; see egress-site.h. */
#include "send/egress-site.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/privilege.h"
#include "send/nexthop.h"

/* --- gateways --- */

/* Our address on a link, of the gateway's family, to ask from. */
static struct address
source_for(struct egress_site *s, const struct way *w)
{
	struct nexthop_flow flow = { .ifindex = w->ifindex, .uid = geteuid() };
	struct network other = { 0 };
	struct address a = w->source;
	struct nexthop hop;
	size_t i;

	if (a.size == w->gateway.size)
		return a;
	a = (struct address){ .size = 0 };
	if (w->gateway.size == 4) {
		if (nexthop_ask(&s->nl, &flow, &w->gateway, 1, &hop) == 0 &&
		    hop.error == 0)
			a = hop.route.source;
		return a;
	}
	/* fe80::/10, RFC 4291 */
	if (network_read(&other, &s->nl, AF_INET6) == 0)
		for (i = 0; i < other.naddresses; i++)
			if (other.addresses[i].ifindex == w->ifindex &&
			    other.addresses[i].local.b[0] == 0xfe &&
			    (other.addresses[i].local.b[1] & 0xc0) == 0x80)
				a = other.addresses[i].local;
	network_free(&other);
	return a;
}

/* The number of this way's gateway among those to ask. */
static int
add_gateway(struct egress_site *s, const struct way *w)
{
	const struct message_link *l;
	struct neighbour *n;
	size_t i;

	for (i = 0; i < s->ngateways; i++)
		if (s->gateways[i].ifindex == w->ifindex &&
		    address_same(&s->gateways[i].address, &w->gateway))
			return (int)i;
	l = network_link(&s->e->network, w->ifindex);
	n = &s->gateways[s->ngateways++];
	*n = (struct neighbour){ .ifindex = w->ifindex,
		.address = w->gateway,
		.source = source_for(s, w) };
	egress_set_name(n->link, l->name);
	memcpy(n->ours, l->mac, sizeof n->ours);
	return (int)i;
}

int
egress_resolve(struct egress_site *s)
{
	struct egress *e = s->e;
	struct way *w;
	size_t i;

	if (s->ngateways == 0 || s->q->silent)
		return 0;
	e->has_neighbours = true;
	if (neighbours_open(&e->neighbours, s->gateways, s->ngateways) == -1) {
		privilege_missing("send packets", "cap_net_raw,cap_net_admin",
		    s->why, s->size);
		return -1;
	}
	neighbours_resolve(&e->neighbours, &s->nl);
	for (i = 0; i < e->routes.nways; i++) {
		w = &e->routes.ways[i];
		if (e->neighbour[i] == -1 || s->gateways[e->neighbour[i]].known)
			continue;
		w->refused = ROUTES_NEIGHBOUR;
		egress_warn(e,
		    "gateway %s on %s does not answer %s: -G gives its MAC address",
		    address_text(&w->gateway).s,
		    egress_link_name(e, w->ifindex),
		    w->gateway.size == 4 ? "ARP requests" :
					   "neighbour solicitations");
	}
	return 0;
}

/* --- exits --- */

/* Why it has to be IP packets, routed by the kernel; NULL: it has not. */
static const char *
wants_ip(const struct egress_site *s, const struct way *w)
{
	const struct io_way *way = io_find(s->q->way);

	if (way == &io_ip)
		return "as asked";
	if (s->q->iplayer)
		return "as -X asks";
	if (egress_loopback(s->e, w->ifindex))
		return "targets are this machine";
	if (!egress_ethernet(s->e, w->ifindex))
		return way != NULL ? NULL :
				     "the device takes no Ethernet frames";
	if (w->gateway.size == 0 && w->ifindex != s->gateway_link)
		return "targets are on our own link";
	return NULL;
}

/* The exit for frames on a device, or for IP packets; -1: too many. */
static int
add_exit(struct egress_site *s, const struct way *w, const char *because)
{
	struct egress *e = s->e;
	bool bound = because == NULL ||
	    (!egress_loopback(e, w->ifindex) &&
		(s->ifindex != 0 || w->chosen ||
		    (w->by_port && io_find(s->q->way) != &io_ip)));
	unsigned ifindex = bound ? w->ifindex : 0, i;
	struct io_part *p;

	for (i = 0; i < e->nparts; i++) {
		p = &e->parts[i];
		if (p->args.ifindex == ifindex &&
		    (e->exits[i].because == NULL) == (because == NULL))
			return (int)i;
	}
	if (i == IO_PARTS_MAX)
		return egress_refuse(s,
		    "targets are behind more than %d devices: --io ip lets the kernel route each packet, -i names one device",
		    IO_PARTS_MAX);
	p = &e->parts[e->nparts];
	egress_set_name(e->exits[i].name, egress_link_name(e, w->ifindex));
	e->exits[i].because = because;
	*p = (struct io_part){ .way = because == NULL ? s->q->way : "ip",
		.args = { .name = bound ? e->exits[i].name : NULL,
		    .ifindex = ifindex,
		    .family = s->q->family,
		    .ethernet = because == NULL &&
			egress_ethernet(e, w->ifindex) } };
	return (int)e->nparts++;
}

static void
set_header(const struct egress_site *s, const struct way *w, uint8_t header[])
{
	const struct message_link *l = network_link(&s->e->network, w->ifindex);

	if (w->ifindex == s->gateway_link)
		memcpy(header, s->q->gateway_mac, 6);
	memcpy(header + 6, s->q->source_mac != NULL ? s->q->source_mac : l->mac,
	    6);
	put16(header + 12, egress_ethertype(s));
}

int
egress_set_outlets(struct egress_site *s)
{
	struct egress *e = s->e;
	const char *because;
	struct io_outlet *o;
	struct way *w;
	size_t i;
	int part;

	e->outlets = calloc(e->routes.nways + 1, sizeof *e->outlets);
	e->neighbour = calloc(e->routes.nways + 1, sizeof *e->neighbour);
	s->gateways = calloc(e->routes.nways + 1, sizeof *s->gateways);
	if (e->outlets == NULL || e->neighbour == NULL || s->gateways == NULL)
		return egress_refuse(s, "out of memory");
	e->neighbours = (struct neighbours){ .v = s->gateways,
		.arp = -1,
		.ndp = -1 };
	for (i = 0; i < e->routes.nways; i++) {
		w = &e->routes.ways[i];
		o = &e->outlets[i];
		e->neighbour[i] = -1;
		if (w->refused != ROUTES_OPEN)
			continue;
		because = wants_ip(s, w);
		part = add_exit(s, w, because);
		if (part == -1)
			return -1;
		o->part = (uint8_t)part;
		if (because == NULL)
			set_header(s, w, o->header);
		/* of what the kernel routes, it hears the answers, too */
		if (egress_ethernet(e, w->ifindex) && w->gateway.size != 0 &&
		    (because != NULL || w->ifindex != s->gateway_link))
			e->neighbour[i] = add_gateway(s, w);
	}
	return 0;
}
