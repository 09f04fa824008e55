/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out of this machine; see egress.h.
 *
 * A way of the table gets an exit: a device of its own where we make the whole
 * frame, or the kernel's routing where only the kernel can send, to targets
 * on our own link above all, each of which has a link address of its own.
 */
#include "send/egress.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interface.h"
#include "base/mac.h"
#include "base/privilege.h"
#include "send/nexthop.h"

/* --- a building site --- */

struct site {
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

__attribute__((format(printf, 2, 3))) static int
refuse(struct site *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->why, s->size, format, ap);
	va_end(ap);
	return -1;
}

__attribute__((format(printf, 2, 3))) static void
warn_of(struct egress *e, const char *format, ...)
{
	va_list ap;

	if (e->nwarns == EGRESS_WARNS)
		return;
	va_start(ap, format);
	vsnprintf(e->warns[e->nwarns], sizeof *e->warns, format, ap);
	va_end(ap);
	e->nwarns++;
}

static const char *
link_name(const struct egress *e, unsigned ifindex)
{
	const struct message_link *l = network_link(&e->network, ifindex);

	return l != NULL ? l->name : "?";
}

static void
set_name(char to[IF_NAMESIZE], const char *from)
{
	snprintf(to, IF_NAMESIZE, "%s", from);
}

static bool
is_six(const struct site *s)
{
	return s->q->family == 6;
}

static int
family_of(const struct site *s)
{
	return is_six(s) ? AF_INET6 : AF_INET;
}

static uint16_t
ethertype_of(const struct site *s)
{
	return is_six(s) ? ETHERTYPE_IPV6 : ETHERTYPE_IP;
}

/* --- what is given --- */

static int
find_interface(struct site *s)
{
	const struct message_address *a;
	char own[IF_NAMESIZE];

	if (s->q->interface == NULL)
		return 0;
	if (interface_find(s->q->interface, own, &s->ifindex) == -1)
		return refuse(s, "interface %s: %s", s->q->interface,
		    strerror(errno));
	/* a label is one address of a device */
	a = network_label(&s->e->network, s->q->interface);
	if (a != NULL && !is_six(s) && strcmp(own, s->q->interface) != 0)
		s->label_source = address_host(&a->local);
	return 0;
}

/* A label of an interface is one source, too, unless some are given. */
static unsigned
count_sources(const struct site *s)
{
	if (s->q->sources->n > 0)
		return s->q->sources->n;
	return s->label_source != 0;
}

static int
set_sources(struct site *s)
{
	const struct sources *given = s->q->sources;
	struct egress *e = s->e;
	unsigned i;

	e->prefix = given->n > 0 ? given->prefix : IP6_BITS;
	e->nsources = s->nsources = count_sources(s);
	e->given = s->nsources > 0;
	s->sources = calloc(s->nsources + 1, sizeof *s->sources);
	e->own_sources = s->sources;
	if (s->sources == NULL)
		return refuse(s, "out of memory");
	for (i = 0; i < s->nsources; i++)
		if (is_six(s)) {
			e->sources6[i] = given->v6[i];
			s->sources[i].size = IP6_SIZE;
			ip6_put(s->sources[i].b, given->v6[i]);
		} else {
			e->sources[i] = given->n > 0 ? given->v4[i] :
						       s->label_source;
			s->sources[i] = address_ipv4(e->sources[i]);
		}
	return 0;
}

/* Answers to an address that is not ours go elsewhere. */
static void
warn_of_sources(const struct site *s)
{
	unsigned i, foreign = 0, first = 0;

	for (i = 0; i < s->nsources; i++)
		if (network_ours(&s->e->network, &s->sources[i]) == NULL &&
		    foreign++ == 0)
			first = i;
	if (foreign > 0 && s->e->prefix < IP6_BITS)
		warn_of(s->e,
		    "the sources are all of a prefix, %s/%u: answers come here only if it is routed here, or if zmap-recv answers for it on its link",
		    address_text(&s->sources[0]).s, s->e->prefix);
	else if (foreign > 0)
		warn_of(s->e,
		    "%u of %u source addresses are not this machine's, the first is %s: answers come here only if they are routed here",
		    foreign, s->nsources, address_text(&s->sources[first]).s);
}

/* --- ways that can be had --- */

static bool
is_ethernet(const struct egress *e, unsigned ifindex)
{
	const struct message_link *l = network_link(&e->network, ifindex);

	return l != NULL && l->type == ARPHRD_ETHER;
}

