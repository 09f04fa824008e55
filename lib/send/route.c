/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: see route.h. Attributes are those of rtnetlink(7).
 */
#include "send/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnet.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interface.h"

enum { ARP_TRIES = 3 };

struct netlink {
	struct mnl_socket *socket;
	unsigned sequence;
};

struct text {
	char s[INET_ADDRSTRLEN];
};

static struct text
show(uint32_t address)
{
	struct in_addr a = { .s_addr = htonl(address) };
	struct text t;

	inet_ntop(AF_INET, &a, t.s, sizeof t.s);
	return t;
}

static int
netlink_open(struct netlink *nl)
{
	nl->sequence = 0;
	nl->socket = mnl_socket_open(NETLINK_ROUTE);
	if (nl->socket == NULL)
		return -1;
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) == -1) {
		mnl_socket_close(nl->socket);
		return -1;
	}
	return 0;
}

/*
 * Sends one request and runs every answer through a callback, which returns
 * MNL_CB_OK to go on. 0, or -1 with the kernel's errno.
 */
static int
ask(struct netlink *nl, struct nlmsghdr *h, mnl_cb_t callback, void *data)
{
	char buf[16384];
	unsigned port = mnl_socket_get_portid(nl->socket);
	bool dump = (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	ssize_t n;
	int rc;

	h->nlmsg_seq = ++nl->sequence;
	h->nlmsg_flags |= NLM_F_REQUEST | (dump ? 0 : NLM_F_ACK);
	if (mnl_socket_sendto(nl->socket, h, h->nlmsg_len) == -1)
		return -1;
	do {
		n = mnl_socket_recvfrom(nl->socket, buf, sizeof buf);
		if (n == -1 && errno == EINTR) {
			rc = MNL_CB_OK;
			continue;
		}
		if (n <= 0)
			return -1;
		rc = mnl_cb_run(buf, (size_t)n, nl->sequence, port, callback,
		    data);
	} while (rc > MNL_CB_STOP);
	return rc == MNL_CB_ERROR ? -1 : 0;
}

static struct nlmsghdr *
request(void *buf, uint16_t type, size_t size, void **payload)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	*payload = mnl_nlmsg_put_extra_header(h, size);
	return h;
}

/* --- the interface --- */

static int
take_link(const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct route *r = data;

	r->ifindex = (unsigned)info->ifi_index;
	r->loopback = info->ifi_type == ARPHRD_LOOPBACK;
	r->ethernet = info->ifi_type == ARPHRD_ETHER || r->loopback;
	mnl_attr_for_each (a, h, sizeof *info) {
		if (mnl_attr_get_type(a) == IFLA_ADDRESS &&
		    mnl_attr_get_payload_len(a) == sizeof r->mac)
			memcpy(r->mac, mnl_attr_get_payload(a), sizeof r->mac);
		if (mnl_attr_get_type(a) == IFLA_MTU)
			r->mtu = mnl_attr_get_u32(a);
		if (mnl_attr_get_type(a) == IFLA_IFNAME)
			snprintf(r->name, sizeof r->name, "%s",
			    mnl_attr_get_str(a));
	}
	return MNL_CB_OK;
}

/* By its index. */
static int
find_link(struct netlink *nl, struct route *r)
{
	char buf[1024];
	struct ifinfomsg *info;
	struct nlmsghdr *h;

	h = request(buf, RTM_GETLINK, sizeof *info, (void **)&info);
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)r->ifindex;
	return ask(nl, h, take_link, r);
}

struct address_query {
	unsigned ifindex;
	uint32_t found;
};

/* The first address of the interface that is not only for the host itself. */
static int
take_address(const struct nlmsghdr *h, void *data)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(h);
	struct address_query *q = data;
	const struct nlattr *a;

	if (info->ifa_index != q->ifindex || info->ifa_family != AF_INET ||
	    q->found != 0)
		return MNL_CB_OK;
	mnl_attr_for_each (a, h, sizeof *info) {
		if (mnl_attr_get_type(a) == IFA_LOCAL &&
		    mnl_attr_get_payload_len(a) == 4)
			q->found = ntohl(mnl_attr_get_u32(a));
	}
	return MNL_CB_OK;
}

