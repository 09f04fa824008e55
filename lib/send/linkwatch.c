/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications of rtnetlink; see linkwatch.h. */
#include "send/linkwatch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "send/message.h"

/* IFF_LOWER_UP of <linux/if.h>, which does not go with <net/if.h>. */
#define HAS_CARRIER (1u << 16)

struct reading {
	struct linkwatch *w;
	bool changed;
};

void
linkwatch_add(struct linkwatch *w, unsigned ifindex, const char *name)
{
	struct linkwatch_link *l;

	if (w->nlinks == LINKWATCH_LINKS)
		return;
	l = &w->links[w->nlinks++];
	*l = (struct linkwatch_link){ .ifindex = ifindex, .up = true };
	snprintf(l->name, sizeof l->name, "%s", name);
}

/* A bridge's messages about its ports say DELLINK, too. */
static bool
is_bridge_news(const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);

	return info->ifi_family != AF_UNSPEC;
}

static void
take_link(struct reading *r, const struct nlmsghdr *h)
{
	struct linkwatch *w = r->w;
	struct linkwatch_link *l;
	struct message_link m;
	bool up, gone;
	unsigned i;

	if (!message_link(h, &m))
		return;
	for (i = 0; i < w->nlinks; i++) {
		l = &w->links[i];
		if (l->ifindex != m.ifindex)
			continue;
		gone = h->nlmsg_type == RTM_DELLINK && !is_bridge_news(h);
		up = !gone && m.flags & IFF_UP && m.flags & HAS_CARRIER;
		if (m.mtu == 0)
			m.mtu = l->mtu;
		r->changed |= up != l->up || gone != l->gone || m.mtu != l->mtu;
		l->up = up;
		l->gone = gone;
		l->mtu = m.mtu;
	}
}

static bool
is_source(const struct linkwatch *w, const struct address *a, unsigned i)
{
	return w->family == 6 ? ip6_equal(ip6_get(a->b), w->sources6[i]) :
				address_host(a) == w->sources[i];
}

static void
take_address(struct reading *r, const struct nlmsghdr *h)
{
	struct linkwatch *w = r->w;
	struct message_address m;
	unsigned i;

	if (!message_address(h, &m) ||
	    m.local.size != (w->family == 6 ? 16 : 4))
		return;
	for (i = 0; i < w->nsources; i++)
		if (is_source(w, &m.local, i)) {
			w->lost = h->nlmsg_type == RTM_DELADDR;
			r->changed = true;
		}
}

/* What the kernel remembers of single targets is no change of routes. */
static void
take_route(struct reading *r, const struct nlmsghdr *h)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(h);

	if (info->rtm_flags & RTM_F_CLONED)
		return;
	r->w->routes = true;
	r->changed = true;
}

static int
linkwatch_take(const struct nlmsghdr *h, void *data)
{
	struct reading *r = data;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		take_link(r, h);
		break;
	case RTM_NEWNEIGH:
		if (r->w->neighbours != NULL &&
		    neighbours_take(r->w->neighbours, h))
			r->w->moved = r->changed = true;
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		take_address(r, h);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		take_route(r, h);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		r->w->routes = r->changed = true;
		break;
	}
	return MNL_CB_OK;
}

/* The answers come by the same way as notifications do. */
static int
linkwatch_ask(struct linkwatch *w)
{
	char buf[128];
	struct nlmsghdr *h;
	struct ifinfomsg *info;
	unsigned i;

	for (i = 0; i < w->nlinks; i++) {
		h = mnl_nlmsg_put_header(buf);
		h->nlmsg_type = RTM_GETLINK;
		h->nlmsg_flags = NLM_F_REQUEST;
		info = mnl_nlmsg_put_extra_header(h, sizeof *info);
		info->ifi_index = (int)w->links[i].ifindex;
		if (mnl_socket_sendto(w->socket, h, h->nlmsg_len) == -1)
			return -1;
	}
	return 0;
}

/* Those of gateways, all in one: what is known already is no news. */
static void
ask_neighbours(struct linkwatch *w)
{
	char buf[128];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = RTM_GETNEIGH;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(h, sizeof(struct ndmsg));
	(void)!mnl_socket_sendto(w->socket, h, h->nlmsg_len);
}

int
linkwatch_open(struct linkwatch *w)
{
	const unsigned four = RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
	    RTMGRP_IPV4_RULE;
	const unsigned six = RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE |
	    1u << (RTNLGRP_IPV6_RULE - 1);
	unsigned groups = RTMGRP_LINK | RTMGRP_NEIGH |
	    (w->family == 6 ? six : four);
	int nexthops = RTNLGRP_NEXTHOP;

	w->socket = mnl_socket_open2(NETLINK_ROUTE,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (w->socket == NULL)
		return -1;
	if (mnl_socket_bind(w->socket, groups, MNL_SOCKET_AUTOPID) == -1 ||
	    linkwatch_ask(w) == -1) {
		linkwatch_close(w);
		return -1;
	}
	/* an older kernel has none */
	mnl_socket_setsockopt(w->socket, NETLINK_ADD_MEMBERSHIP, &nexthops,
	    sizeof nexthops);
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
	struct reading r = { .w = w };
	char buf[32768];
	ssize_t n;

	if (w->socket == NULL)
		return false;
	for (;;) {
		n = mnl_socket_recvfrom(w->socket, buf, sizeof buf);
		if (n == -1 && errno == ENOBUFS) {
			linkwatch_ask(w);
			ask_neighbours(w);
			w->routes = r.changed = true;
			continue;
		}
		if (n <= 0)
			break;
		mnl_cb_run(buf, (size_t)n, 0, 0, linkwatch_take, &r);
	}
	return r.changed;
}

const struct linkwatch_link *
linkwatch_down(const struct linkwatch *w)
{
	unsigned i;

	for (i = 0; i < w->nlinks; i++)
		if (!w->links[i].up)
			return &w->links[i];
	return NULL;
}

const struct linkwatch_link *
linkwatch_gone(const struct linkwatch *w)
{
	unsigned i;

	for (i = 0; i < w->nlinks; i++)
		if (w->links[i].gone)
			return &w->links[i];
	return NULL;
}
