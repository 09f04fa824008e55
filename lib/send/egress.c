/* SPDX-License-Identifier: Apache-2.0 */
/* The way out of this machine; see egress.h. */
#include "send/egress.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
egress_mac(const char *s, uint8_t mac[6])
{
	unsigned b[6], i;
	int used = 0;

	if (sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3],
		&b[4], &b[5], &used) != 6 ||
	    s[used] != '\0')
		return "not a MAC address such as 02:00:5e:00:53:01";
	for (i = 0; i < 6; i++)
		mac[i] = b[i];
	return NULL;
}

/* The address that has `before` others before it in the networks. */
static uint32_t
nth(const struct ranges *r, uint64_t before)
{
	uint64_t count;
	size_t i;

	for (i = 0; i < r->n; i++) {
		count = (uint64_t)ranges_last(r->v[i]) - ranges_first(r->v[i]) +
		    1;
		if (before < count)
			return ranges_first(r->v[i]) + before;
		before -= count;
	}
	return EGRESS_NOWHERE;
}

/*
 * Half of them by networks, so that a small one counts too: from the middle of
 * each, since its ends may be special, and if they are few from two places
 * more, since the middle may be as well.  Half by addresses, so that parts of a
 * large one count.
 */
size_t
egress_samples(const struct ranges *r, uint32_t *samples, size_t max)
{
	size_t i, k = 0, half = max / 2;
	size_t places = r->n <= half / 3 ? 3 : 1;
	size_t tried = r->n < half / places ? r->n : half / places;
	uint64_t total = r->n == 0 ? 0 : ranges_count(r), range, place;

	for (i = 0; i < tried * places; i++) {
		range = r->v[i / places * r->n / tried];
		place = i % places + 1;
		samples[k++] = ranges_first(range) +
		    (ranges_last(range) - ranges_first(range)) * place /
			(places + 1);
	}
	for (i = 0; i < half && total >= 1024; i++)
		samples[k++] = nth(r, total / half * i + total / half / 2);
	if (k == 0)
		samples[k++] = EGRESS_NOWHERE;
	return k;
}

static void
set_header(struct egress *e, const struct egress_query *q,
    const uint8_t *gateway)
{
	const uint16_t type = htons(ETHERTYPE_IP);

	if (gateway != NULL)
		memcpy(e->ethernet, gateway, 6);
	memcpy(e->ethernet + 6,
	    q->source_mac != NULL ? q->source_mac : e->route.mac, 6);
	memcpy(e->ethernet + 12, &type, 2);
}

/* A savefile needs no device; one that is there lends its addresses. */
static void
into_file(struct egress *e, const struct egress_query *q)
{
	char why[256];
	struct route_query rq = {
		.name = q->interface,
		.targets = q->targets,
		.ntargets = q->ntargets,
	};

	if (route_find(&e->route, &rq, why, sizeof why) == -1 ||
	    e->route.source == 0)
		e->route.source = EGRESS_NOWHERE;
	e->io.ethernet = !q->iplayer;
	e->source = e->route.source;
	set_header(e, q, q->gateway_mac);
}

static int
by_ethernet(struct egress *e, const struct egress_query *q, char *why,
    size_t size)
{
	struct route *r = &e->route;
	uint8_t mac[6];
	size_t n;
	bool asked;

	e->io.ethernet = true;
	e->io.name = r->name;
	snprintf(e->capture, sizeof e->capture, "%s", r->name);
	if (q->gateway_mac != NULL) {
		set_header(e, q, q->gateway_mac);
		return 0;
	}
	if (!r->gateway_known) {
		snprintf(why, size,
		    "%s: --io ip lets the kernel find the "
		    "way to each target, or -G names the MAC address that "
		    "all packets go to",
		    r->says);
		return -1;
	}
	if (route_neighbour(r, r->gateway, mac, &asked, why, size) == -1)
		return -1;
	set_header(e, q, mac);
	n = strlen(e->says);
	snprintf(e->says + n, sizeof e->says - n,
	    " (%02x:%02x:%02x:%02x:%02x:%02x%s)", mac[0], mac[1], mac[2],
	    mac[3], mac[4], mac[5], asked ? ", asked by ARP" : "");
	return 0;
}

/* Why it has to be IP packets, routed by the kernel; NULL: it has not. */
static const char *
wants_ip(const struct egress *e, const struct egress_query *q)
{
	if (strcmp(q->way, "ip") == 0)
		return "as asked";
	if (q->iplayer)
		return "as -X asks";
	if (!e->route.ethernet)
		return "the device takes no Ethernet frames";
	if (strcmp(q->way, "auto") != 0 || q->gateway_mac != NULL ||
	    e->route.gateway_known)
		return NULL;
	return e->route.several ? "targets are behind different gateways" :
				  "targets are on our own link";
}

/* Answers to an address that is not ours go elsewhere. */
static void
warn_of_sources(struct egress *e, const struct egress_query *q)
{
	char text[INET_ADDRSTRLEN];
	unsigned i, foreign = 0;
	uint32_t first_be = 0;

	for (i = 0; i < q->nsources; i++)
		if (route_is_ours(q->sources[i]) == 0 && foreign++ == 0)
			first_be = htonl(q->sources[i]);
	if (foreign == 0)
		return;
	inet_ntop(AF_INET, &first_be, text, sizeof text);
	snprintf(e->warns, sizeof e->warns,
	    "%u of %u source addresses are "
	    "not this machine's, the first is %s: answers come here only if "
	    "they are routed here",
	    foreign, q->nsources, text);
}

int
egress_find(struct egress *e, const struct egress_query *q, char *why,
    size_t size)
{
	struct route_query rq = {
		.name = q->interface,
		.source = q->nsources > 0 ? q->sources[0] : 0,
		.targets = q->targets,
		.ntargets = q->ntargets,
	};

	memset(e, 0, sizeof *e);
	e->way = q->way;
	if (strcmp(q->way, "pcap") == 0) {
		into_file(e, q);
		return 0;
	}
	if (route_find(&e->route, &rq, why, size) == -1)
		return -1;
	snprintf(e->says, sizeof e->says, "%s", e->route.says);
	warn_of_sources(e, q);
	e->source = e->route.source;
	if (e->source == 0 && q->nsources == 0) {
		snprintf(why, size,
		    "interface %s has no IPv4 address: -S "
		    "says which to send from",
		    e->route.name);
		return -1;
	}
	e->io.ifindex = e->route.ifindex;
	e->io.name = e->route.several && q->interface == NULL ? NULL :
								e->route.name;
	snprintf(e->capture, sizeof e->capture, "%s",
	    e->io.name != NULL ? e->route.name : "any");
	e->because = wants_ip(e, q);
	if (e->because == NULL)
		return by_ethernet(e, q, why, size);
	if (e->route.loopback)
		e->io.name = q->interface != NULL ? e->route.name : NULL;
	return 0;
}
