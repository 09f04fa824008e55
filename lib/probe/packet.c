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
	{ DLT_IPV6, 0, -1 },
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

/* --- IP headers --- */

enum {
	HEADER = 20,
	HEADER6 = 40,
	EXTENSIONS_MAX = 16, /* more than any host sends */
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
};

/* What the two versions of IP say in different ways. */
struct header {
	size_t at;    /* where the transport header is */
	uint8_t next; /* its protocol */
	bool first;   /* fragment, others follow */
	bool later;   /* fragment, without transport header */
};

static size_t
header_min(unsigned family)
{
	return family == 6 ? HEADER6 : HEADER;
}

/* Bytes of packet, as its header says. */
static size_t
header_total(unsigned family, const unsigned char *ip)
{
	return family == 6 ? HEADER6 + (size_t)get16(ip + 4) : get16(ip + 2);
}

static enum refusal
read_header4(const unsigned char *ip, size_t n, struct header *h)
{
	const uint16_t fragment = get16(ip + 6);

	h->at = (ip[0] & 15) * 4;
	h->next = ip[9];
	h->later = (fragment & 0x1fff) != 0;
	h->first = !h->later && (fragment & 0x2000) != 0;
	return h->at < HEADER || h->at > n ? REFUSED_TRUNCATED : REFUSED_NOT;
}

static bool
is_extension(uint8_t next)
{
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_FRAGMENT:
	case MOBILITY:
	case HIP:
	case SHIM6:
		return true;
	default:
		return false;
	}
}

/* Passes over extension headers (RFC 8200 4). */
static enum refusal
read_header6(const unsigned char *ip, size_t n, struct header *h)
{
	const unsigned char *p;
	uint16_t fragment;
	size_t size;
	int i;

	*h = (struct header){ .at = HEADER6, .next = ip[6] };
	for (i = 0; is_extension(h->next) && !h->later; i++) {
		if (i == EXTENSIONS_MAX)
			return REFUSED_PROTOCOL;
		if (n - h->at < 8)
			return REFUSED_TRUNCATED;
		p = ip + h->at;
		size = (p[1] + 1) * 8;
		if (h->next == IPPROTO_FRAGMENT) {
			size = 8;
			fragment = get16(p + 2);
			h->later = (fragment & 0xfff8) != 0;
			h->first = !h->later && (fragment & 1) != 0;
		}
		if (size > n - h->at)
			return REFUSED_TRUNCATED;
		h->next = p[0];
		h->at += size;
	}
	return REFUSED_NOT;
}

static enum refusal
read_header(unsigned family, const unsigned char *ip, size_t n,
    struct header *h)
{
	return family == 6 ? read_header6(ip, n, h) : read_header4(ip, n, h);
}

/* --- what an ICMP error quotes --- */

/* RFC 792 and RFC 4443, without queries and answers. */
static bool
is_error(unsigned family, uint8_t type)
{
	if (family == 6)
		return type >= 1 && type <= 4;
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

/* Between which addresses the probe went; whether it was one of ours. */
static bool
quote_addresses(struct reply *r, const unsigned char *q)
{
	if (r->family == 6) {
		r->source6 = ip6_get(q + 8);
		r->target6 = ip6_get(q + 24);
		return ip6_equal(r->source6, r->daddr6);
	}
	r->source = get32(q + 12);
	r->target = get32(q + 16);
	return r->source == r->daddr;
}

/*
 * The packet that an ICMP error quotes: the IP header and at least 8 bytes
 * behind it.  Routers change its TTL, checksum and at times its lengths, so
 * those are not believed.
 */
static enum refusal
parse_quote(struct reply *r, uint8_t protocol, bool ports)
{
	const unsigned version = r->family == 6 ? 6 : 4;
	const unsigned char *q = r->data + 8;
	size_t n = r->size - 8, total;
	struct header h;
	bool ours;

	if (n < header_min(r->family) || q[0] >> 4 != version ||
	    read_header(r->family, q, n, &h) != REFUSED_NOT || h.later ||
	    n < h.at + 8)
		return REFUSED_QUOTE;
	total = header_total(r->family, q);
	if (total >= h.at + 8 && total < n)
		n = total; /* RFC 4884: more may follow it */
	r->icmp_error = true;
	r->quote_protocol = h.next;
	r->quote = q + h.at;
	r->quote_size = n - h.at;
	ours = quote_addresses(r, q);
	if (version == 4 && h.next == IPPROTO_IPIP)
		return parse_tunnel(r, protocol, ports);
	if (h.next != protocol || !ours)
		return REFUSED_QUOTE;
	if (ports) {
		r->source_port = get16(r->quote);
		r->target_port = get16(r->quote + 2);
	}
	return REFUSED_NOT;
}

/* --- the whole --- */

static void
take_addresses(struct reply *r, const unsigned char *ip)
{
	if (r->family == 6) {
		r->saddr6 = r->target6 = ip6_get(ip + 8);
		r->daddr6 = r->source6 = ip6_get(ip + 24);
		r->ttl = ip[7];
		return;
	}
	r->saddr = r->target = get32(ip + 12);
	r->daddr = r->source = get32(ip + 16);
	r->ip_id = get16(ip + 4);
	r->ttl = ip[8];
}

enum refusal
packet_parse(unsigned family, const unsigned char *ip, size_t n, size_t wire,
    uint8_t protocol, bool ports, struct reply *r)
{
	const uint8_t icmp = family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	enum refusal refused;
	struct header h;
	size_t total;

	memset(r, 0, sizeof *r);
	r->family = family;
	if (n < header_min(family) || wire < n)
		return REFUSED_TRUNCATED;
	total = header_total(family, ip);
	if (total < header_min(family) || total > wire)
		return REFUSED_TRUNCATED;
	r->ip = ip;
	r->ip_size = n < total ? n : total; /* Ethernet pads short ones */
	take_addresses(r, ip);
	refused = read_header(family, ip, r->ip_size, &h);
	if (refused != REFUSED_NOT)
		return refused;
	if (protocol == IPPROTO_ICMP)
		protocol = icmp;
	r->fragment = h.first;
	r->protocol = h.next;
	r->data = ip + h.at;
	r->size = r->ip_size - h.at;
	r->wire_size = total - h.at;
	if (h.next != protocol && h.next != icmp)
		return REFUSED_PROTOCOL;
	if (h.later)
		return REFUSED_FRAGMENT;
	/* the shortest transport headers there are */
	if (r->size < 8)
		return REFUSED_TRUNCATED;
	if (h.next == icmp) {
		r->icmp_type = r->data[0];
		r->icmp_code = r->data[1];
		if (is_error(family, r->icmp_type))
			return parse_quote(r, protocol, ports);
		return protocol == icmp ? REFUSED_NOT : REFUSED_PROTOCOL;
	}
	if (ports) {
		r->target_port = get16(r->data);
		r->source_port = get16(r->data + 2);
	}
	return REFUSED_NOT;
}
