/* SPDX-License-Identifier: Apache-2.0 */
/* Several rings for one device; see fanout.h. */
#include "recv/fanout.h"

#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * In a group, what a socket says of outgoing frames (PACKET_IGNORE_OUTGOING)
 * does not count.  Newer kernels know this flag; others take no notice of it.
 */
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

enum {
	FLAGS = PACKET_FANOUT_CPU | PACKET_FANOUT_FLAG_ROLLOVER |
	    PACKET_FANOUT_FLAG_IGNORE_OUTGOING,
	IN_FRONT = 3, /* instructions */
};

/* On how many processors a device may hand frames over; 1: not known. */
static unsigned
queues_of(const char *device)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq i = { .ifr_data = (void *)&channels };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned n = 1;

	memcpy(i.ifr_name, device, strnlen(device, IF_NAMESIZE - 1));
	if (fd != -1 && ioctl(fd, SIOCETHTOOL, &i) == 0 &&
	    channels.rx_count + channels.combined_count > 1)
		n = channels.rx_count + channels.combined_count;
	if (fd != -1)
		close(fd);
	return n;
}

unsigned
fanout_rings(const char *device, size_t buffer)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = queues_of(device);

	if (processors > 0 && n > (unsigned long)processors)
		n = (unsigned)processors;
	if (n > buffer / FANOUT_LEAST)
		n = (unsigned)(buffer / FANOUT_LEAST);
	if (n > FANOUT_RINGS)
		n = FANOUT_RINGS;
	return n > 1 ? n : 1;
}

/* The filter, behind instructions that refuse what this machine sends. */
static int
filter_again(int fd, const struct bpf_program *filter)
{
	const struct sock_filter front[IN_FRONT] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const size_t n = IN_FRONT + filter->bf_len;
	struct sock_filter *code = calloc(n, sizeof *code);
	struct sock_fprog program = { (unsigned short)n, code };
	const struct bpf_insn *in;
	size_t i;
	int rc;

	if (code == NULL)
		return -1;
	memcpy(code, front, sizeof front);
	for (i = IN_FRONT; i < n; i++) {
		in = &filter->bf_insns[i - IN_FRONT];
		code[i] = (struct sock_filter){ in->code, in->jt, in->jf,
			in->k };
	}
	rc = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof program);
	free(code);
	return rc;
}

int
fanout_join(int fd, const struct bpf_program *filter, int *group)
{
	const unsigned first = *group == -1 ? PACKET_FANOUT_FLAG_UNIQUEID : 0;
	int value = (int)((FLAGS | first) << 16);
	socklen_t size = sizeof value;

	if (first == 0)
		value |= *group;
	if (filter_again(fd, filter) == -1 ||
	    setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof value) ==
		-1)
		return -1;
	if (first == 0)
		return 0;
	if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &size) == -1)
		return -1;
	*group = value & 0xffff;
	return 0;
}
