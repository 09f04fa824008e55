/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building answers of IPv6: headers, options, checksums.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "six.h"

enum {
	OPTIONS = 8, /* a header of destination options, all padding */
	MTU = 1280,  /* RFC 4443 2.4(c): the whole error in so many */
	ECHO_REPLY = 129,
	ADVERTISEMENT = 136
};

/* link header of an answer; returns where its body goes */
static uint8_t *
begin(struct simnet *s, const struct probe *p, struct frame **f)
{
	uint8_t *b;

	*f = send_frame(s, p->device);
	b = (*f)->b;
	if (p->link) {
		memcpy(b, p->link + 6, 6);
		memcpy(b + 6, p->link, 6);
		put16(b + 12, ETH_P_IPV6);
		b += 14;
	}
	return b + SIX_HEADER;
}

/* The checksum goes where its offset in the body says. */
static void
finish(const struct probe *p, struct frame *f, struct ip6 from,
    uint8_t protocol, unsigned int len, unsigned int check)
{
	uint8_t *ip = f->b + (p->link ? 14 : 0), *b = ip + SIX_HEADER;
	uint16_t folded;

	put32(ip, 6U << 28 | world6_flow(p->roll));
	ip[6] = protocol;
	ip[7] = (uint8_t)world_ttl(p->detail);
	ip6_put(ip + 8, from);
	memcpy(ip + 24, p->ip + 8, 16);
	put16(b + check, 0);
	folded = fold(sum(six_pseudo(ip + 8, protocol, len), b, len));
	put16(b + check, folded ? folded : 0xffff);
	if (world6_extended(p->detail)) {
		memmove(b + OPTIONS, b, len);
		memcpy(b, (uint8_t[OPTIONS]){ protocol, 0, 1, 4 }, OPTIONS);
		ip[6] = IPPROTO_DSTOPTS;
		len += OPTIONS;
	}
	put16(ip + 4, (uint16_t)len);
	f->len = (unsigned int)(b - f->b) + len;
}

void
build6_tcp(struct simnet *s, const struct probe *p, struct ip6 from,
    uint16_t port, uint16_t our_port, uint32_t seq, uint32_t ack, uint8_t flags)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f);
	unsigned int len = 20;

	if (flags & SYN)
		len += build_tcp_options(b + 20, p);
	put16(b, port);
	put16(b + 2, our_port);
	put32(b + 4, seq);
	put32(b + 8, ack);
	b[12] = (uint8_t)(len << 2);
	b[13] = flags;
	put16(b + 14, flags & RST ? 0 : world_window(p->detail));
	put32(b + 16, 0); /* checksum, urgent */
	finish(p, f, from, IPPROTO_TCP, len, 16);
}

void
build6_udp(struct simnet *s, const struct probe *p, struct ip6 from,
    uint16_t port, uint16_t our_port)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f);

	memcpy(b, p->body, p->body_len);
	put16(b, port);
	put16(b + 2, our_port);
	finish(p, f, from, IPPROTO_UDP, p->body_len, 6);
}

void
build6_echo(struct simnet *s, const struct probe *p, struct ip6 from,
    uint16_t id_flip, uint16_t seq_flip)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f);

	memcpy(b, p->body, p->body_len);
	b[0] = ECHO_REPLY;
	put16(b + 4, get16(b + 4) ^ id_flip);
	put16(b + 6, get16(b + 6) ^ seq_flip);
	finish(p, f, from, IPPROTO_ICMPV6, p->body_len, 2);
}

/*
 * An ICMPv6 error that quotes the probe as a router saw it, or with forge
 * another one that was never sent.
 */
void
build6_error(struct simnet *s, const struct probe *p, struct ip6 from,
    uint32_t type_code, bool forge)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f), *q = b + 8;
	unsigned int len = world_quotes_all(p->detail) ? p->len : p->ip_len + 8,
		     i;

	if (len > MTU - SIX_HEADER - OPTIONS - 8)
		len = MTU - SIX_HEADER - OPTIONS - 8;
	put16(b, type_code);
	put32(b + 4, 0);
	memcpy(q, p->ip, len);
	q[7] = 1; /* hop limit */
	/* another source port and sequence number, or id */
	for (i = p->protocol == IPPROTO_ICMPV6 ? 4 : 0; forge && i < 8; i += 4)
		q[p->ip_len + i] ^= 0x80;
	finish(p, f, from, IPPROTO_ICMPV6, 8 + len, 2);
}

/* RFC 4861 4.4: solicited, overriding, with our link address; hop limit 255 */
void
build6_advertisement(struct simnet *s, const struct probe *p)
{
	struct probe plain = *p;
	struct frame *f;
	uint8_t *b = begin(s, p, &f), *ip = b - SIX_HEADER;
	static const uint8_t ours[6] = { 2, 0, 0, 0, 0, 2 };

	plain.detail |= 1U << 26; /* no options */
	memcpy(f->b + 6, ours, 6);
	put16(b, ADVERTISEMENT << 8);
	put32(b + 4, 0x60000000);
	memcpy(b + 8, p->body + 8, 16);
	b[24] = 2;
	b[25] = 1;
	memcpy(b + 26, ours, 6);
	finish(&plain, f, ip6_get(p->body + 8), IPPROTO_ICMPV6, 32, 2);
	ip[7] = 255;
}