static uint32_t
address_of(struct netlink *nl, unsigned ifindex)
{
	struct address_query q = { .ifindex = ifindex };
	char buf[1024];
	struct ifaddrmsg *info;
	struct nlmsghdr *h;

	h = request(buf, RTM_GETADDR, sizeof *info, (void **)&info);
	h->nlmsg_flags |= NLM_F_DUMP;
	info->ifa_family = AF_INET;
	if (ask(nl, h, take_address, &q) == -1)
		return 0;
	return q.found;
}

/* --- the route of one target --- */

struct hop {
	unsigned ifindex;
	uint32_t gateway; /* 0: on the link */
	uint32_t source;
	unsigned type;	   /* RTN_* */
	bool other_family; /* an IPv6 gateway for IPv4 */
};

static int
take_hop(const struct nlmsghdr *h, void *data)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct hop *hop = data;

	hop->type = info->rtm_type;
	mnl_attr_for_each (a, h, sizeof *info) {
		switch (mnl_attr_get_type(a)) {
		case RTA_OIF:
			hop->ifindex = mnl_attr_get_u32(a);
			break;
		case RTA_GATEWAY:
			hop->gateway = ntohl(mnl_attr_get_u32(a));
			break;
		case RTA_PREFSRC:
			hop->source = ntohl(mnl_attr_get_u32(a));
			break;
		case RTA_VIA:
			hop->other_family = true;
			break;
		}
	}
	return MNL_CB_OK;
}

static int
find_hop(struct netlink *nl, struct hop *hop, uint32_t target, uint32_t source,
    unsigned ifindex, unsigned flags)
{
	char buf[1024];
	struct rtmsg *info;
	struct nlmsghdr *h;

	memset(hop, 0, sizeof *hop);
	h = request(buf, RTM_GETROUTE, sizeof *info, (void **)&info);
	info->rtm_family = AF_INET;
	info->rtm_dst_len = 32;
	info->rtm_flags = flags;
	mnl_attr_put_u32(h, RTA_DST, htonl(target));
	if (source != 0) {
		info->rtm_src_len = 32;
		mnl_attr_put_u32(h, RTA_SRC, htonl(source));
	}
	if (ifindex != 0)
		mnl_attr_put_u32(h, RTA_OIF, ifindex);
	return ask(nl, h, take_hop, hop);
}

/*
 * With an interface given, the kernel takes a target that it has no route for
 * to be on that link. What the tables really hold tells the two apart.
 */
static bool
is_guess(struct netlink *nl, const struct hop *hop, uint32_t target,
    uint32_t source, unsigned ifindex)
{
	struct hop entry;

	if (ifindex == 0 || hop->gateway != 0 || hop->type != RTN_UNICAST)
		return false;
	return find_hop(nl, &entry, target, source, ifindex, RTM_F_FIB_MATCH) ==
	    -1;
}

/* --- all targets together --- */

static bool
same_hop(const struct hop *a, const struct hop *b)
{
	return a->ifindex == b->ifindex && a->gateway == b->gateway;
}

static int
merge(struct netlink *nl, struct route *r, const struct route_query *q,
    uint32_t source, char *why, size_t size)
{
	unsigned forced = q->name != NULL ? r->ifindex : 0;
	struct hop first = { 0 }, hop;
	uint32_t target;
	size_t i, found = 0;
	unsigned unreachable = 0;

	for (i = 0; i < q->ntargets; i++) {
		target = q->targets[i];
		if (find_hop(nl, &hop, target, source, forced, 0) == -1 ||
		    is_guess(nl, &hop, target, source, forced)) {
			unreachable++;
			continue;
		}
		/* special addresses count only as long as there are no others */
		if (hop.type != RTN_UNICAST && found > 0)
			continue;
		if (found++ == 0 || first.type != RTN_UNICAST) {
			first = hop;
			r->several = false;
		} else if (!same_hop(&first, &hop))
			r->several = true;
		if (hop.other_family)
			r->several = true;
	}
	if (found == 0 && forced != 0)
		return 0;
	if (found == 0) {
		snprintf(why, size,
		    "no route to %s: -i names the interface to use, "
		    "-G the gateway's MAC address",
		    show(q->targets[0]).s);
		return -1;
	}
	r->unreachable = unreachable;
	r->ifindex = first.ifindex;
	r->source = first.source;
	r->gateway = first.gateway;
	r->gateway_known = first.gateway != 0 && !r->several;
	return 0;
}

