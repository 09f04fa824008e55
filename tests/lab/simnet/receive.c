/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receiving: checks a frame as a host would, finds out which probe it is, and
 * counts it.  What is broken is not answered.
 */
#include <err.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "simnet.h"

const char *const protocol_names[] = { "tcp", "udp", "icmp" };

static uint32_t
dice(struct simnet *s)
{
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 17;
	s->dice ^= s->dice << 5;
	return s->dice;
}

/*
 * Checks the transport header; true if this is a probe.  Without sums the
 * kernel has not filled the checksum in yet.
 */
static bool
transport(struct simnet *s, struct probe *p, bool sums)
{
	uint32_t start = pseudo(p->us, p->target, p->protocol, p->body_len);
	const uint8_t *b = p->body;

	switch (p->protocol) {
	case IPPROTO_TCP:
		if (p->body_len < 20 || b[12] >> 4 < 5 ||
		    (unsigned int)(b[12] >> 4 << 2) > p->body_len)
			goto bad;
		break;
	case IPPROTO_UDP:
		if (p->body_len < 8 || get16(b + 4) != p->body_len)
			goto bad;
		sums = sums && get16(b + 6) != 0;
		break;
	case IPPROTO_ICMP:
		if (p->body_len < 8)
			goto bad;
		start = 0;
		break;
	default:
		s->other++;
		return false;
	}
	if (sums && fold(sum(start, b, p->body_len)) != 0) {
		s->bad_checksum++;
		return false;
	}
	if (p->protocol == IPPROTO_ICMP && b[0] != 8) {
		s->other++;
		return false;
	}
	if (p->protocol == IPPROTO_TCP && b[13] & RST) {
		s->resets++;
		return false;
	}
	p->our_port = get16(p->protocol == IPPROTO_ICMP ? b + 4 : b);
	p->port = p->protocol == IPPROTO_ICMP ? 0 : get16(b + 2);
	return true;
bad:
	s->bad_transport++;
	return false;
}

bool
simnet_loses(struct simnet *s)
{
	if (!s->loss || dice(s) >= s->loss)
		return false;
	s->lost++;
	return true;
}

static void
receive(struct simnet *s, struct device *d, const uint8_t *b, unsigned int len,
    bool sums, uint64_t time)
{
	struct probe p = { .device = d };
	int kind;

	uint16_t type = ETH_P_IP;

	if (d->ring) {
		if (len < 14)
			return;
		type = get16(b + 12);
		p.link = b;
		b += 14;
		len -= 14;
	}
	p.ip = b;
	if ((type == ETH_P_IP || type == ETH_P_IPV6) && len >= 20 &&
	    path_loses(&s->path, time, type == ETH_P_IP ? get32(b + 16) : 0))
		return;
	if (type == ETH_P_IPV6 && s->nets6_count) {
		receive6(s, &p, len, sums);
		return;
	}
	if (type != ETH_P_IP)
		return;
	if (len < 20 || b[0] >> 4 != 4)
		goto bad;
	p.ip_len = (b[0] & 15U) << 2;
	p.len = get16(b + 2);
	if (p.ip_len < 20 || p.len < p.ip_len || p.len > len)
		goto bad;
	if (fold(sum(0, b, p.ip_len)) != 0) {
		s->bad_checksum++;
		return;
	}
	if (get16(b + 6) & 0x3fff) { /* a fragment */
		s->other++;
		return;
	}
	p.us = get32(b + 12);
	p.target = get32(b + 16);
	p.protocol = b[9];
	if (simnet_within(s->conf.except, s->conf.except_count, p.target))
		return;
	if (!simnet_within(s->conf.nets, s->conf.nets_count, p.target)) {
		s->outside++;
		return;
	}
	p.body = b + p.ip_len;
	p.body_len = p.len - p.ip_len;
	if (!transport(s, &p, sums))
		return;
	p.roll = world_roll(&s->conf.world, p.target, p.protocol, p.port);
	p.detail = world_detail(p.roll);
	p.class = world_open(&s->conf.world, p.target, p.port) ?
	    WORLD_OPEN :
	    world_class(&s->conf.world, p.roll);
	kind = p.protocol == IPPROTO_TCP ? 0 :
	    p.protocol == IPPROTO_UDP	 ? 1 :
					   2;
	s->seen[kind][p.class]++;
	if (s->log)
		fprintf(s->log, "%s,%u.%u.%u.%u,%u,%u\n", protocol_names[kind],
		    p.ip[16], p.ip[17], p.ip[18], p.ip[19], p.port, p.our_port);
	if (p.class == WORLD_FILTERED)
		return;
	if (simnet_loses(s))
		return;
	answer_probe(s, &p);
	return;
bad:
	s->bad_ip++;
}

static void
write32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof v, 1, f);
}

/* pcap(5), nanoseconds */
FILE *
capture_open(const char *name, bool ethernet)
{
	FILE *f = fopen(name, "we");

	if (!f)
		err(1, "%s", name);
	write32(f, 0xa1b23c4d);
	write32(f, 4 << 16 | 2);
	write32(f, 0);
	write32(f, 0);
	write32(f, FRAME);
	write32(f, ethernet ? 1 : 101); /* LINKTYPE_ETHERNET, _RAW */
	fflush(f);			/* before the fork */
	return f;
}

static void
capture_write(FILE *f, const uint8_t *b, uint32_t len, uint32_t wire,
    uint32_t sec, uint32_t nsec)
{
	write32(f, sec);
	write32(f, nsec);
	write32(f, len);
	write32(f, wire);
	fwrite(b, 1, len, f);
}

/* returns false when the ring had nothing */
bool
receive_block(struct simnet *s, struct device *d)
{
	struct tpacket_block_desc *block;
	struct tpacket3_hdr *h;
	unsigned int i;

	block = (void *)(d->ring + (size_t)d->block * BLOCK);
	if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
		TP_STATUS_USER))
		return false;
	h = (void *)((uint8_t *)block + block->hdr.bh1.offset_to_first_pkt);
	for (i = 0; i < block->hdr.bh1.num_pkts; i++) {
		if (s->capture)
			capture_write(s->capture, (uint8_t *)h + h->tp_mac,
			    h->tp_snaplen, h->tp_len, h->tp_sec, h->tp_nsec);
		receive(s, d, (uint8_t *)h + h->tp_mac, h->tp_snaplen,
		    !(h->tp_status & TP_STATUS_CSUMNOTREADY),
		    (uint64_t)h->tp_sec * 1000000000 + h->tp_nsec);
		h = (void *)((uint8_t *)h + h->tp_next_offset);
	}
	d->taken += block->hdr.bh1.num_pkts;
	__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL,
	    __ATOMIC_RELEASE);
	d->block = (d->block + 1) % d->blocks;
	return true;
}

void
receive_tun(struct simnet *s, struct device *d)
{
	struct timespec t;
	uint8_t b[FRAME];
	ssize_t n;
	int i;

	for (i = 0; i < BATCH && (n = read(d->fd, b, sizeof b)) > 0; i++) {
		clock_gettime(CLOCK_REALTIME, &t);
		if (s->capture)
			capture_write(s->capture, b, (uint32_t)n, (uint32_t)n,
			    (uint32_t)t.tv_sec, (uint32_t)t.tv_nsec);
		receive(s, d, b, (unsigned int)n, true,
		    (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec);
	}
}
