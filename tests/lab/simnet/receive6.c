/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receiving IPv6: checks a frame as a host would, finds out which probe it is,
 * and counts it; or answers who asks for a neighbour.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "six.h"

enum { ECHO_REQUEST = 128, SOLICITATION = 135 };

void
six_net(struct simnet *s, const char *text)
{
	const char *end = text + strlen(text), *slash;
	struct simnet_net6 *net = &s->nets6[s->nets6_count];
	char *rest;

	if (s->nets6_count == SIMNET_NETS)
		errx(2, "over %d prefixes", SIMNET_NETS);
	slash = ip6_parse(&net->base, text, end);
	net->length = 128;
	if (slash != NULL && *slash == '/') {
		net->length = (unsigned int)strtoul(slash + 1, &rest, 10);
		slash = rest == slash + 1 ? NULL : rest;
	}
	if (slash != end || net->length > 128)
		errx(2, "%s: not a prefix", text);
	net->base = ip6_first(net->base, net->length);
	s->nets6_count++;
}

static bool
within(const struct simnet *s, struct ip6 a)
{
	unsigned int i;

	for (i = 0; i < s->nets6_count; i++)
		if (ip6_equal(ip6_first(a, s->nets6[i].length),
			s->nets6[i].base))
			return true;
	return false;
}

/* Passes hop-by-hop and destination options; false if they are broken. */
static bool
pass_options(struct probe *p)
{
	unsigned int at = SIX_HEADER;

	p->protocol = p->ip[6];
	while (
	    p->protocol == IPPROTO_HOPOPTS || p->protocol == IPPROTO_DSTOPTS) {
		if (p->len - at < 8 || p->ip[at + 1] * 8U + 8 > p->len - at)
			return false;
		p->protocol = p->ip[at];
		at += p->ip[at + 1] * 8U + 8;
	}
	p->ip_len = at;
	p->body = p->ip + at;
	p->body_len = p->len - at;
	return true;
}

/* Looks at the transport header; false if it is too short, or wrong. */
static bool
sound(const struct probe *p)
{
	const uint8_t *b = p->body;

	switch (p->protocol) {
	case IPPROTO_TCP:
		return p->body_len >= 20 && b[12] >> 4 >= 5 &&
		    (unsigned int)(b[12] >> 4 << 2) <= p->body_len;
	case IPPROTO_UDP: /* RFC 8200 8.1: with a checksum */
		return p->body_len >= 8 && get16(b + 4) == p->body_len &&
		    get16(b + 6) != 0;
	default:
		return p->body_len >= 8;
	}
}

/* True if this is a probe; else it has been counted, or answered. */
static bool
transport(struct simnet *s, struct probe *p, bool sums)
{
	const uint8_t *b = p->body;

	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP &&
	    p->protocol != IPPROTO_ICMPV6) {
		s->other++;
		return false;
	}
	if (!sound(p)) {
		s->bad_transport++;
		return false;
	}
	if (sums &&
	    fold(sum(six_pseudo(p->ip + 8, p->protocol, p->body_len), b,
		p->body_len)) != 0) {
		s->bad_checksum++;
		return false;
	}
	if (p->protocol == IPPROTO_TCP && b[13] & RST) {
		s->resets++;
		return false;
	}
	if (p->protocol == IPPROTO_ICMPV6 && b[0] != ECHO_REQUEST) {
		s->other++;
		return false;
	}
	p->our_port = get16(p->protocol == IPPROTO_ICMPV6 ? b + 4 : b);
	p->port = p->protocol == IPPROTO_ICMPV6 ? 0 : get16(b + 2);
	return true;
}

static void
classify(struct simnet *s, struct probe *p, struct ip6 target)
{
	struct world6 w = { s->conf.world, s->alias64, s->alias96,
		s->cluster112 };

	p->roll = world6_roll(&w, target, p->protocol, p->port);
	p->detail = world_detail(p->roll);
	p->class = world_class(&w.world, p->roll);
	s->aliased += world6_aliased(&w, target);
	if (world6_open(&w, target, p->port))
		p->class = WORLD_OPEN;
}

static void
write_log(struct simnet *s, const struct probe *p, int kind)
{
	char text[INET6_ADDRSTRLEN];

	if (s->log == NULL)
		return;
	inet_ntop(AF_INET6, p->ip + 24, text, sizeof text);
	fprintf(s->log, "%s,%s,%u,%u\n", protocol_names[kind], text, p->port,
	    p->our_port);
}

/*
 * Who asks for the link address of one of our hosts gets it, if that host
 * answers pings (RFC 4861, 7.2.4).
 */
static bool
solicited(struct simnet *s, struct probe *p)
{
	struct ip6 target;

	if (p->protocol != IPPROTO_ICMPV6 || p->body_len < 24 ||
	    p->body[0] != SOLICITATION || p->link == NULL)
		return false;
	target = ip6_get(p->body + 8);
	if (!within(s, target))
		return false;
	classify(s, p, target);
	s->solicited++;
	if (p->class != WORLD_FILTERED && p->class != WORLD_UNREACHABLE)
		answer6_neighbour(s, p);
	return true;
}

void
receive6(struct simnet *s, struct probe *p, unsigned int len, bool sums)
{
	const uint8_t *b = p->ip;
	struct ip6 target;
	int kind;

	if (len < SIX_HEADER || b[0] >> 4 != 6 ||
	    (p->len = SIX_HEADER + get16(b + 4)) > len || !pass_options(p)) {
		s->bad_ip++;
		return;
	}
	if (solicited(s, p))
		return;
	target = ip6_get(b + 24);
	if (target.hi >> 56 == 0xff || target.hi >> 54 == 0x3fa) {
		s->other++; /* what the kernels tell each other */
		return;
	}
	if (!within(s, target)) {
		s->outside++;
		return;
	}
	if (!transport(s, p, sums))
		return;
	classify(s, p, target);
	kind = p->protocol == IPPROTO_TCP ? 0 :
	    p->protocol == IPPROTO_UDP	  ? 1 :
					    2;
	s->seen[kind][p->class]++;
	write_log(s, p, kind);
	if (p->class == WORLD_FILTERED)
		return;
	if (simnet_loses(s))
		return;
	answer6_probe(s, p);
}
