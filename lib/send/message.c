/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of rtnetlink, taken apart; see message.h. The attributes are those
 * of <linux/rtnetlink.h>, <linux/fib_rules.h> and <linux/if_link.h>.
 */
#include "send/message.h"

#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/gen_stats.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* The payload, if it is of one of two types and large enough. */
static const void *
payload(const struct nlmsghdr *h, unsigned type, unsigned other, size_t size)
{
	if (h->nlmsg_type != type && h->nlmsg_type != other)
		return NULL;
	if (h->nlmsg_len < MNL_NLMSG_HDRLEN + MNL_ALIGN(size))
		return NULL;
	return mnl_nlmsg_get_payload(h);
}

static uint32_t
message_number(const struct nlattr *a)
{
	uint32_t v = 0;

	if (mnl_attr_get_payload_len(a) >= sizeof v)
		memcpy(&v, mnl_attr_get_payload(a), sizeof v);
	return v;
}

static struct address
address(const struct nlattr *a)
{
	return address_of(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
}

/* Cut to the room there is; always ends in a NUL. */
static void
message_text(const struct nlattr *a, char *to, size_t room)
{
	size_t n = mnl_attr_get_payload_len(a);

	if (n > room - 1)
		n = room - 1;
	memcpy(to, mnl_attr_get_payload(a), n);
	to[n] = '\0';
}

static bool
mac(const struct nlattr *a, uint8_t to[6])
{
	if (mnl_attr_get_payload_len(a) != 6)
		return false;
	memcpy(to, mnl_attr_get_payload(a), 6);
	return true;
}

/* A gateway of another family than the route (RFC 5549). */
static struct address
via(const struct nlattr *a)
{
	const struct rtvia *v = mnl_attr_get_payload(a);
	size_t n = mnl_attr_get_payload_len(a);

	if (n < sizeof *v)
		return (struct address){ .size = 0 };
	return address_of(v->rtvia_addr, n - sizeof *v);
}

static void
take_hop_attribute(const struct nlattr *a, struct message_hop *hop)
{
	switch (mnl_attr_get_type(a)) {
	case RTA_OIF:
		hop->ifindex = message_number(a);
		break;
	case RTA_GATEWAY:
		hop->gateway = address(a);
		break;
	case RTA_VIA:
		hop->gateway = via(a);
		break;
	}
}

static void
take_hops(const struct nlattr *multipath, struct message_route *r)
{
	const unsigned char *p = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath), n;
	const struct rtnexthop *hop;
	const struct nlattr *a;
	struct message_hop *to;
	int left_here;

	for (r->nhops = 0; left >= sizeof *hop && r->nhops < MESSAGE_HOPS;
	     p += n, left -= n) {
		hop = (const struct rtnexthop *)p;
		if (hop->rtnh_len < sizeof *hop || hop->rtnh_len > left)
			return;
		to = &r->hops[r->nhops++];
		*to = (struct message_hop){
			.ifindex = (unsigned)hop->rtnh_ifindex,
			.weight = hop->rtnh_hops + 1u,
			.dead = hop->rtnh_flags & RTNH_F_DEAD
		};
		left_here = hop->rtnh_len - sizeof *hop;
		for (a = (const void *)(p + sizeof *hop);
		     mnl_attr_ok(a, left_here);
		     left_here -= (int)MNL_ALIGN(a->nla_len),
		    a = mnl_attr_next(a))
			take_hop_attribute(a, to);
		n = RTNH_ALIGN(hop->rtnh_len);
		if (n > left)
			return;
	}
}

static unsigned
route_mtu(const struct nlattr *metrics)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, metrics) {
		if (mnl_attr_get_type(a) == RTAX_MTU)
			return message_number(a);
	}
	return 0;
}

