/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends frames as fast as a device takes them: by AF_XDP in copy mode, or by
 * sendmmsg, also where AF_XDP is not for an ordinary user: its frames have to
 * be locked in memory.  Only inside the lab.
 *
 *	burst_open(&b, "i0", true);
 *	f = burst_frame(&b);	a buffer of BURST_FRAME bytes to fill
 *	burst_add(&b, length);	queues it; sends every BURST_BATCH frames
 *	burst_close(&b);	sends the rest and waits until it is out
 */
#ifndef LAB_BURST_H
#define LAB_BURST_H

#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xdp/xsk.h>

enum { BURST_FRAME = 2048, BURST_BATCH = 64, BURST_FRAMES = 4096 };

struct burst {
	bool xdp;
	int fd;
	unsigned int count; /* frames waiting in this batch */
	uint8_t *frames;
	/* sendmmsg */
	struct mmsghdr m[BURST_BATCH];
	struct iovec io[BURST_BATCH];
	/* AF_XDP: frames are used in turn */
	struct xsk_umem *umem;
	struct xsk_socket *xsk;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons done;
	uint32_t next, flying;
	struct xdp_desc desc[BURST_BATCH];
};

static inline double
burst_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void
burst_open(struct burst *b, const char *device, bool xdp)
{
	struct xsk_umem_config uc = {
		.fill_size = 64,
		.comp_size = BURST_FRAMES,
		.frame_size = BURST_FRAME,
	};
	struct xsk_socket_config sc = {
		.tx_size = BURST_FRAMES / 2,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY,
	};
	size_t size = (size_t)BURST_FRAMES * BURST_FRAME;
	struct sockaddr_ll a = { .sll_family = AF_PACKET };
	int i, e = 0;

	memset(b, 0, sizeof *b);
	b->xdp = xdp;
	b->frames = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->frames == MAP_FAILED)
		err(1, "memory");
	a.sll_ifindex = (int)if_nametoindex(device);
	if (a.sll_ifindex == 0)
		err(1, "%s", device);
	if (xdp) {
		e = xsk_umem__create(&b->umem, b->frames, size, &b->fill,
		    &b->done, &uc);
		b->xdp = e != -ENOBUFS && e != -EPERM;
	}
	if (b->xdp) {
		if (e == 0)
			e = xsk_socket__create(&b->xsk, device, 0, b->umem,
			    NULL, &b->tx, &sc);
		if (e != 0)
			errx(1, "%s: AF_XDP: %s", device, strerror(-e));
		b->fd = xsk_socket__fd(b->xsk);
		return;
	}
	if ((b->fd = socket(AF_PACKET, SOCK_RAW, 0)) == -1 ||
	    bind(b->fd, (struct sockaddr *)&a, sizeof a) == -1)
		err(1, "%s: packet socket", device);
	for (i = 0; i < BURST_BATCH; i++) {
		b->io[i].iov_base = b->frames + (size_t)i * BURST_FRAME;
		b->m[i].msg_hdr.msg_iov = &b->io[i];
		b->m[i].msg_hdr.msg_iovlen = 1;
	}
}

/* sends what is in the ring, takes back what is out */
static inline void
burst_kick(struct burst *b)
{
	uint32_t n, at;

	if (sendto(b->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) == -1 &&
	    errno != EAGAIN && errno != EBUSY && errno != ENOBUFS &&
	    errno != EINTR)
		err(1, "AF_XDP");
	n = xsk_ring_cons__peek(&b->done, BURST_FRAMES, &at);
	xsk_ring_cons__release(&b->done, n);
	b->flying -= n;
}

static inline void
burst_flush(struct burst *b)
{
	unsigned int i, sent = 0;
	uint32_t at;
	int r;

	if (b->count == 0)
		return;
	if (b->xdp) {
		while (xsk_ring_prod__reserve(&b->tx, b->count, &at) == 0)
			burst_kick(b);
		for (i = 0; i < b->count; i++)
			*xsk_ring_prod__tx_desc(&b->tx, at + i) = b->desc[i];
		xsk_ring_prod__submit(&b->tx, b->count);
		b->flying += b->count;
		burst_kick(b);
	}
	while (!b->xdp && sent < b->count) {
		r = sendmmsg(b->fd, b->m + sent, b->count - sent, 0);
		if (r > 0)
			sent += (unsigned int)r;
		else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			err(1, "sendmmsg");
	}
	b->count = 0;
}

static inline uint8_t *
burst_frame(struct burst *b)
{
	if (!b->xdp)
		return b->io[b->count].iov_base;
	while (b->flying + b->count >= BURST_FRAMES)
		burst_kick(b);
	return b->frames + (size_t)b->next * BURST_FRAME;
}

static inline void
burst_add(struct burst *b, unsigned int len)
{
	if (b->xdp) {
		b->desc[b->count].addr = (uint64_t)b->next * BURST_FRAME;
		b->desc[b->count].len = len;
		b->desc[b->count].options = 0;
		b->next = (b->next + 1) % BURST_FRAMES;
	} else {
		b->io[b->count].iov_len = len;
	}
	if (++b->count == BURST_BATCH)
		burst_flush(b);
}

static inline void
burst_close(struct burst *b)
{
	double end = burst_now() + 5;

	burst_flush(b);
	while (b->xdp && b->flying && burst_now() < end)
		burst_kick(b);
	if (b->xdp) {
		xsk_socket__delete(b->xsk);
		xsk_umem__delete(b->umem);
	} else {
		close(b->fd);
	}
}

/* ones' complement sum over len bytes, RFC 1071; even len */
static inline uint32_t
burst_sum(uint32_t s, const uint8_t *p, unsigned int len)
{
	for (; len > 1; p += 2, len -= 2)
		s += (uint32_t)(p[0] << 8 | p[1]);
	return s;
}

static inline void
burst_put(uint8_t *p, uint32_t v, unsigned int bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

static inline void
burst_put_sum(uint8_t *p, uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	burst_put(p, ~s & 0xffff, 2);
}

/*
 * An Ethernet frame with a TCP segment that has no data, all checksums right.
 * With a SYN flag it offers an MSS.  Returns its length.
 */
static inline unsigned int
burst_tcp(uint8_t *f, const uint8_t to[6], const uint8_t from[6],
    uint32_t source, uint32_t target, uint16_t source_port,
    uint16_t target_port, uint32_t seq, uint32_t ack, uint8_t flags)
{
	static const uint8_t start[] = { 8, 0, 0x45, 0, 0, 44, 0, 1, 0x40, 0,
		64, 6, 0, 0 };
	uint8_t *ip = f + 14, *tcp = ip + 20;

	memcpy(f, to, 6);
	memcpy(f + 6, from, 6);
	memcpy(f + 12, start, sizeof start);
	burst_put(ip + 12, source, 4);
	burst_put(ip + 16, target, 4);
	burst_put_sum(ip + 10, burst_sum(0, ip, 20));
	burst_put(tcp, source_port, 2);
	burst_put(tcp + 2, target_port, 2);
	burst_put(tcp + 4, seq, 4);
	burst_put(tcp + 8, ack, 4);
	tcp[12] = 0x60;
	tcp[13] = flags;
	memcpy(tcp + 14, "\xff\xff\0\0\0\0\2\4\5\264", 10);
	burst_put_sum(tcp + 16, burst_sum(6 + 24, ip + 12, 8 + 24));
	return 14 + 44;
}

#endif