static void
describe(struct route *r)
{
	int n;

	n = snprintf(r->says, sizeof r->says, "interface %s, from %s", r->name,
	    r->source != 0 ? show(r->source).s : "no address");
	if (r->gateway_known)
		snprintf(r->says + n, sizeof r->says - (size_t)n,
		    ", by gateway %s", show(r->gateway).s);
	else if (r->several)
		snprintf(r->says + n, sizeof r->says - (size_t)n,
		    ", by different gateways");
	else
		snprintf(r->says + n, sizeof r->says - (size_t)n,
		    ", no gateway");
	n = (int)strlen(r->says);
	if (r->unreachable > 0)
		snprintf(r->says + n, sizeof r->says - (size_t)n,
		    ", no route to some of the targets");
}

static int
find(struct netlink *nl, struct route *r, const struct route_query *q,
    char *why, size_t size)
{
	uint32_t source = q->source;

	if (q->name != NULL &&
	    (interface_find(q->name, r->name, &r->ifindex) == -1 ||
		find_link(nl, r) == -1)) {
		snprintf(why, size, "interface %s: %s", q->name,
		    strerror(errno));
		return -1;
	}
	/* The kernel has no route from an address that is not ours. */
	if (source != 0 && route_is_ours(source) != 1)
		source = 0;
	if (merge(nl, r, q, source, why, size) == -1)
		return -1;
	if (find_link(nl, r) == -1) {
		snprintf(why, size, "interface %u: %s", r->ifindex,
		    strerror(errno));
		return -1;
	}
	if (r->source == 0)
		r->source = address_of(nl, r->ifindex);
	describe(r);
	return 0;
}

int
route_find(struct route *r, const struct route_query *q, char *why, size_t size)
{
	struct netlink nl;
	int rc;

	memset(r, 0, sizeof *r);
	why[0] = '\0';
	if (netlink_open(&nl) == -1) {
		snprintf(why, size, "cannot ask the kernel for routes: %s",
		    strerror(errno));
		return -1;
	}
	rc = find(&nl, r, q, why, size);
	mnl_socket_close(nl.socket);
	return rc;
}

int
route_is_ours(uint32_t address)
{
	struct netlink nl;
	struct hop hop;
	int rc;

	if (netlink_open(&nl) == -1)
		return -1;
	rc = find_hop(&nl, &hop, address, 0, 0, 0);
	mnl_socket_close(nl.socket);
	return rc == 0 && hop.type == RTN_LOCAL;
}

/* --- the neighbour --- */

struct neighbour_query {
	unsigned ifindex;
	uint32_t address_be;
	bool found;
	uint8_t mac[6];
};

static int
take_neighbour(const struct nlmsghdr *h, void *data)
{
	const unsigned usable = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE |
	    NUD_PROBE | NUD_STALE | NUD_DELAY;
	const struct ndmsg *info = mnl_nlmsg_get_payload(h);
	struct neighbour_query *q = data;
	const struct nlattr *a, *mac = NULL;
	bool same = false;

	if ((unsigned)info->ndm_ifindex != q->ifindex ||
	    !(info->ndm_state & usable))
		return MNL_CB_OK;
	mnl_attr_for_each (a, h, sizeof *info) {
		if (mnl_attr_get_type(a) == NDA_DST &&
		    mnl_attr_get_payload_len(a) == 4)
			same = mnl_attr_get_u32(a) == q->address_be;
		if (mnl_attr_get_type(a) == NDA_LLADDR &&
		    mnl_attr_get_payload_len(a) == sizeof q->mac)
			mac = a;
	}
	if (same && mac != NULL) {
		memcpy(q->mac, mnl_attr_get_payload(mac), sizeof q->mac);
		q->found = true;
	}
	return MNL_CB_OK;
}