static bool
is_loopback(const struct egress *e, unsigned ifindex)
{
	const struct message_link *l = network_link(&e->network, ifindex);

	return l != NULL && l->type == ARPHRD_LOOPBACK;
}

static unsigned
count_open(const struct egress *e)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < e->routes.nways; i++)
		n += e->routes.ways[i].refused == ROUTES_OPEN;
	return n;
}

/*
 * Who scans this machine alone means it.  Among others its addresses are an
 * accident, since no gateway gives such packets back.
 */
static void
adopt_ours(struct egress *e)
{
	size_t i;

	if (count_open(e) > 0)
		return;
	for (i = 0; i < e->routes.nways; i++)
		if (e->routes.ways[i].refused == ROUTES_OURS)
			e->routes.ways[i].refused = ROUTES_OPEN;
}

/* The way that most targets take. */
static const struct way *
main_way(const struct egress *e)
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

static int
find_ways(struct site *s)
{
	const struct egress_query *q = s->q;
	struct routes_query rq = {
		.networks = q->networks,
		.networks6 = q->networks6,
		.ifindex = s->ifindex,
		.uid = geteuid(),
		.on_link = q->on_link || q->gateway_mac != NULL,
		.sources = s->sources,
		.nsources = s->nsources,
		.protocol = strcmp(q->way, "ip") == 0 || q->iplayer ?
		    0 :
		    q->protocol,
		.ports = q->ports,
		.nports = q->nports,
		.from_first = q->from_first,
		.from_last = q->from_last,
	};
	const struct way *most;

	s->e->asked = rq;
	if (routes_find(&s->e->routes, &s->nl, &s->e->network, &rq, s->why,
		s->size) == -1)
		return -1;
	if (!q->silent && strcmp(q->way, "pcap") != 0 &&
	    routes_find(&s->e->begun, &s->nl, &s->e->network, &rq, s->why,
		s->size) == -1)
		return -1;
	adopt_ours(s->e);
	most = main_way(s->e);
	if (q->gateway_mac != NULL)
		s->gateway_link = s->ifindex != 0 ? s->ifindex :
		    most != NULL		  ? most->ifindex :
						    0;
	return 0;
}

/* Why it has to be IP packets, routed by the kernel; NULL: it has not. */
static const char *
wants_ip(const struct site *s, const struct way *w)
{
	const struct io_way *way = io_find(s->q->way);

	if (way == &io_ip)
		return "as asked";
	if (s->q->iplayer)
		return "as -X asks";
	if (is_loopback(s->e, w->ifindex))
		return "targets are this machine";
	if (!is_ethernet(s->e, w->ifindex))
		return way != NULL ? NULL :
				     "the device takes no Ethernet frames";
	if (w->gateway.size == 0 && w->ifindex != s->gateway_link)
		return "targets are on our own link";
	return NULL;
}

/* --- gateways --- */

/* Our address on a link, of the gateway's family, to ask from. */
static struct address
source_for(struct site *s, const struct way *w)
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
add_gateway(struct site *s, const struct way *w)
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
	set_name(n->link, l->name);
	memcpy(n->ours, l->mac, sizeof n->ours);
	return (int)i;
}

static int
egress_resolve(struct site *s)
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
		warn_of(e,
		    "gateway %s on %s does not answer %s: -G gives its MAC address",
		    address_text(&w->gateway).s, link_name(e, w->ifindex),
		    w->gateway.size == 4 ? "ARP requests" :
					   "neighbour solicitations");
	}
	return 0;
}

/* --- exits --- */

/* The exit for frames on a device, or for IP packets; -1: too many. */
static int
add_exit(struct site *s, const struct way *w, const char *because)
{
	struct egress *e = s->e;
	bool bound = because == NULL ||
	    (!is_loopback(e, w->ifindex) &&
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
		return refuse(s,
		    "targets are behind more than %d devices: --io ip lets the kernel route each packet, -i names one device",
		    IO_PARTS_MAX);
	p = &e->parts[e->nparts];
	set_name(e->exits[i].name, link_name(e, w->ifindex));
	e->exits[i].because = because;
	*p = (struct io_part){ .way = because == NULL ? s->q->way : "ip",
		.args = { .name = bound ? e->exits[i].name : NULL,
		    .ifindex = ifindex,
		    .family = s->q->family,
		    .ethernet = because == NULL &&
			is_ethernet(e, w->ifindex) } };
	return (int)e->nparts++;
}

static void
set_header(const struct site *s, const struct way *w, uint8_t header[])
{
	const struct message_link *l = network_link(&s->e->network, w->ifindex);

	if (w->ifindex == s->gateway_link)
		memcpy(header, s->q->gateway_mac, 6);
	memcpy(header + 6, s->q->source_mac != NULL ? s->q->source_mac : l->mac,
	    6);
	put16(header + 12, ethertype_of(s));
}

static int
set_outlets(struct site *s)
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
		return refuse(s, "out of memory");
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
		if (is_ethernet(e, w->ifindex) && w->gateway.size != 0 &&
		    (because != NULL || w->ifindex != s->gateway_link))
			e->neighbour[i] = add_gateway(s, w);
	}
	return 0;
}

