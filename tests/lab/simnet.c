/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated Internet.  simnet sits behind the far end of a veth pair (or
 * behind a tun device) and answers for whole prefixes, each target as world.h
 * says; nothing here decides what a target is.  It also checks what it gets:
 * a probe with a wrong length or checksum is counted and not answered.
 *
 * Frames come in by an AF_PACKET ring and go out by sendmmsg.  With --fast an
 * XDP program drops the silent targets before they cost anything; where BPF is
 * not permitted simnet says so and sees every frame itself.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "simnet.h"

enum {
	DEVICES = 4,
	BLOCK = 1 << 18, /* bytes of a ring block */
	BLOCKS = 128,
	BATCH = 64,
	FRAME = 2048,
	CPUS = 1024,	 /* what the kernel may at most count for */
	QUEUE = 1 << 20, /* answers that may wait for their time */
	LOSSY = 1 << 20	 /* lossy targets that can be remembered */
};

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct device {
	const char *name;
	int fd;
	unsigned int index;
	uint8_t *ring; /* NULL: a tun device, read and written */
	unsigned int block;
	uint64_t dropped; /* by the ring */
};

/* one probe, checked; multi-byte fields in host order */
struct probe {
	struct device *device;
	const uint8_t *link; /* Ethernet header, NULL on a tun device */
	const uint8_t *ip;
	unsigned int ip_len; /* its header */
	unsigned int len;    /* its total length */
	const uint8_t *body; /* transport header */
	unsigned int body_len;
	uint32_t us, target;
	uint8_t protocol;
	uint16_t our_port, port; /* ICMP: id and 0 */
	uint32_t roll, detail;
	enum world_class class;
};

/* an answer under construction: link header, IP header, body */
struct frame {
	uint8_t b[FRAME];
	unsigned int len;
};

/* an answer that waits */
struct later {
	uint64_t due;	/* ns */
	uint64_t every; /* ns between repeats */
	uint32_t left;	/* repeats after this one */
	uint16_t len;
	struct device *device;
	uint8_t *b;
};

struct simnet {
	struct simnet_config conf;
	struct device devices[DEVICES];
	unsigned int devices_count;
	uint32_t loss; /* of 2^32 */
	uint32_t dice;
	const char *counters;
	FILE *log, *capture;
	struct bpf_object *xdp;
	int silent_map;

	struct later *queue; /* binary heap by due */
	size_t queued, queue_size;
	uint64_t *lossy; /* hash: key << 2 | probes so far; 0 is free */
	size_t lossy_count;

	struct frame out[BATCH];
	struct device *out_device[BATCH];
	unsigned int out_count;

	uint64_t seen[3][WORLD_CLASSES]; /* TCP, UDP, ICMP */
	uint64_t answers[WORLD_CLASSES];
	uint64_t frames, outside, other, resets, lost;
	uint64_t bad_ip, bad_checksum, bad_transport;
	uint64_t unsent, unqueued;
};

static const char *const class_names[] = {
	[WORLD_OPEN] = "open",
	[WORLD_CLOSED] = "closed",
	[WORLD_UNREACHABLE] = "unreachable",
	[WORLD_DUPLICATE] = "duplicate",
	[WORLD_LATE] = "late",
	[WORLD_BLOWBACK] = "blowback",
	[WORLD_LOSSY] = "lossy",
	[WORLD_FORGED] = "forged",
	[WORLD_FILTERED] = "filtered",
};

static const char *const protocol_names[] = { "tcp", "udp", "icmp" };

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t
sum(uint32_t s, const uint8_t *p, unsigned int len)
{
	for (; len > 1; p += 2, len -= 2)
		s += get16(p);
	if (len)
		s += (uint32_t)*p << 8;
	return s;
}

/* RFC 1071; 0 over a region that holds its own right checksum */
static uint16_t
fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static uint32_t
pseudo(uint32_t from, uint32_t to, uint8_t protocol, unsigned int len)
{
	return (from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) +
	    protocol + len;
}

static uint32_t
dice(struct simnet *s)
{
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 17;
	s->dice ^= s->dice << 5;
	return s->dice;
}

/* ---- sending ---- */

