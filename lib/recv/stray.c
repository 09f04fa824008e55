/* SPDX-License-Identifier: Apache-2.0 */
/* Answers on devices that are not captured; see stray.h. */
#include "recv/stray.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	LINKS = 1024,	/* that are looked at */
	LEFT_OUT = 200, /* devices: jumps reach no further than 255 */
	BUFFER = 4 << 20,
};

/* --- which devices are stacked --- */

struct links {
	struct link {
		unsigned ifindex, lower, master;
		bool out; /* captured, or stacked with one that is */
	} v[LINKS];
	size_t n;
	struct stray *names;
};

static void
take_attributes(struct link *l, struct stray *s, const struct rtattr *a,
    size_t left)
{
	bool elsewhere = false;
	unsigned v;
	size_t n;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		v = 0;
		n = RTA_PAYLOAD(a);
		if (n >= sizeof v)
			memcpy(&v, RTA_DATA(a), sizeof v);
		switch (a->rta_type) {
		case IFLA_LINK:
			l->lower = v;
			break;
		case IFLA_MASTER:
			l->master = v;
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true;
			break;
		case IFLA_IFNAME:
			if (s->nnames == STRAY_NAMES)
				break;
			s->names[s->nnames].ifindex = l->ifindex;
			snprintf(s->names[s->nnames++].name, IF_NAMESIZE,
			    "%.*s", (int)n, (const char *)RTA_DATA(a));
			break;
		}
	}
	if (elsewhere)
		l->lower = 0;
}

/* false: this was the last message. */
static bool
take_links(struct links *t, const struct nlmsghdr *h, size_t left)
{
	const struct ifinfomsg *info;
	struct link *l;

	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return false;
		info = NLMSG_DATA(h);
		if (h->nlmsg_type != RTM_NEWLINK || t->n == LINKS ||
		    h->nlmsg_len < NLMSG_LENGTH(sizeof *info))
			continue;
		l = &t->v[t->n++];
		*l = (struct link){ .ifindex = (unsigned)info->ifi_index,
			.out = info->ifi_flags & IFF_LOOPBACK };
		take_attributes(l, t->names, IFLA_RTA(info),
		    h->nlmsg_len - NLMSG_SPACE(sizeof *info));
	}
	return true;
}

static int
read_links(struct links *t)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} ask = { .head = { .nlmsg_len = sizeof ask,
		      .nlmsg_type = RTM_GETLINK,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	_Alignas(struct nlmsghdr) char buf[32768];
	ssize_t n;
	int fd;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd == -1)
		return -1;
	n = send(fd, &ask, sizeof ask, 0);
	while (n != -1) {
		n = recv(fd, buf, sizeof buf, 0);
		if (n > 0 &&
		    !take_links(t, (const struct nlmsghdr *)buf, (size_t)n))
			break;
		if (n == -1 && errno == EINTR)
			n = 0;
	}
	close(fd);
	return n == -1 ? -1 : 0;
}

static bool
are_stacked(const struct link *a, const struct link *b)
{
	return a->lower == b->ifindex || a->master == b->ifindex ||
	    b->lower == a->ifindex || b->master == a->ifindex;
}

/* From the captured devices to all that are stacked with them. */
static void
leave_out(struct links *t, const unsigned *captured, size_t n)
{
	bool more = true;
	size_t i, k;

	for (i = 0; i < t->n; i++)
		for (k = 0; k < n; k++)
			t->v[i].out |= t->v[i].ifindex == captured[k];
	while (more) {
		more = false;
		for (i = 0; i < t->n; i++)
			for (k = 0; k < t->n; k++)
				if (t->v[i].out && !t->v[k].out &&
				    are_stacked(&t->v[i], &t->v[k]) &&
				    t->v[i].ifindex != 1)
					t->v[k].out = more = true;
	}
}

/* --- the filter --- */

/*
 * In front of the filter: only what is sent to this machine, and from no
 * device that is left out.  A jump goes over the instructions that it names.
 */
static size_t
stray_put_head(struct sock_filter *code, const struct links *t)
{
	size_t n = 0, i;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (unsigned)SKF_AD_OFF + SKF_AD_PKTTYPE);
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
	    PACKET_HOST, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    (unsigned)SKF_AD_OFF + SKF_AD_IFINDEX);
	for (i = 0; i < t->n && n < 2 * LEFT_OUT; i++) {
		if (!t->v[i].out)
			continue;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ |
			BPF_K,
		    t->v[i].ifindex, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	}
	return n;
}