bool
egress_changed(const struct egress *e, struct netlink *nl,
    struct address *first, struct way *was, struct way *is)
{
	struct network network = { 0 };
	struct routes now = { 0 };
	char why[256];
	bool changed = false;

	if (network_read(&network, nl, e->network.family) == 0 &&
	    routes_find(&now, nl, &network, &e->asked, why, sizeof why) == 0)
		changed = routes_differ(&e->begun, &now, first, was, is);
	routes_free(&now);
	network_free(&network);
	return changed;
}

bool
egress_gateway(struct egress *e, size_t neighbour)
{
	const struct neighbour *n = &e->neighbours.v[neighbour];
	bool news = false;
	size_t i;

	for (i = 0; i < e->routes.nways; i++) {
		if (e->neighbour[i] != (int)neighbour || !n->known ||
		    !e->parts[e->outlets[i].part].args.ethernet)
			continue;
		news |= memcmp(e->outlets[i].header, n->mac, 6) != 0;
		memcpy(e->outlets[i].header, n->mac, 6);
	}
	return news;
}

/* --- what it comes to --- */

/* Nothing can be sent: why, and which option helps. */
static int
refuse_all(struct site *s)
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
		return refuse(s, "%s", e->warns[e->nwarns - 1]);
	if (w->refused != ROUTES_NO_ROUTE)
		return refuse(s, "no target can be probed: %s: %s", first.s,
		    routes_refusal_text(w->refused));
	if (s->q->interface != NULL)
		return refuse(s,
		    "no route to %s through %s: -G gives the gateway's MAC address, --on-link says that the targets are on this link",
		    first.s, s->q->interface);
	if (s->q->gateway_mac != NULL)
		return refuse(s,
		    "no route to %s: -G needs -i, which names the interface to use",
		    first.s);
	return refuse(s,
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
		warn_of(e, "targets such as %s are not probed: %s",
		    address_text(&w->first).s, routes_refusal_text(w->refused));
	}
}

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

/* For lines and files that have to have one. */
static void
add_nowhere(struct site *s)
{
	if (is_six(s))
		add_source6(s->e, (struct ip6)EGRESS_NOWHERE6);
	else
		add_source(s->e, EGRESS_NOWHERE);
}

static void
add_capture(struct egress *e, unsigned ifindex)
{
	const char *name = link_name(e, ifindex);
	unsigned i;

	for (i = 0; i < e->ncaptures; i++)
		if (strcmp(e->captures[i], name) == 0)
			return;
	if (e->ncaptures < EGRESS_CAPTURES)
		set_name(e->captures[e->ncaptures++], name);
}

/* Answers come to where probes leave, or to where their source address is. */
static void
set_captures(struct site *s)
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