static bool
in_table(const struct route *r, uint32_t address, uint8_t mac[6])
{
	struct neighbour_query q = {
		.ifindex = r->ifindex,
		.address_be = htonl(address),
	};
	char buf[1024];
	struct ndmsg *info;
	struct nlmsghdr *h;
	struct netlink nl;

	if (netlink_open(&nl) == -1)
		return false;
	h = request(buf, RTM_GETNEIGH, sizeof *info, (void **)&info);
	h->nlmsg_flags |= NLM_F_DUMP;
	info->ndm_family = AF_INET;
	ask(&nl, h, take_neighbour, &q);
	mnl_socket_close(nl.socket);
	memcpy(mac, q.mac, sizeof q.mac);
	return q.found;
}

static int
arp_socket(const struct route *r)
{
	struct sockaddr_ll from = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = (int)r->ifindex,
	};
	int fd;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERTYPE_ARP));
	if (fd == -1)
		return -1;
	if (bind(fd, (struct sockaddr *)&from, sizeof from) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The request, built by libnet without a socket of its own. */
static int
arp_request(const struct route *r, uint32_t address, uint8_t frame[60])
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t unknown[6];
	uint32_t source_be = htonl(r->source), target_be = htonl(address);
	char error[LIBNET_ERRBUF_SIZE];
	uint8_t *built = NULL;
	uint32_t size = 0;
	libnet_t *l;
	int rc = -1;

	l = libnet_init(LIBNET_NONE, NULL, error);
	if (l == NULL)
		return -1;
	if (libnet_build_arp(ARPHRD_ETHER, ETHERTYPE_IP, 6, 4, ARPOP_REQUEST,
		r->mac, (uint8_t *)&source_be, unknown, (uint8_t *)&target_be,
		NULL, 0, l, 0) != -1 &&
	    libnet_build_ethernet(all, r->mac, ETHERTYPE_ARP, NULL, 0, l, 0) !=
		-1 &&
	    libnet_pblock_coalesce(l, &built, &size) != -1 && size <= 60) {
		memset(frame, 0, 60);
		memcpy(frame, built, size);
		rc = 0;
	}
	free(built);
	libnet_destroy(l);
	return rc;
}

/* A reply from that address? Offsets are RFC 826's, behind 14 of Ethernet. */
static bool
is_answer(const uint8_t *p, size_t n, uint32_t address, uint8_t mac[6])
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 2 };
	uint32_t address_be = htonl(address);

	if (n < 42 || memcmp(p + 12, head, sizeof head) != 0 ||
	    memcmp(p + 28, &address_be, 4) != 0)
		return false;
	memcpy(mac, p + 22, 6);
	return true;
}

static bool
arp_wait(int fd, uint32_t address, uint8_t mac[6])
{
	uint64_t end = clock_ns() + SECOND, now;
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	uint8_t frame[128];
	ssize_t n;

	while ((now = clock_ns()) < end) {
		if (poll(&readable, 1, (int)((end - now) / 1000000) + 1) != 1)
			continue;
		n = recv(fd, frame, sizeof frame, MSG_DONTWAIT);
		if (n > 0 && is_answer(frame, (size_t)n, address, mac))
			return true;
	}
	return false;
}

int
route_neighbour(const struct route *r, uint32_t address, uint8_t mac[6],
    bool *asked, char *why, size_t size)
{
	uint8_t frame[60];
	int fd, i;

	*asked = false;
	if (in_table(r, address, mac))
		return 0;
	*asked = true;
	fd = arp_socket(r);
	if (fd == -1) {
		snprintf(why, size, "cannot ask for the MAC address of %s: %s",
		    show(address).s, strerror(errno));
		return -1;
	}
	if (arp_request(r, address, frame) == -1) {
		close(fd);
		snprintf(why, size, "cannot build an ARP request");
		return -1;
	}
	for (i = 0; i < ARP_TRIES; i++) {
		if (send(fd, frame, sizeof frame, 0) == -1 &&
		    errno != ENOBUFS) {
			snprintf(why, size,
			    "cannot ask for the MAC address of %s on %s: "
			    "%s",
			    show(address).s, r->name, strerror(errno));
			close(fd);
			return -1;
		}
		if (arp_wait(fd, address, mac)) {
			close(fd);
			return 0;
		}
	}
	close(fd);
	snprintf(why, size,
	    "gateway %s on %s does not answer ARP requests: "
	    "-G gives its MAC address",
	    show(address).s, r->name);
	return -1;
}
