/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of simnet share.
 *
 *	receive.c	checks frames and makes probes of them
 *	answer.c	what a target does about a probe
 *	build.c		makes the frames that it sends
 *	send.c		sends them, now or later
 *	device.c	rings, tun devices, XDP
 *	path.h		what the way there loses and delays
 *	six.h		the same of IPv6
 *
 * Functions that fail for want of the machine end the program by err(3).
 */
#ifndef LAB_SIMNET_H
#define LAB_SIMNET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "config.h"
#include "path.h"

enum {
	DEVICES = 4,
	/*
	 * Bytes of a ring block.  A slow scan fills one with each millisecond,
	 * so it is their number that a busy machine may sleep for.
	 */
	BLOCK = 1 << 14,
	BLOCKS = 2048, /* unless the command line says otherwise */
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
	unsigned int block, blocks;
	uint64_t arrived; /* frames, as the kernel counts them; of these */
	uint64_t dropped; /* by the ring, */
	uint64_t taken;	  /* and out of it */
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
	uint32_t us, target; /* of IPv4 */
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

struct simnet_net6 {
	struct ip6 base;
	unsigned int length;
};

struct simnet {
	struct simnet_config conf;
	struct simnet_net6 nets6[SIMNET_NETS];
	unsigned int nets6_count;	       /* 0: no IPv6 */
	uint64_t alias64, alias96, cluster112; /* of 2^32 */
	struct device devices[DEVICES];
	unsigned int devices_count;
	uint32_t loss; /* of 2^32 */
	struct path path;
	uint32_t dice;
	const char *counters;
	FILE *log, *capture;
	struct bpf_object *xdp;
	int done_map;

	struct later *queue; /* binary heap by due */
	size_t queued, queue_size;
	uint64_t *lossy; /* hash: key << 2 | probes so far; 0 is free */
	size_t lossy_count;

	struct frame out[BATCH];
	struct device *out_device[BATCH];
	unsigned int out_count;

	uint64_t seen[3][WORLD_CLASSES]; /* TCP, UDP, ICMP */
	uint64_t answers[WORLD_CLASSES];
	uint64_t outside, other, resets, lost;
	uint64_t aliased, solicited; /* IPv6: probes to aliased prefixes, NS */
	uint64_t bad_ip, bad_checksum, bad_transport;
	uint64_t unsent, unqueued;
};

/* ---- receive.c ---- */

extern const char *const protocol_names[]; /* as seen[] counts them */

/* takes a block from the device's ring; false if there is none */
bool receive_block(struct simnet *, struct device *);
void receive_tun(struct simnet *, struct device *);
bool simnet_loses(struct simnet *); /* is this probe lost, by chance? */
FILE *capture_open(const char *name, bool ethernet); /* as pcap */

/* ---- answer.c ---- */

void answer_probe(struct simnet *, const struct probe *);

/*
 * Has this lossy target now missed as many probes as it must?  The key is the
 * target's own, not 0, and its two lowest bits are.
 */
bool lossy_answers(struct simnet *, const struct probe *, uint64_t key);
/* The frame made last goes out when and as often as the probe's class says. */
void answer_release(struct simnet *, const struct probe *);

/* ---- receive6.c ---- */

/* text: a prefix to answer for */
void six_net(struct simnet *, const char *text);
/* len bytes of a packet at p->ip */
void receive6(struct simnet *, struct probe *p, unsigned int len, bool sums);

/* ---- build.c: each makes one frame, ready to go ---- */

/* Returns their length. */
unsigned int build_tcp_options(uint8_t *, const struct probe *);
void build_tcp(struct simnet *, const struct probe *, uint32_t from,
    uint16_t port, uint16_t our_port, uint32_t seq, uint32_t ack,
    uint8_t flags);
void build_udp(struct simnet *, const struct probe *, uint32_t from,
    uint16_t port, uint16_t our_port);
void build_echo(struct simnet *, const struct probe *, uint32_t from,
    uint16_t id_flip, uint16_t seq_flip);

/*
 * An ICMP error that quotes the probe as a router saw it, or with forge
 * another one that was never sent.
 */
void build_error(struct simnet *, const struct probe *, uint32_t from,
    uint32_t type_code, bool forge);

/* ---- send.c ---- */

struct frame *send_frame(struct simnet *, struct device *); /* to fill */
void send_flush(struct simnet *);

/*
 * The frame made last goes out now or after delay, and then repeats more
 * times; times in nanoseconds.
 */
void send_release(struct simnet *, const struct probe *, uint64_t delay,
    uint32_t repeats, uint64_t every);
void send_due(struct simnet *, uint64_t now); /* what waited until now */

/* ---- device.c ---- */

void device_packet(struct device *); /* by its name */
void device_tun(struct device *);
int device_xdp(struct simnet *); /* -1: BPF is not to be had; errno */
uint64_t device_done(const struct simnet *, __u32 slot); /* by XDP */
void device_counts(struct simnet *); /* arrived and dropped */

/* ---- bytes and checksums ---- */

static inline uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline uint32_t
sum(uint32_t s, const uint8_t *p, unsigned int len)
{
	for (; len > 1; p += 2, len -= 2)
		s += get16(p);
	if (len)
		s += (uint32_t)*p << 8;
	return s;
}

/* RFC 1071; 0 over a region that holds its own right checksum */
static inline uint16_t
fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

static inline uint32_t
pseudo(uint32_t from, uint32_t to, uint8_t protocol, unsigned int len)
{
	return (from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) +
	    protocol + len;
}

#endif