static void
flush(struct simnet *s)
{
	struct mmsghdr m[BATCH];
	struct iovec io[BATCH];
	unsigned int i, done, n;
	int r, tries;

	for (done = 0; done < s->out_count; done += n) {
		struct device *d = s->out_device[done];

		for (n = 0;
		     done + n < s->out_count && s->out_device[done + n] == d;
		     n++) {
			io[n].iov_base = s->out[done + n].b;
			io[n].iov_len = s->out[done + n].len;
			m[n] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &io[n],
						     .msg_iovlen = 1 } };
		}
		for (i = 0, tries = 0; i < n;) {
			if (!d->ring)
				r = write(d->fd, io[i].iov_base,
					io[i].iov_len) < 0
				    ? -1
				    : 1;
			else
				r = sendmmsg(d->fd, m + i, n - i, 0);
			if (r > 0) {
				i += (unsigned int)r;
				tries = 0;
			} else if (errno != EINTR && ++tries > 200) {
				s->unsent += n - i;
				break;
			} else if (errno != EINTR) {
				poll(&(struct pollfd){ d->fd, POLLOUT, 0 }, 1,
				    1);
			}
		}
	}
	s->out_count = 0;
}

static struct frame *
next_frame(struct simnet *s, struct device *d)
{
	if (s->out_count == BATCH)
		flush(s);
	s->out_device[s->out_count] = d;
	return &s->out[s->out_count++];
}

static bool
later_before(const struct later *a, const struct later *b)
{
	return a->due < b->due;
}

static void
queue_down(struct simnet *s, size_t i)
{
	struct later x = s->queue[i];
	size_t child;

	while ((child = 2 * i + 1) < s->queued) {
		if (child + 1 < s->queued &&
		    later_before(&s->queue[child + 1], &s->queue[child]))
			child++;
		if (!later_before(&s->queue[child], &x))
			break;
		s->queue[i] = s->queue[child];
		i = child;
	}
	s->queue[i] = x;
}

static void
queue_add(struct simnet *s, struct later x)
{
	size_t i;

	if (s->queued == s->queue_size) {
		size_t size = s->queue_size ? 2 * s->queue_size : 1024;
		void *p = size <= QUEUE
		    ? reallocarray(s->queue, size, sizeof(*s->queue))
		    : NULL;

		if (!p) {
			s->unqueued += 1 + x.left;
			free(x.b);
			return;
		}
		s->queue = p;
		s->queue_size = size;
	}
	for (i = s->queued++; i && later_before(&x, &s->queue[(i - 1) / 2]);
	     i = (i - 1) / 2)
		s->queue[i] = s->queue[(i - 1) / 2];
	s->queue[i] = x;
}

static void
queue_run(struct simnet *s, uint64_t t)
{
	while (s->queued && s->queue[0].due <= t) {
		struct later *x = &s->queue[0];
		struct frame *f = next_frame(s, x->device);

		memcpy(f->b, x->b, x->len);
		f->len = x->len;
		if (x->left) {
			x->left--;
			x->due += x->every;
		} else {
			free(x->b);
			s->queue[0] = s->queue[--s->queued];
		}
		if (s->queued)
			queue_down(s, 0);
	}
}

/*
 * The frame made last goes out now or after delay, and then repeats more
 * times.
 */
static void
release(struct simnet *s, const struct probe *p, uint64_t delay,
    uint32_t repeats, uint64_t every)
{
	struct frame *f = &s->out[s->out_count - 1];
	struct later x;

	s->answers[p->class] += 1 + repeats;
	if (!delay && !repeats)
		return;
	x = (struct later){ .due = now() + (delay ? delay : every),
		.every = every,
		.left = delay ? repeats : repeats - 1,
		.len = (uint16_t)f->len,
		.device = p->device,
		.b = malloc(f->len) };
	if (x.b) {
		memcpy(x.b, f->b, f->len);
		queue_add(s, x);
	} else {
		s->unqueued += 1 + x.left;
	}
	if (delay)
		s->out_count--;
}

/* ---- building answers ---- */