static int
stray_attach(int fd, const struct links *t, const char *filter, size_t snaplen)
{
	pcap_t *dead = pcap_open_dead(DLT_RAW, (int)snaplen);
	struct bpf_program compiled = { 0 };
	struct sock_filter *code = NULL;
	struct sock_fprog program;
	int rc = -1;
	size_t n;

	errno = EINVAL;
	if (dead == NULL ||
	    pcap_compile(dead, &compiled, filter, 1, PCAP_NETMASK_UNKNOWN) ==
		-1)
		goto out;
	code = calloc(2 * LEFT_OUT + 8 + compiled.bf_len, sizeof *code);
	if (code == NULL)
		goto out;
	n = stray_put_head(code, t);
	/* the same instructions, by another name */
	memcpy(code + n, compiled.bf_insns, compiled.bf_len * sizeof *code);
	program.len = (unsigned short)(n + compiled.bf_len);
	program.filter = code;
	rc = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof program);
out:
	free(code);
	pcap_freecode(&compiled);
	if (dead != NULL)
		pcap_close(dead);
	return rc;
}

/* --- the socket --- */

static int
stray_open_socket(const struct links *t, unsigned family, const char *filter,
    size_t snaplen)
{
	struct sockaddr_ll from = { .sll_family = AF_PACKET,
		.sll_protocol = htons(family == 6 ? ETH_P_IPV6 : ETH_P_IP) };
	int size = BUFFER, yes = 1, saved;
	/* without a protocol it hears nothing before the filter is there */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
	if (stray_attach(fd, t, filter, snaplen) == 0 &&
	    bind(fd, (struct sockaddr *)&from, sizeof from) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
stray_open(struct stray *s, unsigned family, const unsigned *captured, size_t n,
    const char *filter, size_t snaplen)
{
	struct links *t = calloc(1, sizeof *t);
	int saved;

	*s = (struct stray){ .fd = -1, .room = snaplen };
	s->frame = malloc(snaplen);
	if (t != NULL && s->frame != NULL) {
		t->names = s;
		if (read_links(t) == 0) {
			leave_out(t, captured, n);
			s->fd = stray_open_socket(t, family, filter, snaplen);
		}
	}
	saved = errno;
	free(t);
	errno = saved;
	return s->fd == -1 ? -1 : 0;
}

void
stray_close(struct stray *s)
{
	if (s->fd != -1)
		close(s->fd);
	free(s->frame);
	s->frame = NULL;
	s->fd = -1;
}

static const char *
stray_name_of(const struct stray *s, unsigned ifindex)
{
	unsigned i;

	for (i = 0; i < s->nnames; i++)
		if (s->names[i].ifindex == ifindex)
			return s->names[i].name;
	return "another device";
}

static uint64_t
stamp(struct msghdr *h)
{
	struct cmsghdr *c;
	struct timespec t;

	for (c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&t, CMSG_DATA(c), sizeof t);
			return t.tv_sec * SECOND + t.tv_nsec;
		}
	return clock_wall_ns();
}

size_t
stray_read(struct stray *s, size_t *len, uint64_t *time_ns, const char **device)
{
	_Alignas(struct cmsghdr) char control[128];
	struct sockaddr_ll from;
	struct iovec v = { s->frame, s->room };
	struct msghdr h = { .msg_name = &from,
		.msg_namelen = sizeof from,
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control };
	ssize_t n;

	if (s->fd == -1)
		return 0;
	n = recvmsg(s->fd, &h, MSG_DONTWAIT | MSG_TRUNC);
	if (n <= 0)
		return 0;
	s->seen++;
	*len = (size_t)n;
	*time_ns = stamp(&h);
	*device = stray_name_of(s, (unsigned)from.sll_ifindex);
	return *len < s->room ? *len : s->room;
}

/* The kernel's counters begin anew with each look at them. */
void
stray_count(struct stray *s)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof stats;

	if (s->fd != -1 &&
	    getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) ==
		0)
		s->dropped += stats.tp_drops;
}
