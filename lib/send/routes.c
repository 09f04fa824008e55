/* SPDX-License-Identifier: Apache-2.0 */
/* All tables of ways; see routes.h. */
#include "send/routes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "send/routes-kinds.h"
#include "send/routes-table.h"

static const struct {
	const char *text;
	bool loses;
} refusals[] = {
	[ROUTES_OPEN] = { "open", false },
	[ROUTES_NO_ROUTE] = { "no route", true },
	[ROUTES_UNREACHABLE] = { "a route says that they are unreachable",
	    true },
	[ROUTES_PROHIBITED] = { "a route or rule prohibits them", true },
	[ROUTES_BLACKHOLE] = { "a blackhole route", true },
	[ROUTES_NEIGHBOUR] = { "their gateway does not answer", true },
	[ROUTES_OURS] = { "addresses of this machine", false },
	[ROUTES_BROADCAST] = { "broadcast addresses", false },
	[ROUTES_MULTICAST] = { "multicast addresses", false },
};

const char *
routes_refusal_text(enum routes_refusal r)
{
	return refusals[r].text;
}

bool
routes_refusal_loses(enum routes_refusal r)
{
	return refusals[r].loses;
}

/* --- building --- */

static int
build_all(struct routes *r, struct routes_site *s, const unsigned *sources,
    const uint16_t *ports)
{
	const struct routes_query *q = s->q;
	const struct address *from;
	unsigned i, k;

	r->tables = calloc((size_t)r->nsource_kinds * r->nport_kinds,
	    sizeof *r->tables);
	if (r->tables == NULL)
		return -1;
	for (i = 0; i < r->nsource_kinds; i++)
		for (k = 0; k < r->nport_kinds; k++) {
			s->table = &r->tables[i * r->nport_kinds + k];
			s->flow.source = (struct address){ .size = 0 };
			/* no route is one from an address that is not ours */
			if (q->nsources > 0) {
				from = &q->sources[sources[i]];
				if (network_ours(s->network, from) != NULL)
					s->flow.source = *from;
			}
			s->flow.to_port = s->flow.protocol != 0 &&
				q->nports > 0 ?
			    ports[k] :
			    0;
			if (routes_build(s) == -1)
				return -1;
		}
	return 0;
}

static int
find(struct routes *r, struct routes_site *s)
{
	const struct routes_query *q = s->q;
	const struct network *w = s->network;
	unsigned *sources = calloc(q->nsources + 1, sizeof *sources);
	uint16_t ports[ROUTES_KINDS] = { 0 };
	int rc = -1;

	if (sources == NULL)
		return -1;
	r->nsource_kinds = r->nport_kinds = 0;
	if (q->nsources > 0 && routes_sort_sources(r, w, q, sources) == -1)
		goto out;
	if (q->protocol != 0 && routes_by_port(w)) {
		s->flow.protocol = q->protocol;
		if (q->nports > 0)
			s->flow.from_port = q->from_first;
		routes_note_ports(r, w, q);
		if (q->nports > 0 && routes_sort_ports(r, w, q, ports) == -1)
			goto out;
	}
	if (r->nsource_kinds == 0)
		r->nsource_kinds = 1;
	if (r->nport_kinds == 0)
		r->nport_kinds = 1;
	rc = build_all(r, s, sources, ports);
out:
	free(sources);
	return rc;
}

int
routes_find(struct routes *r, struct netlink *nl, const struct network *w,
    const struct routes_query *q, char *why, size_t size)
{
	struct routes_site *s = calloc(1, sizeof *s);

	routes_free(r);
	r->family = w->family;
	if (s != NULL) {
		*s = (struct routes_site){ .r = r,
			.nl = nl,
			.network = w,
			.q = q,
			.flow = { .ifindex = q->ifindex, .uid = q->uid } };
		if (find(r, s) == 0) {
			free(s);
			return 0;
		}
		free(s);
	}
	snprintf(why, size, "cannot ask the kernel for routes: %s",
	    strerror(errno));
	routes_free(r);
	return -1;
}

void
routes_free(struct routes *r)
{
	size_t i;

	if (r->tables != NULL)
		for (i = 0; i < (size_t)r->nsource_kinds * r->nport_kinds;
		     i++) {
			free(r->tables[i].spans);
			free(r->tables[i].keys);
			free(r->tables[i].index);
		}
	free(r->tables);
	free(r->ways);
	free(r->picks);
	free(r->source_kind);
	free(r->port_kind);
	memset(r, 0, sizeof *r);
}

/* --- in words --- */

const char *
routes_way_text(const struct way *w, const struct network *network, char *buf,
    size_t size)
{
	const struct message_link *l = network_link(network, w->ifindex);
	int n = 0;

	if (w->refused != ROUTES_OPEN) {
		snprintf(buf, size, "refused: %s",
		    routes_refusal_text(w->refused));
		return buf;
	}
	if (w->gateway.size != 0)
		n = snprintf(buf, size, "via %s ", address_text(&w->gateway).s);
	n += snprintf(buf + n, size - n, "dev %s",
	    l != NULL ? l->name : "unknown");
	if (w->source.size != 0)
		snprintf(buf + n, size - n, " src %s",
		    address_text(&w->source).s);
	return buf;
}