/* link and IP headers of an answer; returns where its body goes */
static uint8_t *
begin(struct simnet *s, const struct probe *p, struct frame **f)
{
	uint8_t *b;

	*f = next_frame(s, p->device);
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

static unsigned int
tcp_options(uint8_t *o, const struct probe *p)
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

static void
tcp(struct simnet *s, const struct probe *p, uint32_t from, uint16_t port,
    uint16_t our_port, uint32_t seq, uint32_t ack, uint8_t flags)
{
	struct frame *f;
	uint8_t *b = begin(s, p, &f);
	unsigned int len = 20;

	if (flags & SYN)
		len += tcp_options(b + 20, p);
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

static void
udp(struct simnet *s, const struct probe *p, uint32_t from, uint16_t port,
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

static void
echo(struct simnet *s, const struct probe *p, uint32_t from, uint16_t id_flip,
    uint16_t seq_flip)
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
static void
icmp_error(struct simnet *s, const struct probe *p, uint32_t from,
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

/* ---- what a target does ---- */

static void
answer_open(struct simnet *s, const struct probe *p)
{
	if (p->protocol == IPPROTO_TCP)
		tcp(s, p, p->target, p->port, p->our_port, p->roll,
		    get32(p->body + 4) + 1, SYN | ACK);
	else if (p->protocol == IPPROTO_UDP)
		udp(s, p, p->target, p->port, p->our_port);
	else
		echo(s, p, p->target, 0, 0);
}

static void
answer_closed(struct simnet *s, const struct probe *p)
{
	uint32_t seq = get32(p->body + 4);

	if (p->protocol == IPPROTO_TCP)
		tcp(s, p, p->target, p->port, p->our_port, 0, seq + 1,
		    RST | ACK);
	else if (p->protocol == IPPROTO_UDP)
		icmp_error(s, p, p->target, 0x303, false);
	else
		icmp_error(s, p, world_error_source(p->detail, p->target),
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
		icmp_error(s, p, p->target, 0x301, true);
		return;
	}
	if (kind == FORGED_ADDRESS)
		from ^= 1;
	if (p->protocol == IPPROTO_ICMP) {
		echo(s, p, from, kind == FORGED_ADDRESS ? 0 : 0x5555,
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
		udp(s, p, from, port, our_port);
		return;
	}
	if (kind == FORGED_ACK || kind == FORGED_RESET ||
	    kind == FORGED_UNSOLICITED)
		right ^= 1U << (p->detail >> 5 & 31) | 0x10000;
	tcp(s, p, from, port, our_port, p->roll, right,
	    kind == FORGED_RESET ? RST | ACK : SYN | ACK);
}

/* has this lossy target now missed as many probes as it must? */
static bool
lossy_answers(struct simnet *s, const struct probe *p)
{
	uint64_t key = (uint64_t)p->target << 18 | (uint64_t)p->port << 2;
	uint64_t *slot;
	size_t i;

	key |= (uint64_t)(p->protocol == IPPROTO_TCP ? 1
		       : p->protocol == IPPROTO_UDP  ? 2
						     : 3)
	    << 50;
	if (!s->lossy && !(s->lossy = calloc(LOSSY, sizeof(*s->lossy))))
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

static void
answer(struct simnet *s, const struct probe *p)
{
	uint8_t flags = p->protocol == IPPROTO_TCP ? p->body[13] : SYN;

	/* to anything but a SYN a live host says RST, RFC 9293 3.10.7.1 */
	if (!(flags & SYN) || flags & ACK) {
		if (p->class == WORLD_UNREACHABLE || p->class == WORLD_FORGED)
			return;
		tcp(s, p, p->target, p->port, p->our_port,
		    flags & ACK ? get32(p->body + 8) : 0,
		    flags & ACK ? 0 : get32(p->body + 4) + (flags & FIN),
		    flags & ACK ? RST : RST | ACK);
		release(s, p, 0, 0, 0);
		return;
	}
	switch (p->class) {
	case WORLD_CLOSED:
		answer_closed(s, p);
		break;
	case WORLD_UNREACHABLE:
		icmp_error(s, p, world_error_source(p->detail, p->target),
		    world_error(p->detail), false);
		break;
	case WORLD_FORGED:
		answer_forged(s, p);
		break;
	case WORLD_LOSSY:
		if (!lossy_answers(s, p))
			return;
		answer_open(s, p);
		break;
	default:
		answer_open(s, p);
	}
	release(s, p, world_delay_ms(p->class, p->detail) * 1000000ULL,
	    world_repeats(p->class, p->detail),
	    p->class == WORLD_DUPLICATE ? 5000000 : 1000000);
}

/* ---- receiving ---- */

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

static void
receive(struct simnet *s, struct device *d, const uint8_t *b, unsigned int len,
    bool sums)
{
	struct probe p = { .device = d };
	int kind;

	s->frames++;
	if (d->ring) {
		if (len < 14 || get16(b + 12) != ETH_P_IP)
			return;
		p.link = b;
		b += 14;
		len -= 14;
	}
	if (len < 20 || b[0] >> 4 != 4)
		goto bad;
	p.ip = b;
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
	p.class = world_class(&s->conf.world, p.roll);
	kind = p.protocol == IPPROTO_TCP ? 0
	    : p.protocol == IPPROTO_UDP	 ? 1
					 : 2;
	s->seen[kind][p.class]++;
	if (s->log)
		fprintf(s->log, "%s,%u.%u.%u.%u,%u,%u\n", protocol_names[kind],
		    p.ip[16], p.ip[17], p.ip[18], p.ip[19], p.port, p.our_port);
	if (p.class == WORLD_FILTERED)
		return;
	if (s->loss && dice(s) < s->loss) {
		s->lost++;
		return;
	}
	answer(s, &p);
	return;
bad:
	s->bad_ip++;
}

static void
write32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

/* pcap(5), nanoseconds */
static FILE *
open_capture(const char *name, bool ethernet)
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
capture(FILE *f, const uint8_t *b, uint32_t len, uint32_t wire, uint32_t sec,
    uint32_t nsec)
{
	write32(f, sec);
	write32(f, nsec);
	write32(f, len);
	write32(f, wire);
	fwrite(b, 1, len, f);
}

/* returns false when the ring had nothing */
static bool
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
			capture(s->capture, (uint8_t *)h + h->tp_mac,
			    h->tp_snaplen, h->tp_len, h->tp_sec, h->tp_nsec);
		receive(s, d, (uint8_t *)h + h->tp_mac, h->tp_snaplen,
		    !(h->tp_status & TP_STATUS_CSUMNOTREADY));
		h = (void *)((uint8_t *)h + h->tp_next_offset);
	}
	__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL,
	    __ATOMIC_RELEASE);
	d->block = (d->block + 1) % BLOCKS;
	return true;
}

static void
receive_tun(struct simnet *s, struct device *d)
{
	struct timespec t;
	uint8_t b[FRAME];
	ssize_t n;
	int i;

	for (i = 0; i < BATCH && (n = read(d->fd, b, sizeof(b))) > 0; i++) {
		clock_gettime(CLOCK_REALTIME, &t);
		if (s->capture)
			capture(s->capture, b, (uint32_t)n, (uint32_t)n,
			    (uint32_t)t.tv_sec, (uint32_t)t.tv_nsec);
		receive(s, d, b, (unsigned int)n, true);
	}
}

/* ---- setting up ---- */

static void
open_packet(struct device *d)
{
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = FRAME,
		.tp_frame_nr = BLOCK / FRAME * BLOCKS,
		.tp_retire_blk_tov = 1,
	};
	int version = TPACKET_V3, one = 1;
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL) };

	a.sll_ifindex = (int)(d->index = if_nametoindex(d->name));
	if (!d->index)
		err(1, "%s", d->name);
	if ((d->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) == -1)
		err(1, "packet socket");
	if (setsockopt(d->fd, SOL_PACKET, PACKET_VERSION, &version,
		sizeof(version)) == -1 ||
	    setsockopt(d->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		sizeof(one)) == -1 ||
	    setsockopt(d->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) ==
		-1)
		err(1, "%s: packet ring", d->name);
	d->ring = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE,
	    MAP_SHARED, d->fd, 0);
	if (d->ring == MAP_FAILED)
		err(1, "%s: packet ring", d->name);
	if (bind(d->fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		err(1, "%s", d->name);
}

static void
open_tun(struct device *d)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", d->name);
	d->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (d->fd == -1 || ioctl(d->fd, TUNSETIFF, &r) == -1)
		err(1, "%s: tun device", d->name);
}

