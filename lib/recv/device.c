/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a device; see device.h.
 *
 * Frames are lost before the filter in two places that can be told from frames
 * that no program wanted: in the device (missed and fifo errors), and in the
 * kernel's backlog.  The backlog counts in the device's rx_dropped, with
 * frames of unknown protocols, and in softnet_stat, with those of all other
 * devices, so what both have gained is what was lost.
 */
#include "recv/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int
device_open(struct device *w, const char *name)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK };

	*w = (struct device){ .fd = -1, .softnet_fd = -1 };
	w->index = if_nametoindex(name);
	if (w->index == 0)
		return -1;
	w->softnet_fd = open("/proc/net/softnet_stat", O_RDONLY | O_CLOEXEC);
	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);
	if (w->fd == -1)
		return -1;
	if (bind(w->fd, (struct sockaddr *)&to, sizeof to) == -1)
		return -1;
	device_update(w);
	return 0;
}

void
device_close(struct device *w)
{
	if (w->fd != -1)
		close(w->fd);
	if (w->softnet_fd != -1)
		close(w->softnet_fd);
	w->fd = w->softnet_fd = -1;
}

int
device_hear(int packet_socket, const char *name, const uint8_t mac[6])
{
	struct packet_mreq also = { .mr_ifindex = (int)if_nametoindex(name),
		.mr_type = PACKET_MR_UNICAST,
		.mr_alen = 6 };
	struct ifreq own = { .ifr_ifindex = 0 };

	memcpy(own.ifr_name, name, strnlen(name, IF_NAMESIZE - 1));
	if (also.mr_ifindex == 0 ||
	    ioctl(packet_socket, SIOCGIFHWADDR, &own) == -1 ||
	    own.ifr_hwaddr.sa_family != ARPHRD_ETHER ||
	    memcmp(own.ifr_hwaddr.sa_data, mac, 6) == 0)
		return 0;
	memcpy(also.mr_address, mac, 6);
	return setsockopt(packet_socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
		   &also, sizeof also) == -1 ?
	    -1 :
	    1;
}

/* What was dropped from all backlogs: the second number of each line, hex. */
static uint64_t
read_softnet(const struct device *w)
{
	char buf[16384], *line, *save, *end;
	uint64_t sum = 0;
	ssize_t n;

	if (w->softnet_fd == -1)
		return 0;
	n = pread(w->softnet_fd, buf, sizeof buf - 1, 0);
	if (n <= 0)
		return w->softnet;
	buf[n] = '\0';
	for (line = strtok_r(buf, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		strtoull(line, &end, 16);
		sum += strtoull(end, NULL, 16);
	}
	return sum;
}

static void
take_stats(struct device *w, const struct rtnl_link_stats64 *s)
{
	uint64_t missed = s->rx_missed_errors + s->rx_fifo_errors, softnet,
		 dropped, backlog;

	softnet = read_softnet(w);
	if (w->known && missed > w->missed)
		w->drops += missed - w->missed;
	w->missed = missed;
	/* either counter may run ahead between two readings */
	dropped = s->rx_dropped > w->dropped ? s->rx_dropped - w->dropped : 0;
	backlog = softnet > w->softnet ? softnet - w->softnet : 0;
	if (dropped > backlog)
		dropped = backlog;
	if (w->known)
		w->drops += dropped;
	w->dropped = s->rx_dropped;
	w->softnet = softnet;
	w->known = true;
}

static void
device_take_message(struct device *w, const struct nlmsghdr *h)
{
	struct rtnl_link_stats64 stats;
	struct ifinfomsg *info = NLMSG_DATA(h);
	struct rtattr *a;
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof *info);
	bool down;

	if (h->nlmsg_type != RTM_NEWLINK || left < 0 ||
	    info->ifi_index != (int)w->index)
		return;
	down = !(info->ifi_flags & IFF_UP) || !(info->ifi_flags & IFF_RUNNING);
	w->downs += down && !w->down;
	w->down = down;
	for (a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_STATS64) {
			memset(&stats, 0, sizeof stats);
			memcpy(&stats, RTA_DATA(a),
			    RTA_PAYLOAD(a) < sizeof stats ? RTA_PAYLOAD(a) :
							    sizeof stats);
			take_stats(w, &stats);
		}
}

void
device_update(struct device *w)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} ask = {
		.head = { .nlmsg_len = sizeof ask,
		    .nlmsg_type = RTM_GETLINK,
		    .nlmsg_flags = NLM_F_REQUEST },
		.info = { .ifi_family = AF_UNSPEC, .ifi_index = w->index },
	};
	_Alignas(struct nlmsghdr) char buf[32768];
	struct nlmsghdr *h;
	ssize_t n, at;

	if (w->fd == -1)
		return;
	/* the kernel answers before send returns */
	(void)!send(w->fd, &ask, sizeof ask, 0);
	while ((n = recv(w->fd, buf, sizeof buf, MSG_DONTWAIT)) > 0) {
		for (at = 0; n - at >= (ssize_t)sizeof *h;
		     at += NLMSG_ALIGN(h->nlmsg_len)) {
			h = (struct nlmsghdr *)(buf + at);
			if (h->nlmsg_len < sizeof *h ||
			    (ssize_t)h->nlmsg_len > n - at)
				break;
			device_take_message(w, h);
		}
	}
}
