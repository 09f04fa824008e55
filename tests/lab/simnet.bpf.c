/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fast half of simnet: drops probes to silent targets where they enter
 * the far device, and counts them.  Everything else goes on to simnet itself.
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
} silent SEC(".maps");

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

SEC("xdp") int simnet(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct headers *h = (void *)(long)ctx->data;
	struct simnet_config *c;
	__u32 zero = 0, slot, port, address;
	__u64 *count;

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
		return XDP_PASS;
	}
	c = bpf_map_lookup_elem(&config, &zero);
	if (!c)
		return XDP_PASS;
	address = bpf_ntohl(h->target);
	if (!world_silent(&c->world,
		world_roll(&c->world, address, h->protocol, port)) ||
	    simnet_within(c->except, c->except_count, address) ||
	    !simnet_within(c->nets, c->nets_count, address))
		return XDP_PASS;
	count = bpf_map_lookup_elem(&silent, &slot);
	if (count)
		++*count;
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