static int
quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

/* 0, or -1 with errno when BPF is not to be had */
static int
load_xdp(struct simnet *s)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	struct bpf_program *prog;
	struct bpf_map *config, *silent;
	unsigned int i;
	__u32 zero = 0;
	int e;

	if (n < 0)
		return -1;
	snprintf(path + n, sizeof(path) - (size_t)n, ".bpf.o");
	libbpf_set_print(quiet);
	if (!(s->xdp = bpf_object__open_file(path, NULL)) ||
	    bpf_object__load(s->xdp))
		return -1;
	prog = bpf_object__find_program_by_name(s->xdp, "simnet");
	config = bpf_object__find_map_by_name(s->xdp, "config");
	silent = bpf_object__find_map_by_name(s->xdp, "silent");
	if (!prog || !config || !silent)
		return -1;
	if (bpf_map_update_elem(bpf_map__fd(config), &zero, &s->conf, 0))
		return -1;
	s->silent_map = bpf_map__fd(silent);
	for (i = 0; i < s->devices_count; i++) {
		e = bpf_xdp_attach((int)s->devices[i].index,
		    bpf_program__fd(prog), XDP_FLAGS_DRV_MODE, NULL);
		if (e) {
			errno = -e;
			return -1;
		}
	}
	return 0;
}

