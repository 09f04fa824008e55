/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames taken apart; see packet.h.  Nothing here trusts a length: each is
 * compared with the bytes that are there before it is used.
 */
#include "probe/packet.h"

#include <netinet/in.h>
#include <pcap/dlt.h>
#include <string.h>

#include "base/bytes.h"
#include "stream/counter.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define VLAN_TAGS_MAX  2

const char *
refusal_name(enum refusal r)
{
	return r == REFUSED_NOT ?
	    "valid" :
	    counter_table[COUNT_RECV_LINK + r - REFUSED_LINK].name;
}

/*
 * How link headers look: where the ethertype stands and how long they are.
 * Raw IP has no header, and the two BSD types begin with an address family
 * instead: of the machine that captured, or big endian.
 */
static const struct link {
	int dlt;
	size_t size;
	int type_at; /* -1: no type, -2: a family */
} links[] = {
	{ DLT_EN10MB, 14, 12 },
	{ DLT_LINUX_SLL, 16, 14 },
	{ DLT_LINUX_SLL2, 20, 0 },
	{ DLT_RAW, 0, -1 },
	{ DLT_IPV4, 0, -1 },
	{ 101, 0, -1 }, /* LINKTYPE_RAW, as files have it */
	{ DLT_NULL, 4, -2 },
	{ DLT_LOOP, 4, -2 },
};

static const struct link *
find_link(int dlt)
{
	size_t i;

	for (i = 0; i < sizeof links / sizeof *links; i++)
		if (links[i].dlt == dlt)
			return &links[i];
	return NULL;
}

bool
packet_link_known(int dlt)
{
	return find_link(dlt) != NULL;
}

/* 802.1Q, 802.1ad, and what came before the latter. */
static bool
is_vlan(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

enum refusal
packet_link(int dlt, unsigned family, const unsigned char *frame, size_t n,
    size_t *offset)
{
	const unsigned wanted = family == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
	const struct link *l = find_link(dlt);
	size_t at;
	uint16_t type;
	int tags;

	if (l == NULL || n < l->size)
		return REFUSED_LINK;
	at = l->size;
	if (l->type_at == -2 && family != 6) {
		/* AF_INET is 2 everywhere, in one byte order or the other */
		if (get32(frame) != 2 && get32(frame) != 0x02000000)
			return REFUSED_LINK;
	} else if (l->type_at >= 0) {
		type = get16(frame + l->type_at);
		for (tags = 0; is_vlan(type); tags++) {
			if (tags == VLAN_TAGS_MAX || n < at + 4)
				return REFUSED_LINK;
			type = get16(frame + at + 2);
			at += 4;
		}
		if (type != wanted)
			return REFUSED_LINK;
	}
	/*
	 * Raw IP may be of any version, and the numbers of AF_INET6 are as many
	 * as there are systems.
	 */
	if (n <= at || frame[at] >> 4 != (family == 6 ? 6 : 4))
		return REFUSED_LINK;
	*offset = at;
	return REFUSED_NOT;
}

/* RFC 792, without queries and answers. */
static bool
is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/*
 * A quoted packet that tunnels another one (RFC 2003): the inner one goes the
 * other way, so that its answer comes straight to us, and has the ports.
 */
static enum refusal
parse_tunnel(struct reply *r, uint8_t protocol, bool ports)
{
	const unsigned char *q = r->quote;
	size_t n = r->quote_size, ihl;

	if (n < 20 || q[0] >> 4 != 4)
		return REFUSED_QUOTE;
	ihl = (q[0] & 15) * 4;
	if (ihl < 20 || n < ihl + 8 || q[9] != protocol ||
	    get32(q + 12) != r->target || get32(q + 16) != r->source ||
	    r->source != r->daddr)
		return REFUSED_QUOTE;
	r->quote += ihl;
	r->quote_size -= ihl;
	if (ports) {
		r->target_port = get16(r->quote);
		r->source_port = get16(r->quote + 2);
	}
	return REFUSED_NOT;
}

/*
 * The packet that an ICMP error quotes: the IP header and at least 8 bytes
 * behind it.  Routers change its TTL, checksum and at times its lengths, so
 * those are not believed.
 */
static enum refusal
parse_quote(struct reply *r, uint8_t protocol, bool ports)
{
	const unsigned char *q = r->data + 8;
	size_t n = r->size - 8, ihl, total;

	if (n < 20 || q[0] >> 4 != 4)
		return REFUSED_QUOTE;
	ihl = (q[0] & 15) * 4;
	if (ihl < 20 || n < ihl + 8)
		return REFUSED_QUOTE;
	if ((get16(q + 6) & 0x1fff) != 0) /* a later fragment */
		return REFUSED_QUOTE;
	total = get16(q + 2);
	if (total >= ihl + 8 && total < n)
		n = total; /* RFC 4884: more may follow it */
	r->icmp_error = true;
	r->quote_protocol = q[9];
	r->source = get32(q + 12);
	r->target = get32(q + 16);
	r->quote = q + ihl;
	r->quote_size = n - ihl;
	if (r->quote_protocol == IPPROTO_IPIP)
		return parse_tunnel(r, protocol, ports);
	if (r->quote_protocol != protocol || r->source != r->daddr)
		return REFUSED_QUOTE;
	if (ports) {
		r->source_port = get16(r->quote);
		r->target_port = get16(r->quote + 2);
	}
	return REFUSED_NOT;
}

enum refusal
packet_parse(const unsigned char *ip, size_t n, size_t wire, uint8_t protocol,
    bool ports, struct reply *r)
{
	size_t ihl, total;

	memset(r, 0, sizeof *r);
	if (n < 20 || wire < n)
		return REFUSED_TRUNCATED;
	ihl = (ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (ihl < 20 || ihl > n || total < ihl || total > wire)
		return REFUSED_TRUNCATED;
	r->ip = ip;
	r->ip_size = n < total ? n : total; /* Ethernet pads short ones */
	r->saddr = get32(ip + 12);
	r->daddr = get32(ip + 16);
	r->ip_id = get16(ip + 4);
	r->ttl = ip[8];
	r->protocol = ip[9];
	r->data = ip + ihl;
	r->size = r->ip_size - ihl;
	r->wire_size = total - ihl;
	r->target = r->saddr;
	r->source = r->daddr;
	if (r->protocol != protocol && r->protocol != IPPROTO_ICMP)
		return REFUSED_PROTOCOL;
	if ((get16(ip + 6) & 0x1fff) != 0)
		return REFUSED_FRAGMENT;
	/* the shortest transport headers there are */
	if (r->size < 8)
		return REFUSED_TRUNCATED;
	if (r->protocol == IPPROTO_ICMP) {
		r->icmp_type = r->data[0];
		r->icmp_code = r->data[1];
		if (is_error(r->icmp_type))
			return parse_quote(r, protocol, ports);
		return protocol == IPPROTO_ICMP ? REFUSED_NOT :
						  REFUSED_PROTOCOL;
	}
	if (ports) {
		r->target_port = get16(r->data);
		r->source_port = get16(r->data + 2);
	}
	return REFUSED_NOT;
}
