/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a target does about a probe, by its class.
 */
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "simnet.h"

static void
answer_open(struct simnet *s, const struct probe *p)
{
	if (p->protocol == IPPROTO_TCP)
		build_tcp(s, p, p->target, p->port, p->our_port, p->roll,
		    get32(p->body + 4) + 1, SYN | ACK);
	else if (p->protocol == IPPROTO_UDP)
		build_udp(s, p, p->target, p->port, p->our_port);
	else
		build_echo(s, p, p->target, 0, 0);
}

static void
answer_closed(struct simnet *s, const struct probe *p)
{
	uint32_t seq = get32(p->body + 4);

	if (p->protocol == IPPROTO_TCP)
		build_tcp(s, p, p->target, p->port, p->our_port, 0, seq + 1,
		    RST | ACK);
	else if (p->protocol == IPPROTO_UDP)
		build_error(s, p, p->target, 0x303, false);
	else
		build_error(s, p, world_error_source(p->detail, p->target),
		    0x301, false);
}

/* what no scanner may take for an answer */
static void
answer_forged(struct simnet *s, const struct probe *p)
{
	enum world_forgery kind = world_forgery(p->detail);
	uint32_t right = get32(p->body + 4) + 1;
	uint32_t from = p->target;
	uint16_t port = p->port, our_port = p->our_port;

	if (kind == FORGED_QUOTE) {
		build_error(s, p, p->target, 0x301, true);
		return;
	}
	if (kind == FORGED_ADDRESS)
		from ^= 1;
	if (p->protocol == IPPROTO_ICMP) {
		build_echo(s, p, from, kind == FORGED_ADDRESS ? 0 : 0x5555,
		    kind == FORGED_UNSOLICITED ? 0x5555 : 0);
		return;
	}
	if (kind == FORGED_TARGET_PORT)
		port ^= 1;
	if (kind == FORGED_OUR_PORT || kind == FORGED_UNSOLICITED ||
	    (p->protocol == IPPROTO_UDP && kind != FORGED_ADDRESS &&
		kind != FORGED_TARGET_PORT))
		our_port ^= 0x8000;
	if (p->protocol == IPPROTO_UDP) {
		build_udp(s, p, from, port, our_port);
		return;
	}
	if (kind == FORGED_ACK || kind == FORGED_RESET ||
	    kind == FORGED_UNSOLICITED)
		right ^= 1U << (p->detail >> 5 & 31) | 0x10000;
	build_tcp(s, p, from, port, our_port, p->roll, right,
	    kind == FORGED_RESET ? RST | ACK : SYN | ACK);
}

static uint64_t
lossy_key(const struct probe *p)
{
	uint64_t kind = p->protocol == IPPROTO_TCP ? 1 :
	    p->protocol == IPPROTO_UDP		   ? 2 :
						     3;

	return kind << 50 | (uint64_t)p->target << 18 | (uint64_t)p->port << 2;
}

bool
lossy_answers(struct simnet *s, const struct probe *p, uint64_t key)
{
	uint64_t *slot;
	size_t i;

	if (!s->lossy && !(s->lossy = calloc(LOSSY, sizeof *s->lossy)))
		err(1, "lossy targets");
	for (i = p->roll % LOSSY;; i = (i + 1) % LOSSY) {
		slot = &s->lossy[i];
		if (*slot >> 2 == key >> 2)
			break;
		if (*slot == 0) {
			if (s->lossy_count == LOSSY / 4 * 3)
				return true;
			s->lossy_count++;
			*slot = key;
			break;
		}
	}
	if ((*slot & 3) == world_lost(p->detail))
		return true;
	++*slot;
	return false;
}

/* bytes of data that come with the acknowledgement of our SYN-ACK */
static unsigned int
handshake_data(const struct probe *p)
{
	unsigned int header = p->body[12] >> 4 << 2;

	if ((p->body[13] & (SYN | FIN | ACK)) != ACK ||
	    p->class == WORLD_CLOSED || get32(p->body + 8) != p->roll + 1)
		return 0;
	return p->body_len - header;
}

/* to anything but a SYN and data a live host says RST, RFC 9293 3.10.7.1 */
static void
answer_segment(struct simnet *s, const struct probe *p, uint8_t flags)
{
	unsigned int data = handshake_data(p);
	uint32_t seq = get32(p->body + 4), ack = get32(p->body + 8);

	if (p->class == WORLD_UNREACHABLE || p->class == WORLD_FORGED)
		return;
	if (data > 0 && !world_acknowledges(&s->conf.world, p->target))
		return;
	if (data > 0)
		build_tcp(s, p, p->target, p->port, p->our_port, ack,
		    seq + data, ACK);
	else if (flags & ACK)
		build_tcp(s, p, p->target, p->port, p->our_port, ack, 0, RST);
	else
		build_tcp(s, p, p->target, p->port, p->our_port, 0,
		    seq + (flags & FIN), RST | ACK);
	send_release(s, p, 0, 0, 0);
}

void
answer_probe(struct simnet *s, const struct probe *p)
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
		build_error(s, p, world_error_source(p->detail, p->target),
		    world_error(p->detail), false);
		break;
	case WORLD_FORGED:
		answer_forged(s, p);
		break;
	case WORLD_LOSSY:
		if (!lossy_answers(s, p, lossy_key(p)))
			return;
		answer_open(s, p);
		break;
	default:
		answer_open(s, p);
	}
	answer_release(s, p);
}

void
answer_release(struct simnet *s, const struct probe *p)
{
	send_release(s, p, world_delay_ms(p->class, p->detail) * 1000000ULL,
	    world_repeats(p->class, p->detail),
	    p->class == WORLD_DUPLICATE ? 5000000 : 1000000);
}