static uint64_t
silent_count(const struct simnet *s, __u32 slot)
{
	int i, cpus = libbpf_num_possible_cpus();
	uint64_t v[CPUS], total = 0;

	if (!s->silent_map || cpus < 1 || cpus > CPUS ||
	    bpf_map_lookup_elem(s->silent_map, &slot, v))
		return 0;
	for (i = 0; i < cpus; i++)
		total += v[i];
	return total;
}

static void
ring_drops(struct simnet *s)
{
	struct tpacket_stats_v3 st;
	socklen_t len = sizeof(st);
	unsigned int i;

	for (i = 0; i < s->devices_count; i++)
		if (s->devices[i].ring &&
		    getsockopt(s->devices[i].fd, SOL_PACKET, PACKET_STATISTICS,
			&st, &len) == 0)
			s->devices[i].dropped += st.tp_drops;
}

/* one JSON object on one line, whole or not at all */
static void
write_counters(struct simnet *s)
{
	uint64_t dropped = 0, probes = 0, silent;
	char name[PATH_MAX];
	unsigned int i, c;
	FILE *f;

	if (s->log)
		fflush(s->log);
	if (s->capture)
		fflush(s->capture);
	if (!s->counters)
		return;
	snprintf(name, sizeof(name), "%s.new", s->counters);
	if (!(f = fopen(name, "w"))) {
		warn("%s", name);
		return;
	}
	ring_drops(s);
	for (i = 0; i < s->devices_count; i++)
		dropped += s->devices[i].dropped;
	fprintf(f, "{");
	for (i = 0; i < 3; i++) {
		silent = silent_count(s, i);
		fprintf(f, "\"%s\":{", protocol_names[i]);
		for (c = 0; c < WORLD_CLASSES; c++) {
			uint64_t n =
			    s->seen[i][c] + (c == WORLD_FILTERED ? silent : 0);

			probes += n;
			fprintf(f, "%s\"%s\":%lu", c ? "," : "", class_names[c],
			    n);
		}
		fprintf(f, "},");
	}
	fprintf(f, "\"probes\":%lu,\"answers\":{", probes);
	for (c = 0; c < WORLD_FILTERED; c++)
		fprintf(f, "%s\"%s\":%lu", c ? "," : "", class_names[c],
		    s->answers[c]);
	fprintf(f,
	    "},\"outside\":%lu,\"lost\":%lu,\"bad_ip\":%lu,"
	    "\"bad_checksum\":%lu,\"bad_transport\":%lu,\"resets\":%lu,"
	    "\"other\":%lu,\"waiting\":%zu,\"dropped\":%lu,"
	    "\"unsent\":%lu,\"unqueued\":%lu,\"fast\":%s}\n",
	    s->outside, s->lost, s->bad_ip, s->bad_checksum, s->bad_transport,
	    s->resets, s->other, s->queued, dropped, s->unsent, s->unqueued,
	    s->silent_map ? "true" : "false");
	if (fclose(f) || rename(name, s->counters))
		warn("%s", s->counters);
}