bool
message_route(const struct nlmsghdr *h, struct message_route *r)
{
	const struct rtmsg *info;
	const struct nlattr *a;

	info = payload(h, RTM_NEWROUTE, RTM_DELROUTE, sizeof *info);
	if (info == NULL)
		return false;
	*r = (struct message_route){ .family = info->rtm_family,
		.type = info->rtm_type,
		.table = info->rtm_table,
		.bits = info->rtm_dst_len,
		.hop = { .weight = 1, .dead = info->rtm_flags & RTNH_F_DEAD } };
	mnl_attr_for_each (a, h, sizeof *info) {
		take_hop_attribute(a, &r->hop);
		switch (mnl_attr_get_type(a)) {
		case RTA_TABLE:
			r->table = message_number(a);
			break;
		case RTA_DST:
			r->destination = address(a);
			break;
		case RTA_PREFSRC:
			r->source = address(a);
			break;
		case RTA_METRICS:
			r->mtu = route_mtu(a);
			break;
		case RTA_MULTIPATH:
			take_hops(a, r);
			break;
		case RTA_NH_ID:
			r->nexthop = message_number(a);
			break;
		}
	}
	/* all of a family, from its first address on */
	if (r->destination.size == 0)
		r->destination.size = address_family_size(r->family);
	return r->bits <= 8u * r->destination.size;
}

static struct message_ports
ports(const struct nlattr *a)
{
	struct fib_rule_port_range range = { 0 };

	if (mnl_attr_get_payload_len(a) >= sizeof range)
		memcpy(&range, mnl_attr_get_payload(a), sizeof range);
	return (struct message_ports){ range.start, range.end };
}

bool
message_rule(const struct nlmsghdr *h, struct message_rule *r)
{
	const struct fib_rule_hdr *info;
	const struct nlattr *a;

	info = payload(h, RTM_NEWRULE, RTM_DELRULE, sizeof *info);
	if (info == NULL)
		return false;
	*r = (struct message_rule){ .family = info->family,
		.from_bits = info->src_len,
		.to_bits = info->dst_len };
	mnl_attr_for_each (a, h, sizeof *info) {
		switch (mnl_attr_get_type(a)) {
		case FRA_SRC:
			r->from = address(a);
			break;
		case FRA_DST:
			r->to = address(a);
			break;
		case FRA_IP_PROTO:
			r->protocol = mnl_attr_get_payload_len(a) >= 1 ?
			    *(const uint8_t *)mnl_attr_get_payload(a) :
			    0;
			break;
		case FRA_SPORT_RANGE:
			r->from_ports = ports(a);
			break;
		case FRA_DPORT_RANGE:
			r->to_ports = ports(a);
			break;
		}
	}
	return r->from_bits <= 8 * sizeof r->from.b &&
	    r->to_bits <= 8 * sizeof r->to.b;
}

static void
take_kind_data(const struct nlattr *data, struct message_link *l)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, data) {
		switch (mnl_attr_get_type(a)) {
		case IFLA_VXLAN_LINK:
			l->lower = message_number(a);
			break;
		case IFLA_VXLAN_GROUP:
		case IFLA_VXLAN_GROUP6:
			l->remote = address(a);
			break;
		}
	}
}

static void
take_kind(const struct nlattr *info, struct message_link *l)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, info) {
		if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
			message_text(a, l->kind, sizeof l->kind);
		/* behind the kind */
		if (mnl_attr_get_type(a) == IFLA_INFO_DATA &&
		    strcmp(l->kind, "vxlan") == 0)
			take_kind_data(a, l);
	}
}

static void
take_link_attribute(const struct nlattr *a, struct message_link *l)
{
	struct rtnl_link_stats64 stats = { 0 };
	size_t n = mnl_attr_get_payload_len(a);

	switch (mnl_attr_get_type(a)) {
	case IFLA_ADDRESS:
		mac(a, l->mac);
		break;
	case IFLA_MTU:
		l->mtu = message_number(a);
		break;
	case IFLA_IFNAME:
		message_text(a, l->name, sizeof l->name);
		break;
	case IFLA_LINK:
		l->lower = message_number(a);
		break;
	case IFLA_LINK_NETNSID:
		l->elsewhere = true;
		break;
	case IFLA_MASTER:
		l->master = message_number(a);
		break;
	case IFLA_LINKINFO:
		take_kind(a, l);
		break;
	case IFLA_STATS64:
		memcpy(&stats, mnl_attr_get_payload(a),
		    n < sizeof stats ? n : sizeof stats);
		l->tx_dropped = stats.tx_dropped;
		break;
	}
}

