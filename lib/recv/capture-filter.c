/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's filter for answers, as text; see capture-filter.h. */
#include "recv/capture-filter.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

#include "addr/address.h"

#define HOSTS_MAX 16 /* addresses spelt out */

/*
 * Our ports, as pcap-filter(7) says them.  It knows where they are in three
 * protocols; in any other they are where all that have ports have them, behind
 * the IP header, and not in a later fragment.
 */
static int
ports_filter(const struct scan *s, const struct probe *p, char *buf,
    size_t size)
{
	unsigned low = s->facts.source_ports.first,
		 high = low + s->facts.source_ports.count - 1;

	if (p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP ||
	    p->protocol == IPPROTO_SCTP)
		return snprintf(buf, size, " and dst portrange %u-%u", low,
		    high);
	return snprintf(buf, size,
	    " and ip[6:2] & 0x1fff = 0 and ip[((ip[0] & 15) << 2) + 2:2] >= %u and ip[((ip[0] & 15) << 2) + 2:2] <= %u",
	    low, high);
}

/*
 * Of IPv6.  What has extension headers is let through: libpcap does not look
 * behind them.
 */
static int
filter6(const struct scan *s, const struct probe *p, char *buf, size_t size)
{
	const struct facts_wide *ours = &s->facts.sources6;
	unsigned low = s->facts.source_ports.first,
		 high = low + s->facts.source_ports.count - 1;
	struct address a;
	size_t i, n;

	n = snprintf(buf, size, "ip6 and (");
	for (i = 0; i < ours->n && ours->n <= HOSTS_MAX && n < size; i++) {
		a = address_of(ours->bytes + IP6_SIZE * i, IP6_SIZE);
		n += snprintf(buf + n, size - n, "%sdst net %s/%u",
		    i != 0 ? " or " : "", address_text(&a).s,
		    (unsigned)s->facts.source_prefix);
	}
	if (n < size)
		n += snprintf(buf + n, size - n, "%s) and (",
		    ours->n > HOSTS_MAX ? "ip6" : "");
	if (n < size && p->protocol == IPPROTO_ICMP)
		n += snprintf(buf + n, size - n,
		    "(ip6[6] = 58 and ip6[40] = 129)");
	else if (n < size && p->ports)
		n += snprintf(buf + n, size - n,
		    "(ip6[6] = %d and ip6[42:2] >= %u and ip6[42:2] <= %u)",
		    p->protocol, low, high);
	else if (n < size)
		n += snprintf(buf + n, size - n, "ip6[6] = %d", p->protocol);
	if (n < size)
		n += snprintf(buf + n, size - n,
		    " or (ip6[6] = 58 and ip6[40] >= 1 and ip6[40] <= 4) or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60 or ip6[6] = 135 or ip6[6] = 139 or ip6[6] = 140)");
	return n < size ? 0 : -1;
}

int
capture_filter(const struct scan *s, const struct probe *p, char *buf,
    size_t size)
{
	uint32_t low, high;
	size_t i, n;

	if (s->facts.family == 6)
		return filter6(s, p, buf, size);
	low = s->facts.sources[0];
	high = s->facts.sources[s->facts.nsources - 1];
	/* many addresses are covered by the range they lie in */
	if (s->facts.nsources > HOSTS_MAX)
		n = snprintf(buf, size,
		    "(ip[16:4] >= %" PRIu32 " and ip[16:4] <= %" PRIu32
		    ") and (",
		    low, high);
	else {
		n = snprintf(buf, size, "(");
		for (i = 0; i < s->facts.nsources && n < size; i++)
			n += snprintf(buf + n, size - n,
			    "%sip[16:4] = %" PRIu32, i != 0 ? " or " : "",
			    s->facts.sources[i]);
		if (n < size)
			n += snprintf(buf + n, size - n, ") and (");
	}
	/* answers to the probe */
	if (n < size)
		n += snprintf(buf + n, size - n, "(ip proto %d", p->protocol);
	if (n < size && p->ports)
		n += ports_filter(s, p, buf + n, size - n);
	if (n < size && p->filter != NULL)
		n += snprintf(buf + n, size - n, " and (%s)", p->filter);
	/* ICMP errors, and fragments, which are counted */
	if (n < size)
		n += snprintf(buf + n, size - n,
		    ") or (icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12)) or (ip proto %d and ip[6:2] & 0x1fff != 0))",
		    p->protocol);
	return n < size ? 0 : -1;
}