static void
run(struct simnet *s, int signals)
{
	struct pollfd fds[DEVICES + 1];
	struct signalfd_siginfo si;
	struct timespec wait;
	unsigned int i, n;
	uint64_t t;
	bool busy;

	for (i = 0; i < s->devices_count; i++)
		fds[i] = (struct pollfd){ s->devices[i].fd, POLLIN, 0 };
	fds[i] = (struct pollfd){ signals, POLLIN, 0 };
	for (;;) {
		busy = false;
		for (i = 0; i < s->devices_count; i++) {
			struct device *d = &s->devices[i];

			for (n = 0; d->ring && n < 4; n++)
				busy |= receive_block(s, d);
			if (!d->ring && fds[i].revents & POLLIN)
				receive_tun(s, d);
		}
		t = now();
		queue_run(s, t);
		flush(s);
		wait = (struct timespec){ 0, 0 };
		if (!busy && s->queued && s->queue[0].due > t) {
			t = s->queue[0].due - t;
			wait.tv_sec = (time_t)(t / 1000000000);
			wait.tv_nsec = (long)(t % 1000000000);
		}
		if (ppoll(fds, i + 1, busy || s->queued ? &wait : NULL, NULL) ==
			-1 &&
		    errno != EINTR)
			err(1, "poll");
		if (!(fds[i].revents & POLLIN))
			continue;
		if (read(signals, &si, sizeof(si)) == sizeof(si)) {
			write_counters(s);
			if (si.ssi_signo != SIGUSR1)
				return;
		}
	}
}

/* ---- the command line ---- */

/* percent with at most six decimals -> of 2^32, as expect.py does it */
static uint64_t
share(const char *text)
{
	uint64_t v = 0;
	const char *p;
	int decimals = -1;

	for (p = text; *p; p++) {
		if (*p == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (*p < '0' || *p > '9' || (decimals >= 0 && ++decimals > 6))
			errx(2, "%s: not a percentage", text);
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > 100000000)
			errx(2, "%s: over 100 percent", text);
	}
	for (decimals = decimals < 0 ? 0 : decimals; decimals < 6; decimals++)
		v *= 10;
	if (p == text || v > 100000000)
		errx(2, "%s: not a percentage", text);
	return (v << 32) / 100000000;
}

static void
parse_classes(struct world *w, const char *list)
{
	char *copy = strdup(list), *rest = copy, *item, *value;
	uint64_t shares[WORLD_FILTERED] = { 0 }, total = 0;
	int c;

	while ((item = strsep(&rest, ","))) {
		if (!*item)
			continue;
		value = strchr(item, '=');
		if (value)
			*value++ = '\0';
		for (c = 0; c < WORLD_FILTERED; c++)
			if (strcmp(item, class_names[c]) == 0)
				break;
		if (c == WORLD_FILTERED || !value)
			errx(2, "%s: no such class", item);
		shares[c] = share(value);
	}
	for (c = 0; c < WORLD_FILTERED; c++)
		w->upto[c] = total += shares[c];
	if (total > 1ULL << 32)
		errx(2, "%s: over 100 percent", list);
	free(copy);
}

static void
parse_net(struct simnet_net *nets, __u32 *count, const char *text)
{
	char address[16], *slash = strchr(text, '/'), *end;
	unsigned long bits = 32;
	struct in_addr a;

	if (*count == SIMNET_NETS)
		errx(2, "over %d prefixes", SIMNET_NETS);
	snprintf(address, sizeof(address), "%.*s",
	    slash ? (int)(slash - text) : 15, text);
	if (slash) {
		bits = strtoul(slash + 1, &end, 10);
		if (end == slash + 1 || *end || bits > 32)
			errx(2, "%s: not a prefix", text);
	}
	if (inet_pton(AF_INET, address, &a) != 1)
		errx(2, "%s: not a prefix", text);
	nets += (*count)++;
	nets->mask = bits ? ~0U << (32 - bits) : 0;
	nets->base = ntohl(a.s_addr) & nets->mask;
}

