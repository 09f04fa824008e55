/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fast half of simnet: drops probes to silent targets where they enter
 * the far device, answers SYNs to open ones (without TCP options) from there,
 * and counts them.  Everything else goes on to simnet itself.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "simnet/config.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct simnet_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SIMNET_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} done SEC(".maps");

/* the policer's bucket: when it is full again, by the kernel's clock */
struct bucket {
	struct bpf_spin_lock lock;
	__u64 begin, full;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

/* the bytes that all probes have in common: no IP options */
struct headers {
	__u8 to[6], from[6];
	__be16 type;
	__u8 version, tos;
	__be16 length, id, fragment;
	__u8 ttl, protocol;
	__be16 checksum;
	__be32 source, target;
	__be16 source_port, target_port; /* ICMP: type, code; checksum */
} __attribute__((packed));

/* headers, and the rest of a TCP header */
struct segment {
	struct headers h;
	__be32 seq, ack;
	__u8 offset, flags;
	__be16 window, checksum, urgent;
} __attribute__((packed));

enum { SYN = 2, ACK = 16, LINK = 14, IP = 20, TCP = 20 };

/* ones' complement of len bytes in memory order, RFC 1071 */
static __always_inline __u32
sum(__u32 s, const void *p, int len)
{
	const __u16 *half = p;
	int i;

	for (i = 0; i < len / 2; i++)
		s += half[i];
	return s;
}

static __always_inline __u16
fold(__u32 s)
{
	s = (s & 0xffff) + (s >> 16);
	return ~(s + (s >> 16));
}

static __always_inline void
tally(__u32 slot)
{
	__u64 *count = bpf_map_lookup_elem(&done, &slot);

	if (count)
		++*count;
}

/* Is this packet over the rate? */
static __always_inline int
police(const struct simnet_config *c)
{
	__u64 now = bpf_ktime_get_ns(), packet = c->police[0].packet_ns;
	__u32 zero = 0, i;
	struct bucket *b = bpf_map_lookup_elem(&buckets, &zero);
	int over;

	if (!b)
		return 0;
	bpf_spin_lock(&b->lock);
	if (b->begin == 0)
		b->begin = now;
	for (i = 1; i < SIMNET_POLICES; i++)
		if (i < c->polices && now - b->begin >= c->police[i].from)
			packet = c->police[i].packet_ns;
	if (b->full < now)
		b->full = now;
	over = b->full + packet > now + c->burst * packet;
	if (!over)
		b->full += packet;
	bpf_spin_unlock(&b->lock);
	return over;
}

/* Turns a SYN into the answer of an open port; 0 if it is no plain SYN. */
static __always_inline int
answer(struct xdp_md *ctx, __u32 roll)
{
	int longer = ctx->data_end - ctx->data - sizeof(struct segment);
	struct segment *s;
	__u32 detail = world_detail(roll), address;
	__u8 mac[6];
	__be16 port;

	s = (void *)(long)ctx->data;
	if ((void *)(s + 1) > (void *)(long)ctx->data_end || s->flags != SYN ||
	    longer < 0 || bpf_xdp_adjust_tail(ctx, -longer) != 0)
		return 0;
	s = (void *)(long)ctx->data;
	if ((void *)(s + 1) > (void *)(long)ctx->data_end)
		return 0;
	__builtin_memcpy(mac, s->h.to, 6);
	__builtin_memcpy(s->h.to, s->h.from, 6);
	__builtin_memcpy(s->h.from, mac, 6);
	address = s->h.source;
	s->h.source = s->h.target;
	s->h.target = address;
	port = s->h.source_port;
	s->h.source_port = s->h.target_port;
	s->h.target_port = port;
	s->h.tos = 0;
	s->h.length = bpf_htons(IP + TCP);
	s->h.id = bpf_htons(roll >> 3);
	s->h.fragment = bpf_htons(0x4000);
	s->h.ttl = world_ttl(detail);
	s->h.checksum = 0;
	s->h.checksum = fold(sum(0, &s->h.version, IP));
	s->ack = bpf_htonl(bpf_ntohl(s->seq) + 1);
	s->seq = bpf_htonl(roll);
	s->offset = TCP << 2;
	s->flags = SYN | ACK;
	s->window = bpf_htons(world_window(detail));
	s->urgent = 0;
	s->checksum = 0;
	s->checksum = fold(sum(bpf_htons(6 + TCP), &s->h.source, 8 + TCP));
	return 1;
}

/* the same of IPv6, without options */
struct headers6 {
	__u8 to[6], from[6];
	__be16 type;
	__be32 flow;
	__be16 length;
	__u8 protocol, hops;
	__be32 source[4], target[4];
	__be16 source_port, target_port;
} __attribute__((packed));

/*
 * Drops a probe of IPv6 to a silent target, as world6.h says, without a look
 * at which prefixes there are.
 */
static __always_inline int
drop6(struct xdp_md *ctx)
{
	struct headers6 *h = (void *)(long)ctx->data;
	__u32 zero = 0, slot, port = 0, x, i;
	struct simnet_config *c;

	if ((void *)(h + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	if (h->protocol == 58 && h->source_port == bpf_htons(0x8000))
		slot = SIMNET_ICMP;
	else if (h->protocol == 6 || h->protocol == 17) {
		slot = h->protocol == 6 ? SIMNET_TCP : SIMNET_UDP;
		port = bpf_ntohs(h->target_port);
	} else
		return XDP_PASS;
	c = bpf_map_lookup_elem(&config, &zero);
	if (!c || !c->six)
		return XDP_PASS;
	x = world_mix(
	    c->world.seed ^ world_mix((__u32)h->protocol << 16 | port));
	for (i = 0; i < 4; i++)
		x = world_mix(bpf_ntohl(h->target[i]) ^ x);
	if (c->polices && police(c))
		slot = SIMNET_POLICED;
	else if (!world_silent(&c->world, x))
		return XDP_PASS;
	tally(slot);
	return XDP_DROP;
}

SEC("xdp") int simnet(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct headers *h = (void *)(long)ctx->data;
	struct simnet_config *c;
	__u32 zero = 0, slot, port, address, roll;
	int verdict = XDP_DROP, open;

	if ((void *)(h + 1) <= end && h->type == bpf_htons(0x86dd))
		return drop6(ctx);
	if ((void *)(h + 1) > end || h->type != bpf_htons(0x0800) ||
	    h->version != 0x45 || h->fragment & bpf_htons(0x3fff))
		return XDP_PASS;
	switch (h->protocol) {
	case 6:
		slot = SIMNET_TCP;
		port = bpf_ntohs(h->target_port);
		break;
	case 17:
		slot = SIMNET_UDP;
		port = bpf_ntohs(h->target_port);
		break;
	case 1:
		if (h->source_port != bpf_htons(0x0800)) /* echo request */
			return XDP_PASS;
		slot = SIMNET_ICMP;
		port = 0;
		break;
	default:
		slot = SIMNET_OTHER;
		port = 0;
	}
	c = bpf_map_lookup_elem(&config, &zero);
	if (!c)
		return XDP_PASS;
	address = bpf_ntohl(h->target);
	if (simnet_within(c->except, c->except_count, address) ||
	    !simnet_within(c->nets, c->nets_count, address))
		return XDP_PASS;
	roll = world_roll(&c->world, address, h->protocol, port);
	open = world_open(&c->world, address, port);
	if (c->polices && police(c))
		slot = SIMNET_POLICED;
	else if (slot != SIMNET_OTHER &&
	    (open || !world_silent(&c->world, roll))) {
		if (slot != SIMNET_TCP || !c->answers ||
		    (!open && world_class(&c->world, roll) != WORLD_OPEN) ||
		    !answer(ctx, roll))
			return XDP_PASS;
		slot = SIMNET_ANSWERED;
		verdict = XDP_TX;
	}
	tally(slot);
	return verdict;
}

/*
 * On the scanner's device: veth delivers what XDP sends only to where there
 * is a program as well.
 */
SEC("xdp") int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
