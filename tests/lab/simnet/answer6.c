/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a target of IPv6 does about a probe, by its class; see answer.c.
 */
#include <netinet/in.h>

#include "six.h"

enum { PORT_UNREACHABLE = 0x104, ADDRESS_UNREACHABLE = 0x103 };

static struct ip6
target_of(const struct probe *p)
{
	return ip6_get(p->ip + 24);
}

static void
answer_open(struct simnet *s, const struct probe *p)
{
	if (p->protocol == IPPROTO_TCP)
		build6_tcp(s, p, target_of(p), p->port, p->our_port, p->roll,
		    get32(p->body + 4) + 1, SYN | ACK);
	else if (p->protocol == IPPROTO_UDP)
		build6_udp(s, p, target_of(p), p->port, p->our_port);
	else
		build6_echo(s, p, target_of(p), 0, 0);
}

static void
answer_closed(struct simnet *s, const struct probe *p)
{
	struct ip6 target = target_of(p);

	if (p->protocol == IPPROTO_TCP)
		build6_tcp(s, p, target, p->port, p->our_port, 0,
		    get32(p->body + 4) + 1, RST | ACK);
	else if (p->protocol == IPPROTO_UDP)
		build6_error(s, p, target, PORT_UNREACHABLE, false);
	else
		build6_error(s, p, world6_error_source(p->detail, target),
		    ADDRESS_UNREACHABLE, false);
}

static void
forge_tcp(struct simnet *s, const struct probe *p, enum world_forgery kind,
    struct ip6 from)
{
	uint32_t ack = get32(p->body + 4) + 1;
	uint16_t port = p->port, our_port = p->our_port;

	if (kind == FORGED_TARGET_PORT)
		port ^= 1;
	if (kind == FORGED_OUR_PORT || kind == FORGED_UNSOLICITED)
		our_port ^= 0x8000;
	if (kind == FORGED_ACK || kind == FORGED_RESET ||
	    kind == FORGED_UNSOLICITED)
		ack ^= 1U << (p->detail >> 5 & 31) | 0x10000;
	build6_tcp(s, p, from, port, our_port, p->roll, ack,
	    kind == FORGED_RESET ? RST | ACK : SYN | ACK);
}

/* what no scanner may take for an answer */
static void
answer_forged(struct simnet *s, const struct probe *p)
{
	enum world_forgery kind = world_forgery(p->detail);
	struct ip6 from = target_of(p);

	if (kind == FORGED_QUOTE) {
		build6_error(s, p, from, ADDRESS_UNREACHABLE, true);
		return;
	}
	if (kind == FORGED_ADDRESS)
		from.lo ^= 1;
	if (p->protocol == IPPROTO_TCP)
		forge_tcp(s, p, kind, from);
	else if (p->protocol == IPPROTO_UDP)
		build6_udp(s, p, from, p->port ^ (kind == FORGED_TARGET_PORT),
		    kind == FORGED_ADDRESS || kind == FORGED_TARGET_PORT ?
			p->our_port :
			p->our_port ^ 0x8000);
	else
		build6_echo(s, p, from, kind == FORGED_ADDRESS ? 0 : 0x5555,
		    kind == FORGED_UNSOLICITED ? 0x5555 : 0);
}

/* 62 bits of all that makes a target, above two that are 0 */
static uint64_t
key_of(const struct probe *p)
{
	struct ip6 a = target_of(p);
	uint64_t x = a.hi * 0x9e3779b97f4a7c15 ^ a.lo;

	x ^= x >> 32;
	x = x * 0xd6e8feb86659fd93 + ((uint64_t)p->protocol << 16 | p->port);
	x ^= x >> 29;
	return (x * 0x9e3779b97f4a7c15 | 4) & ~3ULL;
}

/* to anything but a SYN a live host says RST, RFC 9293 3.10.7.1 */
static void
answer_segment(struct simnet *s, const struct probe *p, uint8_t flags)
{
	if (p->class == WORLD_UNREACHABLE || p->class == WORLD_FORGED)
		return;
	build6_tcp(s, p, target_of(p), p->port, p->our_port,
	    flags & ACK ? get32(p->body + 8) : 0,
	    flags & ACK ? 0 : get32(p->body + 4) + (flags & FIN),
	    flags & ACK ? RST : RST | ACK);
	send_release(s, p, 0, 0, 0);
}

void
answer6_probe(struct simnet *s, const struct probe *p)
{
	uint8_t flags = p->protocol == IPPROTO_TCP ? p->body[13] : SYN;

	if (!(flags & SYN) || flags & ACK) {
		answer_segment(s, p, flags);
		return;
	}
	switch (p->class) {
	case WORLD_CLOSED:
		answer_closed(s, p);
		break;
	case WORLD_UNREACHABLE:
		build6_error(s, p, world6_error_source(p->detail, target_of(p)),
		    world6_error(p->detail), false);
		break;
	case WORLD_FORGED:
		answer_forged(s, p);
		break;
	case WORLD_LOSSY:
		if (!lossy_answers(s, p, key_of(p)))
			return;
		answer_open(s, p);
		break;
	default:
		answer_open(s, p);
	}
	answer_release(s, p);
}

void
answer6_neighbour(struct simnet *s, const struct probe *p)
{
	build6_advertisement(s, p);
	send_release(s, p, 0, 0, 0);
}