static void
usage(FILE *f)
{
	fprintf(f,
	    "usage: simnet [-dv] -i DEVICE [-i DEVICE] | --tun DEVICE\n"
	    "       [--prefix NET] [--except NET] [--seed N]\n"
	    "       --classes open=PERCENT,... [--loss PERCENT] [--fast]\n"
	    "       [--counters FILE] [--log FILE] [--capture FILE]\n"
	    "-d     go to the background once ready and print the process id\n"
	    "It answers until SIGTERM or SIGINT, then writes its counters;\n"
	    "SIGUSR1 has it write them at once.\n");
}

enum {
	TUN = 256,
	PREFIX,
	EXCEPT,
	SEED,
	CLASSES,
	LOSS,
	FAST,
	COUNTERS,
	LOG,
	CAPTURE
};

static const struct option options[] = { { "tun", required_argument, NULL,
					     TUN },
	{ "prefix", required_argument, NULL, PREFIX },
	{ "except", required_argument, NULL, EXCEPT },
	{ "seed", required_argument, NULL, SEED },
	{ "classes", required_argument, NULL, CLASSES },
	{ "loss", required_argument, NULL, LOSS },
	{ "fast", no_argument, NULL, FAST },
	{ "counters", required_argument, NULL, COUNTERS },
	{ "log", required_argument, NULL, LOG },
	{ "capture", required_argument, NULL, CAPTURE },
	{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };

static struct simnet s;

static void
add_device(const char *name, bool tun)
{
	if (s.devices_count == DEVICES)
		errx(2, "over %d devices", DEVICES);
	s.devices[s.devices_count].name = name;
	(tun ? open_tun : open_packet)(&s.devices[s.devices_count++]);
}

int
main(int argc, char *argv[])
{
	bool background = false, verbose = false, fast = false;
	const char *capture_name = NULL, *why = NULL;
	sigset_t set;
	uint64_t loss;
	pid_t pid;
	int c, signals;

	while ((c = getopt_long(argc, argv, "dhi:v", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			background = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'i':
			add_device(optarg, false);
			break;
		case 'v':
			verbose = true;
			break;
		case TUN:
			add_device(optarg, true);
			break;
		case PREFIX:
			parse_net(s.conf.nets, &s.conf.nets_count, optarg);
			break;
		case EXCEPT:
			parse_net(s.conf.except, &s.conf.except_count, optarg);
			break;
		case SEED:
			s.conf.world.seed = (__u32)strtoul(optarg, NULL, 10);
			break;
		case CLASSES:
			parse_classes(&s.conf.world, optarg);
			break;
		case LOSS:
			loss = share(optarg);
			s.loss = loss >> 32 ? UINT32_MAX : (uint32_t)loss;
			break;
		case FAST:
			fast = true;
			break;
		case COUNTERS:
			s.counters = optarg;
			break;
		case LOG:
			if (!(s.log = fopen(optarg, "we")))
				err(1, "%s", optarg);
			break;
		case CAPTURE:
			capture_name = optarg;
			break;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind != argc || !s.devices_count) {
		usage(stderr);
		return 2;
	}
	if (!s.conf.nets_count)
		parse_net(s.conf.nets, &s.conf.nets_count, "0.0.0.0/0");
	s.dice = world_mix(s.conf.world.seed) | 1;
	if (capture_name)
		s.capture = open_capture(capture_name, s.devices[0].ring);
	if (s.log || s.capture)
		why = "all of them are to be written down";
	else if (!s.devices[0].ring)
		why = "tun device";
	else if (fast && load_xdp(&s))
		why = strerror(errno);
	if (fast && why)
		warnx("no XDP (%s): every probe comes to user space", why);
	else if (verbose)
		warnx(fast ? "XDP drops probes to silent targets"
			   : "every probe comes to user space");

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if ((signals = signalfd(-1, &set, SFD_CLOEXEC)) == -1)
		err(1, "signalfd");
	if (background) {
		if ((pid = fork()) == -1)
			err(1, "fork");
		if (pid) {
			printf("%d\n", pid);
			return fclose(stdout) ? 1 : 0;
		}
		setsid();
		c = open("/dev/null", O_RDWR);
		dup2(c, STDIN_FILENO);
		dup2(c, STDOUT_FILENO);
	}
	run(&s, signals);
	return 0;
}
