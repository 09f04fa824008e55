/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way out of this machine; see egress.h.
 *
 * A way of the table gets an exit: a device of its own where we make the whole
 * frame, or the kernel's routing where only the kernel can send.  That is above
 * all to targets on our own link: each has a link address of its own.
 */
#include "send/egress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "send/egress-site.h"

static int
family_of(const struct egress_site *s)
{
	return egress_six(s) ? AF_INET6 : AF_INET;
}

/* --- ways that can be had --- */

/*
 * Who scans this machine alone means it.  Among others its addresses are an
 * accident, since no gateway gives such packets back.
 */
static void
adopt_ours(struct egress *e)
{
	size_t i;

	if (egress_count_open(e) > 0)
		return;
	for (i = 0; i < e->routes.nways; i++)
		if (e->routes.ways[i].refused == ROUTES_OURS)
			e->routes.ways[i].refused = ROUTES_OPEN;
}

static int
find_ways(struct egress_site *s)
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
	most = egress_main_way(s->e);
	if (q->gateway_mac != NULL)
		s->gateway_link = s->ifindex != 0 ? s->ifindex :
		    most != NULL		  ? most->ifindex :
						    0;
	return 0;
}

/* --- the whole --- */

static int
find_all_ways(struct egress_site *s)
{
	struct egress *e = s->e;

	if (network_read(&e->network, &s->nl, family_of(s)) == -1)
		return egress_refuse(s, "cannot ask the kernel for routes: %s",
		    strerror(errno));
	if (egress_find_interface(s) == -1 || egress_set_sources(s) == -1)
		return -1;
	egress_warn_of_sources(s);
	if (find_ways(s) == -1)
		return -1;
	if (s->q->silent) {
		/* for lines that say so */
		if (e->nsources == 0)
			egress_add_nowhere(s);
		return 0;
	}
	if (egress_count_open(e) == 0)
		return egress_refuse_all(s);
	if (egress_set_outlets(s) == -1 || egress_resolve(s) == -1)
		return -1;
	if (egress_count_open(e) == 0)
		return egress_refuse_all(s);
	return egress_finish(s);
}

/* A savefile needs no device; one that is there lends its addresses. */
static void
into_file(struct egress_site *s)
{
	struct egress *e = s->e;
	const struct message_link *l = NULL;
	const struct way *w = NULL;

	if (network_read(&e->network, &s->nl, family_of(s)) == 0 &&
	    egress_find_interface(s) == 0 && egress_set_sources(s) == 0 &&
	    find_ways(s) == 0)
		w = egress_main_way(e);
	if (w != NULL)
		l = network_link(&e->network, w->ifindex);
	if (w != NULL && !e->given)
		egress_add_source(e, &w->source);
	if (e->nsources == 0)
		egress_add_nowhere(s);
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
	put16(e->ethernet + 12, egress_ethertype(s));
}

int
egress_find(struct egress *e, const struct egress_query *q, char *why,
    size_t size)
{
	struct egress_site s = { .e = e, .q = q, .why = why, .size = size };
	int rc = 0;

	memset(e, 0, sizeof *e);
	e->neighbours.arp = e->neighbours.ndp = -1;
	if (netlink_open(&s.nl) == -1)
		rc = egress_refuse(&s, "cannot ask the kernel for routes: %s",
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

/* --- later --- */

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