bool
message_link(const struct nlmsghdr *h, struct message_link *l)
{
	const struct ifinfomsg *info;
	const struct nlattr *a;

	info = payload(h, RTM_NEWLINK, RTM_DELLINK, sizeof *info);
	if (info == NULL)
		return false;
	*l = (struct message_link){ .ifindex = (unsigned)info->ifi_index,
		.type = info->ifi_type,
		.flags = info->ifi_flags };
	mnl_attr_for_each (a, h, sizeof *info)
		take_link_attribute(a, l);
	return true;
}

bool
message_address(const struct nlmsghdr *h, struct message_address *m)
{
	const struct ifaddrmsg *info;
	struct address local = { 0 }, any = { 0 };
	const struct nlattr *a;

	info = payload(h, RTM_NEWADDR, RTM_DELADDR, sizeof *info);
	if (info == NULL)
		return false;
	*m = (struct message_address){ .ifindex = info->ifa_index };
	mnl_attr_for_each (a, h, sizeof *info) {
		switch (mnl_attr_get_type(a)) {
		case IFA_LOCAL:
			local = address(a);
			break;
		case IFA_ADDRESS:
			any = address(a);
			break;
		case IFA_LABEL:
			message_text(a, m->label, sizeof m->label);
			break;
		}
	}
	/* on a link between two points, any is the other one's */
	m->local = local.size != 0 ? local : any;
	return m->local.size != 0;
}

bool
message_neighbour(const struct nlmsghdr *h, struct message_neighbour *m)
{
	const struct ndmsg *info;
	const struct nlattr *a;

	info = payload(h, RTM_NEWNEIGH, RTM_DELNEIGH, sizeof *info);
	if (info == NULL)
		return false;
	*m = (struct message_neighbour){ .ifindex = (unsigned)info->ndm_ifindex,
		.state = info->ndm_state };
	mnl_attr_for_each (a, h, sizeof *info) {
		if (mnl_attr_get_type(a) == NDA_DST)
			m->address = address(a);
		if (mnl_attr_get_type(a) == NDA_LLADDR)
			m->has_mac = mac(a, m->mac);
	}
	return true;
}

static unsigned
fq_limit(const struct nlattr *options)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, options)
		if (mnl_attr_get_type(a) == TCA_FQ_PLIMIT &&
		    mnl_attr_get_payload_len(a) == sizeof(uint32_t))
			return mnl_attr_get_u32(a);
	return 0;
}

bool
message_queue(const struct nlmsghdr *h, struct message_queue *q)
{
	const struct tcmsg *info;
	struct gnet_stats_queue stats;
	const struct nlattr *a, *b;
	size_t n;

	info = payload(h, RTM_NEWQDISC, RTM_DELQDISC, sizeof *info);
	if (info == NULL)
		return false;
	*q = (struct message_queue){ .ifindex = (unsigned)info->tcm_ifindex,
		.root = info->tcm_parent == TC_H_ROOT,
		.incoming = info->tcm_parent == TC_H_INGRESS };
	mnl_attr_for_each (a, h, sizeof *info) {
		if (mnl_attr_get_type(a) == TCA_KIND)
			message_text(a, q->kind, sizeof q->kind);
		if (mnl_attr_get_type(a) == TCA_OPTIONS &&
		    strcmp(q->kind, "fq") == 0)
			q->limit = fq_limit(a);
		if (mnl_attr_get_type(a) != TCA_STATS2)
			continue;
		mnl_attr_for_each_nested (b, a) {
			if (mnl_attr_get_type(b) != TCA_STATS_QUEUE)
				continue;
			memset(&stats, 0, sizeof stats);
			n = mnl_attr_get_payload_len(b);
			memcpy(&stats, mnl_attr_get_payload(b),
			    n < sizeof stats ? n : sizeof stats);
			q->drops = stats.drops;
			q->backlog = stats.backlog;
		}
	}
	return true;
}
