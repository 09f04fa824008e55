/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 packets taken apart; see packet.h. */
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "probe/packet.h"

enum {
	HEADER = 40,
	EXTENSIONS_MAX = 16, /* nobody sends as many */
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
};

/*
 * Passes over the extension headers of n bytes of packet (RFC 8200 4): gives
 * what follows them, and where.
 */
static enum refusal
pass_extensions(const unsigned char *ip, size_t n, size_t *at, uint8_t *next)
{
	size_t size;
	int i;

	*at = HEADER;
	*next = ip[6];
	for (i = 0; i < EXTENSIONS_MAX; i++) {
		switch (*next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case MOBILITY:
		case HIP:
		case SHIM6:
			break;
		default:
			return REFUSED_NOT;
		}
		if (n - *at < 8)
			return REFUSED_TRUNCATED;
		size = (ip[*at + 1] + 1) * 8;
		if (*next == IPPROTO_FRAGMENT) {
			size = 8;
			if ((get16(ip + *at + 2) & 0xfff8) != 0)
				return REFUSED_FRAGMENT;
		}
		if (size > n - *at)
			return REFUSED_TRUNCATED;
		*next = ip[*at];
		*at += size;
	}
	return REFUSED_PROTOCOL;
}

/*
 * The packet that an ICMPv6 error quotes, up to at least 8 bytes of its
 * transport header.  Its length is not believed, its hop limit has changed.
 */
static enum refusal
parse_quote(struct reply *r, uint8_t protocol, bool ports)
{
	const unsigned char *q = r->data + 8;
	size_t n = r->size - 8, at;
	uint8_t next;

	if (n < HEADER || q[0] >> 4 != 6 ||
	    pass_extensions(q, n, &at, &next) != REFUSED_NOT || n - at < 8)
		return REFUSED_QUOTE;
	r->icmp_error = true;
	r->quote_protocol = next;
	r->source6 = ip6_get(q + 8);
	r->target6 = ip6_get(q + 24);
	r->quote = q + at;
	r->quote_size = n - at;
	if (next != protocol || !ip6_equal(r->source6, r->daddr6))
		return REFUSED_QUOTE;
	if (ports) {
		r->source_port = get16(r->quote);
		r->target_port = get16(r->quote + 2);
	}
	return REFUSED_NOT;
}

enum refusal
packet_parse6(const unsigned char *ip, size_t n, size_t wire, uint8_t protocol,
    bool ports, struct reply *r)
{
	enum refusal refused;
	size_t total, at;

	memset(r, 0, sizeof *r);
	if (n < HEADER || wire < n)
		return REFUSED_TRUNCATED;
	total = HEADER + (size_t)get16(ip + 4);
	if (total > wire)
		return REFUSED_TRUNCATED;
	if (protocol == IPPROTO_ICMP)
		protocol = IPPROTO_ICMPV6;
	r->family = 6;
	r->ip = ip;
	r->ip_size = n < total ? n : total;
	r->saddr6 = r->target6 = ip6_get(ip + 8);
	r->daddr6 = r->source6 = ip6_get(ip + 24);
	r->ttl = ip[7];
	refused = pass_extensions(ip, r->ip_size, &at, &r->protocol);
	if (refused != REFUSED_NOT)
		return refused;
	r->data = ip + at;
	r->size = r->ip_size - at;
	r->wire_size = total - at;
	if (r->protocol != protocol && r->protocol != IPPROTO_ICMPV6)
		return REFUSED_PROTOCOL;
	if (r->size < 8)
		return REFUSED_TRUNCATED;
	if (r->protocol == IPPROTO_ICMPV6) {
		r->icmp_type = r->data[0];
		r->icmp_code = r->data[1];
		if (r->icmp_type >= 1 && r->icmp_type <= 4) /* RFC 4443 */
			return parse_quote(r, protocol, ports);
		return protocol == IPPROTO_ICMPV6 ? REFUSED_NOT :
						    REFUSED_PROTOCOL;
	}
	if (ports) {
		r->target_port = get16(r->data);
		r->source_port = get16(r->data + 2);
	}
	return REFUSED_NOT;
}
