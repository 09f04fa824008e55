/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rings, tun devices, and the XDP program.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simnet.h"

void
device_packet(struct device *d)
{
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK,
		.tp_block_nr = d->blocks,
		.tp_frame_size = FRAME,
		.tp_frame_nr = BLOCK / FRAME * d->blocks,
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
		sizeof version) == -1 ||
	    setsockopt(d->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		sizeof one) == -1 ||
	    setsockopt(d->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof req) ==
		-1)
		err(1, "%s: packet ring", d->name);
	d->ring = mmap(NULL, (size_t)BLOCK * d->blocks, PROT_READ | PROT_WRITE,
	    MAP_SHARED, d->fd, 0);
	if (d->ring == MAP_FAILED)
		err(1, "%s: packet ring", d->name);
	if (bind(d->fd, (struct sockaddr *)&a, sizeof a) == -1)
		err(1, "%s", d->name);
}

void
device_tun(struct device *d)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", d->name);
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
int
device_xdp(struct simnet *s)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
	struct bpf_program *prog;
	struct bpf_map *config, *done;
	unsigned int i;
	__u32 zero = 0;
	int e;

	if (n < 0)
		return -1;
	snprintf(path + n, sizeof path - (size_t)n, ".bpf.o");
	libbpf_set_print(quiet);
	if (!(s->xdp = bpf_object__open_file(path, NULL)) ||
	    bpf_object__load(s->xdp))
		return -1;
	prog = bpf_object__find_program_by_name(s->xdp, "simnet");
	config = bpf_object__find_map_by_name(s->xdp, "config");
	done = bpf_object__find_map_by_name(s->xdp, "done");
	if (!prog || !config || !done)
		return -1;
	if (bpf_map_update_elem(bpf_map__fd(config), &zero, &s->conf, 0))
		return -1;
	s->done_map = bpf_map__fd(done);
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

uint64_t
device_done(const struct simnet *s, __u32 slot)
{
	int i, cpus = libbpf_num_possible_cpus();
	uint64_t v[CPUS], total = 0;

	if (!s->done_map || cpus < 1 || cpus > CPUS ||
	    bpf_map_lookup_elem(s->done_map, &slot, v))
		return 0;
	for (i = 0; i < cpus; i++)
		total += v[i];
	return total;
}

void
device_counts(struct simnet *s)
{
	struct tpacket_stats_v3 st;
	socklen_t len = sizeof st;
	unsigned int i;

	for (i = 0; i < s->devices_count; i++)
		if (s->devices[i].ring &&
		    getsockopt(s->devices[i].fd, SOL_PACKET, PACKET_STATISTICS,
			&st, &len) == 0) {
			s->devices[i].arrived += st.tp_packets;
			s->devices[i].dropped += st.tp_drops;
		}
}
