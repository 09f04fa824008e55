/* SPDX-License-Identifier: Apache-2.0 */
/* What the ways come to, also in words; see egress-site.h. */
#include "send/egress-site.h"

#include <stdio.h>
#include <string.h>

#include "base/mac.h"
#include "send/routes-kinds.h"

/* --- what cannot be done --- */

int
egress_refuse_all(struct egress_site *s)
{
	struct egress *e = s->e;
	const struct way *w = &e->routes.ways[0];
	struct address_text first = address_text(&w->first);
	size_t i;

	for (i = 1; i < e->routes.nways && !routes_refusal_loses(w->refused);
	     i++) {
		w = &e->routes.ways[i];
		first = address_text(&w->first);
	}
	if (w->refused == ROUTES_NEIGHBOUR)
		return egress_refuse(s, "%s", e->warns[e->nwarns - 1]);
	if (w->refused != ROUTES_NO_ROUTE)
		return egress_refuse(s, "no target can be probed: %s: %s",
		    first.s, routes_refusal_text(w->refused));
	if (s->q->interface != NULL)
		return egress_refuse(s,
		    "no route to %s through %s: -G gives the gateway's MAC address, --on-link says that the targets are on this link",
		    first.s, s->q->interface);
	if (s->q->gateway_mac != NULL)
		return egress_refuse(s,
		    "no route to %s: -G needs -i, which names the interface to use",
		    first.s);
	return egress_refuse(s,
	    "no route to %s: -i names the interface to use, -G the gateway's MAC address",
	    first.s);
}

/* Targets that will not be probed although there may be hosts. */
static void
warn_of_refused(struct egress *e)
{
	bool told[ROUTES_REFUSALS] = { false };
	const struct way *w;
	size_t i;

	for (i = 0; i < e->routes.nways; i++) {
		w = &e->routes.ways[i];
		if (!routes_refusal_loses(w->refused) || told[w->refused] ||
		    w->refused == ROUTES_NEIGHBOUR)
			continue;
		told[w->refused] = true;
		egress_warn(e, "targets such as %s are not probed: %s",
		    address_text(&w->first).s, routes_refusal_text(w->refused));
	}
}

/* A way out for raw IP sockets is not what rules about ports mean. */
static void
warn_of_rules(const struct egress_site *s)
{
	bool raw = strcmp(s->q->way, "ip") == 0 || s->q->iplayer;

	if (s->e->routes.note[0] != '\0')
		egress_warn(s->e, "%s", s->e->routes.note);
	if (raw && routes_by_port(&s->e->network))
		egress_warn(s->e,
		    "routing rules about protocols or ports do not hold for raw IP packets: leave out --io ip and -X to follow them");
}

/* --- sources and captures --- */

static void
add_source(struct egress *e, uint32_t source)
{
	unsigned i;

	for (i = 0; i < e->nsources; i++)
		if (e->sources[i] == source)
			return;
	if (e->nsources < SOURCES_MAX)
		e->sources[e->nsources++] = source;
}

static void
add_source6(struct egress *e, struct ip6 source)
{
	unsigned i;

	for (i = 0; i < e->nsources; i++)
		if (ip6_equal(e->sources6[i], source))
			return;
	if (e->nsources < SOURCES_MAX)
		e->sources6[e->nsources++] = source;
}

void
egress_add_source(struct egress *e, const struct address *source)
{
	if (source->size == IP6_SIZE)
		add_source6(e, ip6_get(source->b));
	else if (source->size != 0)
		add_source(e, address_host(source));
}

void
egress_add_nowhere(struct egress_site *s)
{
	if (egress_six(s))
		add_source6(s->e, (struct ip6)EGRESS_NOWHERE6);
	else
		add_source(s->e, EGRESS_NOWHERE);
}

static void
add_capture(struct egress *e, unsigned ifindex)
{
	const char *name = egress_link_name(e, ifindex);
	unsigned i;

	for (i = 0; i < e->ncaptures; i++)
		if (strcmp(e->captures[i], name) == 0)
			return;
	if (e->ncaptures < EGRESS_CAPTURES)
		egress_set_name(e->captures[e->ncaptures++], name);
}

