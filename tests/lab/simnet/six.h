/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of simnet that answer for IPv6 share.
 *
 *	receive6.c	checks frames and makes probes of them
 *	answer6.c	what a target does about a probe
 *	build6.c	makes the frames that it sends
 *
 * A probe's addresses are where its IP header is; ip_len includes options.
 */
#ifndef LAB_SIX_H
#define LAB_SIX_H

#include "../world6.h"
#include "simnet.h"

enum { SIX_HEADER = 40 };

/* ---- answer6.c ---- */

void answer6_probe(struct simnet *, const struct probe *);
void answer6_neighbour(struct simnet *, const struct probe *);

/* ---- build6.c: each makes one frame, ready to go ---- */

void build6_tcp(struct simnet *, const struct probe *, struct ip6 from,
    uint16_t port, uint16_t our_port, uint32_t seq, uint32_t ack,
    uint8_t flags);
void build6_udp(struct simnet *, const struct probe *, struct ip6 from,
    uint16_t port, uint16_t our_port);
void build6_echo(struct simnet *, const struct probe *, struct ip6 from,
    uint16_t id_flip, uint16_t seq_flip);
void build6_error(struct simnet *, const struct probe *, struct ip6 from,
    uint32_t type_code, bool forge);
void build6_advertisement(struct simnet *, const struct probe *);

/* The sum over a pseudo-header, RFC 8200 8.1; addresses: both, as sent. */
static inline uint32_t
six_pseudo(const uint8_t addresses[32], uint8_t protocol, unsigned int len)
{
	return sum(protocol + (len >> 16) + (len & 0xffff), addresses, 32);
}

#endif
