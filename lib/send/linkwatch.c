/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications of rtnetlink; see linkwatch.h. */
#include "send/linkwatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* IFF_LOWER_UP of <linux/if.h>, which does not go with <net/if.h>. */
#define HAS_CARRIER (1u << 16)

static void
take_link(struct linkwatch *w, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);

	if ((unsigned)info->ifi_index != w->ifindex)
		return;
	/* a bridge's messages about its ports say DELLINK, too */
	w->gone = h->nlmsg_type == RTM_DELLINK && info->ifi_family == AF_UNSPEC;
	w->up = !w->gone && info->ifi_flags & IFF_UP &&
	    info->ifi_flags & HAS_CARRIER;
}

static void
take_neighbour(struct linkwatch *w, const struct nlmsghdr *h)
{
	const unsigned usable = NUD_PERMANENT | NUD_REACHABLE | NUD_STALE |
	    NUD_DELAY | NUD_PROBE;
	const struct ndmsg *info = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	const uint8_t *mac = NULL;
	bool same = false;

	if (w->gateway_be == 0 || (unsigned)info->ndm_ifindex != w->ifindex ||
	    !(info->ndm_state & usable))
		return;
	mnl_attr_for_each (a, h, sizeof *info) {
		if (mnl_attr_get_type(a) == NDA_DST &&
		    mnl_attr_get_payload_len(a) == 4)
			same = mnl_attr_get_u32(a) == w->gateway_be;
		if (mnl_attr_get_type(a) == NDA_LLADDR &&
		    mnl_attr_get_payload_len(a) == sizeof w->mac)
			mac = mnl_attr_get_payload(a);
	}
	if (!same || mac == NULL || memcmp(mac, w->mac, sizeof w->mac) == 0)
		return;
	memcpy(w->mac, mac, sizeof w->mac);
	w->moved = true;
}

static void
take_address(struct linkwatch *w, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	if (w->source_be == 0 || info->ifa_family != AF_INET)
		return;
	mnl_attr_for_each (a, h, sizeof *info)
		if (mnl_attr_get_type(a) == IFA_LOCAL &&
		    mnl_attr_get_payload_len(a) == 4 &&
		    mnl_attr_get_u32(a) == w->source_be)
			w->lost = h->nlmsg_type == RTM_DELADDR;
}

static int
take(const struct nlmsghdr *h, void *data)
{
	struct linkwatch *w = data;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		take_link(w, h);
		break;
	case RTM_NEWNEIGH:
		take_neighbour(w, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		take_address(w, h);
		break;
	}
	return MNL_CB_OK;
}

/* The answer comes by the same way as notifications do. */
static int
ask(struct linkwatch *w)
{
	char buf[128];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *info;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	info->ifi_index = (int)w->ifindex;
	return mnl_socket_sendto(w->socket, h, h->nlmsg_len) == -1 ? -1 : 0;
}

int
linkwatch_open(struct linkwatch *w, const struct route *r, const uint8_t *mac,
    uint32_t source)
{
	unsigned groups = RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR;

	*w = (struct linkwatch){ .ifindex = r->ifindex,
		.source_be = htonl(source),
		.up = true };
	if (mac != NULL && r->gateway_known) {
		w->gateway_be = htonl(r->gateway);
		memcpy(w->mac, mac, sizeof w->mac);
	}
	w->socket = mnl_socket_open2(NETLINK_ROUTE,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (w->socket == NULL)
		return -1;
	if (mnl_socket_bind(w->socket, groups, MNL_SOCKET_AUTOPID) == -1 ||
	    ask(w) == -1) {
		linkwatch_close(w);
		return -1;
	}
	return 0;
}

void
linkwatch_close(struct linkwatch *w)
{
	if (w->socket != NULL)
		mnl_socket_close(w->socket);
	w->socket = NULL;
}

int
linkwatch_fd(const struct linkwatch *w)
{
	return w->socket == NULL ? -1 : mnl_socket_get_fd(w->socket);
}

/* Notifications that were lost (ENOBUFS) are made up for by asking. */
bool
linkwatch_read(struct linkwatch *w)
{
	bool up = w->up, gone = w->gone, lost = w->lost;
	char buf[32768];
	ssize_t n;

	w->moved = false;
	if (w->socket == NULL)
		return false;
	for (;;) {
		n = mnl_socket_recvfrom(w->socket, buf, sizeof buf);
		if (n == -1 && errno == ENOBUFS) {
			ask(w);
			continue;
		}
		if (n <= 0)
			break;
		mnl_cb_run(buf, (size_t)n, 0, 0, take, w);
	}
	return up != w->up || gone != w->gone || lost != w->lost || w->moved;
}
