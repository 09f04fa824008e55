/* SPDX-License-Identifier: Apache-2.0 */
/* The header of probes; see announce.h. */
#include "send/announce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mac.h"
#include "send/run.h"

static void
add_link(struct facts *f, const struct egress *e, const struct send *s)
{
	if (e->parts[0].args.ethernet && !e->many) {
		f->has |= FACT_GATEWAY_MAC | FACT_SOURCE_MAC;
		memcpy(f->gateway_mac, mac_text(e->ethernet).s, MAC_TEXT);
		memcpy(f->source_mac, mac_text(e->ethernet + MAC_SIZE).s,
		    MAC_TEXT);
	} else if (e->parts[0].args.ethernet && s->has_source_mac) {
		f->has |= FACT_SOURCE_MAC;
		memcpy(f->source_mac, mac_text(s->source_mac).s, MAC_TEXT);
	}
	if (e->gateway.size != 0) {
		f->has |= FACT_GATEWAY_IP;
		snprintf(f->gateway_ip, sizeof f->gateway_ip, "%s",
		    address_text(&e->gateway).s);
	}
}

/* Where answers come in: the first device, and all if there are several. */
static void
add_interfaces(struct facts *f, const struct egress *e)
{
	unsigned i;

	if (e->ncaptures == 0)
		return;
	f->has |= FACT_INTERFACE;
	snprintf(f->interface, sizeof f->interface, "%s", e->captures[0]);
	if (e->ncaptures == 1)
		return;
	f->has |= FACT_INTERFACES;
	f->ninterfaces = e->ncaptures;
	for (i = 0; i < e->ncaptures; i++)
		snprintf(f->interfaces[i], sizeof f->interfaces[i], "%s",
		    e->captures[i]);
}

/* What this stage decides; what it points to is the form's. */
static void
decide(const struct run *r, unsigned char *sources6, struct facts *f)
{
	const struct form *form = &r->form;

	*f = (struct facts){
		.has = FACT_PROBE | FACT_PROBES | FACT_SOURCE_IPS |
		    FACT_SOURCE_PORTS | FACT_START,
		.family = r->facts.family,
		.probe_args = (char *)form->config.args,
		.probes = form->config.probes,
		.sources = (uint32_t *)form->sources,
		.nsources = form->nsources,
		.sources6 = { sources6, form->nsources },
		.source_ports.first = form->config.source_port_first,
		.source_ports.count = form->config.source_port_count,
		.start_ns = form->config.start_ns,
	};
	snprintf(f->probe, sizeof f->probe, "%s", form->probe->name);
	if (r->tempo.on) {
		f->has |= FACT_MARKS;
		f->marks = 2;
	}
	if (f->probe_args != NULL)
		f->has |= FACT_PROBE_ARGS;
	if (form->source_prefix < IP6_BITS) {
		f->has |= FACT_SOURCE_PREFIX;
		f->source_prefix = form->source_prefix;
	}
	if (r->attributed) {
		f->has |= FACT_ATTRIBUTION;
		snprintf(f->attribution, sizeof f->attribution, "%s",
		    form->config.attribution);
	}
	if (r->send->probe_file[0] != '\0') {
		f->has |= FACT_PROBE_FILE;
		snprintf(f->probe_file, sizeof f->probe_file, "%s",
		    r->send->probe_file);
	}
	add_interfaces(f, &r->uplink.egress);
	add_link(f, &r->uplink.egress, r->send);
}

/* Our IPv6 addresses as a header has them, to be freed; NULL: no memory. */
static unsigned char *
wide_sources(const struct form *f)
{
	unsigned char *bytes = calloc(f->nsources, IP6_SIZE);
	unsigned i;

	if (bytes != NULL && f->config.family == 6)
		for (i = 0; i < f->nsources; i++)
			ip6_put(bytes + IP6_SIZE * i, f->sources6[i]);
	return bytes;
}

static int
announce_fill(struct run *r, struct header *h)
{
	unsigned char *sources6 = wide_sources(&r->form);
	struct facts f;
	int rc = -1;

	if (sources6 != NULL) {
		decide(r, sources6, &f);
		rc = facts_encode(&f, &h->scan);
	}
	free(sources6);
	if (rc == 0)
		rc = dict_set_bytes(&h->other, "key", r->key, sizeof r->key);
	explicit_bzero(r->key, sizeof r->key);
	return rc;
}

int
announce(struct run *r)
{
	struct header *h;

	h = stream_derive(r->report.out, r->header, "probes", r->send->argv);
	if (h == NULL || announce_fill(r, h) == -1)
		return -1;
	status_facts(&r->report.status, &h->scan);
	if (stream_header(r->report.out) == -1)
		return -1;
	return stream_flush(r->report.out);
}
