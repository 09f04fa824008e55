/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's choice of a next hop; see nexthop.h. */
#include "send/nexthop.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

enum { QUESTION = 128 }; /* bytes that one takes at most */

/* The protocols that the kernel takes in a question. */
static bool
may_be_asked(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	    protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static size_t
put_question(char *buf, const struct nexthop_flow *f, const struct address *a,
    unsigned sequence)
{
	struct rtmsg *info;
	struct nlmsghdr *h;

	h = netlink_request(buf, RTM_GETROUTE, sizeof *info, (void **)&info);
	h->nlmsg_seq = sequence;
	info->rtm_family = address_family(a);
	info->rtm_dst_len = 8 * a->size;
	info->rtm_flags = f->entry ? RTM_F_FIB_MATCH : 0;
	mnl_attr_put(h, RTA_DST, a->size, a->b);
	if (f->source.size == a->size) {
		info->rtm_src_len = 8 * a->size;
		mnl_attr_put(h, RTA_SRC, a->size, f->source.b);
	}
	if (f->ifindex != 0)
		mnl_attr_put_u32(h, RTA_OIF, f->ifindex);
	if (may_be_asked(f->protocol))
		mnl_attr_put_u8(h, RTA_IP_PROTO, f->protocol);
	mnl_attr_put_u32(h, RTA_UID, f->uid);
	if (f->from_port != 0)
		mnl_attr_put_u16(h, RTA_SPORT, htons(f->from_port));
	if (f->to_port != 0)
		mnl_attr_put_u16(h, RTA_DPORT, htons(f->to_port));
	return MNL_ALIGN(h->nlmsg_len);
}

struct reading {
	unsigned first; /* sequence */
	size_t n, answered;
	struct nexthop *to;
};

static void
take_answer(const struct nlmsghdr *h, struct reading *r)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	unsigned i = h->nlmsg_seq - r->first;
	struct nexthop *to;

	if (i >= r->n)
		return;
	to = &r->to[i];
	if (h->nlmsg_type == NLMSG_ERROR &&
	    h->nlmsg_len >= NLMSG_LENGTH(sizeof *e))
		to->error = e->error == 0 ? ENETUNREACH : -e->error;
	else if (message_route(h, &to->route))
		to->error = 0;
	else
		return;
	r->answered++;
}

static int
nexthop_read_answers(struct netlink *nl, struct reading *r)
{
	char buf[32768];
	const struct nlmsghdr *h;
	ssize_t n;
	int left;

	while (r->answered < r->n) {
		n = mnl_socket_recvfrom(nl->socket, buf, sizeof buf);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		left = n;
		for (h = (const void *)buf; mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left))
			take_answer(h, r);
	}
	return 0;
}

int
nexthop_ask(struct netlink *nl, const struct nexthop_flow *f,
    const struct address *a, size_t n, struct nexthop *to)
{
	_Alignas(
	    struct nlmsghdr) char buf[NEXTHOP_MANY * QUESTION + NETLINK_ROOM];
	struct reading r = { .first = nl->sequence + 1, .n = n, .to = to };
	size_t i, size = 0;

	for (i = 0; i < n; i++) {
		to[i].error = ENETUNREACH;
		size += put_question(buf + size, f, &a[i], ++nl->sequence);
	}
	if (mnl_socket_sendto(nl->socket, buf, size) == -1)
		return -1;
	return nexthop_read_answers(nl, &r);
}
