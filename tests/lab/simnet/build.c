/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building answers: headers, options, checksums.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "simnet.h"

/* link and IP headers of an answer; returns where its body goes */
static uint8_t *
begin(struct simnet *s, const struct probe *p, struct frame **f)
{
	uint8_t *b;

	*f = send_frame(s, p->device);
	b = (*f)->b;
	if (p->link) {
		memcpy(b, p->link + 6, 6);
		memcpy(b + 6, p->link, 6);
		put16(b + 12, ETH_P_IP);
		b += 14;
	}
	return b + 20;
}

static void
finish(const struct probe *p, struct frame *f, uint32_t from, uint8_t protocol,
    unsigned int body_len)
{
	uint8_t *ip = f->b + (p->link ? 14 : 0);

	put16(ip, 0x4500);
	put16(ip + 2, 20 + body_len);
	put16(ip + 4, p->roll >> 3); /* id */
	put16(ip + 6, 0x4000);	     /* do not fragment */
	ip[8] = (uint8_t)world_ttl(p->detail);
	ip[9] = protocol;
	put16(ip + 10, 0);
	put32(ip + 12, from);
	put32(ip + 16, p->us);
	put16(ip + 10, fold(sum(0, ip, 20)));
	f->len = (unsigned int)(ip - f->b) + 20 + body_len;
}

unsigned int
build_tcp_options(uint8_t *o, const struct probe *p)
{
	unsigned int i, len, hdr = p->body[12] >> 4 << 2;
	const uint8_t *theirs = p->body;
	uint32_t echo = 0;

	/* the probe's timestamp, option 8, to echo */
	for (i = 20; i + 1 < hdr; i += theirs[i] == 1 ? 1 : theirs[i + 1]) {
		if (theirs[i] == 0 || (theirs[i] != 1 && theirs[i + 1] < 2))
			break;
		if (theirs[i] == 8 && i + 10 <= hdr)
			echo = get32(theirs + i + 2);
	}
	switch (world_options(p->detail)) {
	case 0:
		return 0;
	case 1:
		memcpy(o, "\2\4\5\264", 4);
		return 4;
	case 2:
		memcpy(o, "\2\4\5\264\1\1\4\2\1\3\3\7", len = 12);
		return len;
	default:
		memcpy(o, "\2\4\5\264\4\2\10\12", 8);
		put32(o + 8, p->roll);
		put32(o + 12, echo);
		memcpy(o + 16, "\1\3\3\7", 4);
		return 20;
	}
}

void
build_tcp(struct simnet *s, const struct probe *p, uint32_t from, uint16_t port,
    uint16_t our_port, uint32_t seq, uint32_t ack, uint8_t flags)
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
	put16(b + 16, fold(sum(pseudo(from, p->us, IPPROTO_TCP, len), b, len)));
	finish(p, f, from, IPPROTO_TCP, len);
}

void
build_udp(struct simnet *s, const struct probe *p, uint32_t from, uint16_t port,
    uint16_t our_port)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f);
	unsigned int len = p->body_len;
	uint16_t check;

	put16(b, port);
	put16(b + 2, our_port);
	put16(b + 4, len);
	put16(b + 6, 0);
	memcpy(b + 8, p->body + 8, len - 8);
	check = fold(sum(pseudo(from, p->us, IPPROTO_UDP, len), b, len));
	put16(b + 6, check ? check : 0xffff);
	finish(p, f, from, IPPROTO_UDP, len);
}

void
build_echo(struct simnet *s, const struct probe *p, uint32_t from,
    uint16_t id_flip, uint16_t seq_flip)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f);
	unsigned int len = p->body_len;

	memcpy(b, p->body, len);
	put32(b, 0);
	put16(b + 4, get16(b + 4) ^ id_flip);
	put16(b + 6, get16(b + 6) ^ seq_flip);
	put16(b + 2, fold(sum(0, b, len)));
	finish(p, f, from, IPPROTO_ICMP, len);
}

/*
 * An ICMP error that quotes the probe as a router saw it, or with forge
 * another one that was never sent.
 */
void
build_error(struct simnet *s, const struct probe *p, uint32_t from,
    uint32_t type_code, bool forge)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f), *q = b + 8;
	unsigned int len = world_quotes_all(p->detail) ? p->len : p->ip_len + 8;

	if (len > 548) /* RFC 1812: the whole error in 576 bytes */
		len = 548;
	if (len > p->len)
		len = p->len;
	put16(b, type_code);
	put16(b + 2, 0);
	put32(b + 4, 0);
	memcpy(q, p->ip, len);
	q[8] = 1; /* time to live */
	put16(q + 10, 0);
	put16(q + 10, fold(sum(0, q, p->ip_len)));
	if (forge && len >= p->ip_len + 8) {
		unsigned int i;

		/* another source port and sequence number, or id */
		for (i = p->protocol == IPPROTO_ICMP ? 4 : 0; i < 8; i += 4)
			q[p->ip_len + i] ^= 0x80;
	}
	put16(b + 2, fold(sum(0, b, 8 + len)));
	finish(p, f, from, IPPROTO_ICMP, 8 + len);
}