/* Answers come to where probes leave, or to where their source address is. */
static void
set_captures(struct egress_site *s)
{
	const struct message_address *a;
	struct egress *e = s->e;
	unsigned i;
	size_t k;

	for (k = 0; k < e->routes.nways; k++)
		if (e->routes.ways[k].refused == ROUTES_OPEN)
			add_capture(e, e->routes.ways[k].ifindex);
	for (i = 0; i < s->nsources && s->ifindex == 0; i++) {
		a = network_ours(&e->network, &s->sources[i]);
		if (a != NULL)
			add_capture(e, a->ifindex);
	}
}

/* --- the table of ways --- */

/* The table as the sender wants it. */
static int
finish_outlets(struct egress_site *s)
{
	struct egress *e = s->e;
	struct io_outlet *o;
	struct way *w;
	size_t i;

	for (i = 0; i < e->routes.nways; i++) {
		w = &e->routes.ways[i];
		o = &e->outlets[i];
		o->refused = w->refused;
		if (w->refused != ROUTES_OPEN)
			continue;
		if (e->neighbour[i] != -1)
			egress_gateway(e, (size_t)e->neighbour[i]);
		if (!e->given && w->source.size == 0)
			return egress_refuse(s,
			    "interface %s has no IPv%u address: -S says which to send from",
			    egress_link_name(e, w->ifindex), s->q->family);
		if (!e->given && egress_six(s))
			o->source6 = ip6_get(w->source.b);
		else if (!e->given)
			o->source = address_host(&w->source);
		if (!e->given)
			egress_add_source(e, &w->source);
		if (e->mtu == 0 || w->mtu < e->mtu) {
			e->mtu = w->mtu;
			egress_set_name(e->mtu_link,
			    egress_link_name(e, w->ifindex));
		}
	}
	return 0;
}

/* Is the table more than one line? */
static bool
is_single(const struct egress *e)
{
	const struct io_outlet *o = e->outlets;
	size_t i;

	for (i = 0; i < e->routes.nways; i++)
		if (o[i].refused != ROUTES_OPEN ||
		    memcmp(&o[i], &o[0], sizeof *o) != 0)
			return false;
	return true;
}

static bool
is_many(const struct egress *e, const uint8_t header[IO_ETHERNET])
{
	size_t i;

	for (i = 0; i < e->routes.nways; i++)
		if (e->outlets[i].refused == ROUTES_OPEN &&
		    memcmp(e->outlets[i].header, header, IO_ETHERNET) != 0)
			return true;
	return e->nparts > 1;
}

static void
egress_describe(struct egress_site *s)
{
	struct egress *e = s->e;
	const struct way *w = egress_main_way(e);
	struct address source = e->given ? s->sources[0] : w->source;
	const struct neighbour *n = NULL;
	int k;

	egress_set_name(e->link, egress_link_name(e, w->ifindex));
	e->framed = egress_ethernet(e, w->ifindex) ||
	    egress_loopback(e, w->ifindex);
	if (egress_count_open(e) == 1)
		e->gateway = w->gateway;
	k = snprintf(e->says, sizeof e->says, "interface %s, from %s", e->link,
	    address_text(&source).s);
	if (w->gateway.size == 0) {
		snprintf(e->says + k, sizeof e->says - k, ", no gateway");
		return;
	}
	k += snprintf(e->says + k, sizeof e->says - k, ", by gateway %s",
	    address_text(&w->gateway).s);
	if (e->neighbour[w - e->routes.ways] == -1)
		return;
	n = &s->gateways[e->neighbour[w - e->routes.ways]];
	snprintf(e->says + k, sizeof e->says - k, " (%s%s)", mac_text(n->mac).s,
	    !n->asked		     ? "" :
		n->address.size == 4 ? ", asked by ARP" :
				       ", asked by NDP");
}

int
egress_finish(struct egress_site *s)
{
	struct egress *e = s->e;

	if (finish_outlets(s) == -1)
		return -1;
	warn_of_refused(e);
	warn_of_rules(s);
	set_captures(s);
	egress_describe(s);
	e->single = is_single(e);
	memcpy(e->ethernet,
	    e->outlets[egress_main_way(e) - e->routes.ways].header,
	    IO_ETHERNET);
	e->many = is_many(e, e->ethernet);
	return 0;
}