/* The table as the sender wants it. */
static int
finish_outlets(struct site *s)
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
			return refuse(s,
			    "interface %s has no IPv%u address: -S says which to send from",
			    link_name(e, w->ifindex), s->q->family);
		if (is_six(s) && !e->given) {
			o->source6 = ip6_get(w->source.b);
			add_source6(e, o->source6);
		} else if (!e->given) {
			o->source = address_host(&w->source);
			add_source(e, o->source);
		}
		if (e->mtu == 0 || w->mtu < e->mtu) {
			e->mtu = w->mtu;
			set_name(e->mtu_link, link_name(e, w->ifindex));
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
egress_describe(struct site *s)
{
	struct egress *e = s->e;
	const struct way *w = main_way(e);
	struct address source = e->given ? s->sources[0] : w->source;
	const struct neighbour *n = NULL;
	int k;

	set_name(e->link, link_name(e, w->ifindex));
	e->framed = is_ethernet(e, w->ifindex) || is_loopback(e, w->ifindex);
	if (count_open(e) == 1)
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

/* A way out for raw IP sockets is not what rules about ports mean. */
static void
warn_of_rules(const struct site *s)
{
	const struct network *w = &s->e->network;
	size_t i;

	if (s->e->routes.note[0] != '\0')
		warn_of(s->e, "%s", s->e->routes.note);
	if (strcmp(s->q->way, "ip") != 0 && !s->q->iplayer)
		return;
	for (i = 0; i < w->nrules; i++)
		if (w->rules[i].protocol != 0 ||
		    w->rules[i].from_ports.last != 0 ||
		    w->rules[i].to_ports.last != 0) {
			warn_of(s->e,
			    "routing rules about protocols or ports do not hold for raw IP packets: leave out --io ip and -X to follow them");
			return;
		}
}

static int
find_all_ways(struct site *s)
{
	struct egress *e = s->e;

	if (network_read(&e->network, &s->nl, family_of(s)) == -1)
		return refuse(s, "cannot ask the kernel for routes: %s",
		    strerror(errno));
	if (find_interface(s) == -1 || set_sources(s) == -1)
		return -1;
	warn_of_sources(s);
	if (find_ways(s) == -1)
		return -1;
	if (s->q->silent) {
		/* for lines that say so */
		if (e->nsources == 0)
			add_nowhere(s);
		return 0;
	}
	if (count_open(e) == 0)
		return refuse_all(s);
	if (set_outlets(s) == -1 || egress_resolve(s) == -1)
		return -1;
	if (count_open(e) == 0)
		return refuse_all(s);
	if (finish_outlets(s) == -1)
		return -1;
	warn_of_refused(e);
	warn_of_rules(s);
	set_captures(s);
	egress_describe(s);
	e->single = is_single(e);
	memcpy(e->ethernet, e->outlets[main_way(e) - e->routes.ways].header,
	    IO_ETHERNET);
	e->many = is_many(e, e->ethernet);
	return 0;
}

/* A savefile needs no device; one that is there lends its addresses. */
static void
into_file(struct site *s)
{
	struct egress *e = s->e;
	const struct message_link *l = NULL;
	const struct way *w = NULL;

	if (network_read(&e->network, &s->nl, family_of(s)) == 0 &&
	    find_interface(s) == 0 && set_sources(s) == 0 && find_ways(s) == 0)
		w = main_way(e);
	if (w != NULL)
		l = network_link(&e->network, w->ifindex);
	if (w != NULL && !e->given && w->source.size == IP6_SIZE)
		add_source6(e, ip6_get(w->source.b));
	else if (w != NULL && !e->given && w->source.size != 0)
		add_source(e, address_host(&w->source));
	if (e->nsources == 0)
		add_nowhere(s);
	e->nparts = 1;
	e->parts[0] = (struct io_part){ .way = "pcap",
		.args = { .ethernet = !s->q->iplayer } };
	e->single = true;
	e->framed = true;
	if (l != NULL)
		memcpy(e->ethernet + 6, l->mac, 6);
	if (s->q->gateway_mac != NULL)
		memcpy(e->ethernet, s->q->gateway_mac, 6);
	if (s->q->source_mac != NULL)
		memcpy(e->ethernet + 6, s->q->source_mac, 6);
	put16(e->ethernet + 12, ethertype_of(s));
}

int
egress_find(struct egress *e, const struct egress_query *q, char *why,
    size_t size)
{
	struct site s = { .e = e, .q = q, .why = why, .size = size };
	int rc = 0;

	memset(e, 0, sizeof *e);
	e->neighbours.arp = e->neighbours.ndp = -1;
	if (netlink_open(&s.nl) == -1)
		rc = refuse(&s, "cannot ask the kernel for routes: %s",
		    strerror(errno));
	else if (strcmp(q->way, "pcap") == 0)
		into_file(&s);
	else
		rc = find_all_ways(&s);
	netlink_close(&s.nl);
	if (rc == -1)
		egress_free(e);
	return rc;
}

void
egress_free(struct egress *e)
{
	neighbours_close(&e->neighbours);
	free(e->neighbours.v);
	e->neighbours.v = NULL;
	free(e->outlets);
	free(e->neighbour);
	e->outlets = NULL;
	e->neighbour = NULL;
	routes_free(&e->routes);
	routes_free(&e->begun);
	free(e->own_sources);
	e->own_sources = NULL;
	network_free(&e->network);
}
