/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows of the network; see network.h.
 *
 * Routes are not kept: the kernel is asked which of them holds, so that all
 * it takes into account counts.  Only their edges are, to know how many times
 * it has to be asked.
 */
#include "send/network.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one more of size bytes; capacities are powers of two from 16. */
static void *
network_room(void *v, size_t n, size_t size)
{
	if (n != 0 && (n < 16 || (n & (n - 1)) != 0))
		return v;
	return realloc(v, (n < 16 ? 16 : 2 * n) * size);
}

static int
add_cut(struct network *w, const struct address *a)
{
	struct address *v = network_room(w->cuts, w->ncuts, sizeof *v);

	if (v == NULL)
		return -1;
	w->cuts = v;
	v[w->ncuts++] = *a;
	return 0;
}

/* Where a prefix begins, and where it is over. */
static int
cut_at(struct network *w, const struct address *net, unsigned bits)
{
	struct address first = address_first(net, bits);
	struct address behind = address_last(net, bits);

	if (net->size != address_family_size(w->family))
		return 0;
	if (add_cut(w, &first) == -1)
		return -1;
	return address_next(&behind) ? add_cut(w, &behind) : 0;
}

static int
network_take_route(const struct nlmsghdr *h, void *ctx)
{
	struct message_route r;
	struct network *w = ctx;

	if (!message_route(h, &r) || r.family != w->family)
		return 1;
	w->multipath |= r.nhops > 0 || r.nexthop != 0;
	return cut_at(w, &r.destination, r.bits) == -1 ? -1 : 1;
}

static int
take_rule(const struct nlmsghdr *h, void *ctx)
{
	struct network *w = ctx;
	struct message_rule r, *v;

	if (!message_rule(h, &r) || r.family != w->family)
		return 1;
	v = network_room(w->rules, w->nrules, sizeof *v);
	if (v == NULL)
		return -1;
	w->rules = v;
	v[w->nrules++] = r;
	return r.to.size != 0 && cut_at(w, &r.to, r.to_bits) == -1 ? -1 : 1;
}

static int
network_take_link(const struct nlmsghdr *h, void *ctx)
{
	struct network *w = ctx;
	struct message_link l, *v;

	if (!message_link(h, &l))
		return 1;
	v = network_room(w->links, w->nlinks, sizeof *v);
	if (v == NULL)
		return -1;
	w->links = v;
	v[w->nlinks++] = l;
	return 1;
}

static int
network_take_address(const struct nlmsghdr *h, void *ctx)
{
	struct network *w = ctx;
	struct message_address a, *v;

	if (!message_address(h, &a) ||
	    a.local.size != address_family_size(w->family))
		return 1;
	v = network_room(w->addresses, w->naddresses, sizeof *v);
	if (v == NULL)
		return -1;
	w->addresses = v;
	v[w->naddresses++] = a;
	return 1;
}

/* What the kernel treats in a way of its own, without a route. */
static int
cut_special(struct network *w)
{
	static const struct special {
		struct address net;
		unsigned bits;
	} table[] = {
		{ { 4, { 0 } }, 32 },
		{ { 4, { 0 } }, 8 },
		{ { 4, { 224 } }, 4 },
		{ { 4, { 255, 255, 255, 255 } }, 32 },
		{ { 16, { 0 } }, 128 },
		{ { 16, { 0xff } }, 8 },
	};
	size_t i;

	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (cut_at(w, &table[i].net, table[i].bits) == -1)
			return -1;
	return 0;
}

static int
network_compare(const void *a, const void *b)
{
	return address_compare(a, b);
}

static void
sort_cuts(struct network *w)
{
	size_t i, n = 0;

	qsort(w->cuts, w->ncuts, sizeof *w->cuts, network_compare);
	for (i = 0; i < w->ncuts; i++)
		if (n == 0 || !address_same(&w->cuts[n - 1], &w->cuts[i]))
			w->cuts[n++] = w->cuts[i];
	w->ncuts = n;
}

static int
dump(struct netlink *nl, uint16_t type, netlink_take *take, struct network *w)
{
	char buf[NETLINK_ROOM];
	struct ifinfomsg *link;
	struct ifaddrmsg *address;
	struct fib_rule_hdr *rule;
	struct rtmsg *route;
	struct nlmsghdr *h;

	switch (type) {
	case RTM_GETLINK:
		h = netlink_request(buf, type, sizeof *link, (void **)&link);
		link->ifi_family = AF_UNSPEC;
		break;
	case RTM_GETADDR:
		h = netlink_request(buf, type, sizeof *address,
		    (void **)&address);
		address->ifa_family = w->family;
		break;
	case RTM_GETRULE:
		h = netlink_request(buf, type, sizeof *rule, (void **)&rule);
		rule->family = w->family;
		break;
	default:
		h = netlink_request(buf, type, sizeof *route, (void **)&route);
		route->rtm_family = w->family;
	}
	return netlink_dump(nl, h, take, w);
}

int
network_read(struct network *w, struct netlink *nl, int family)
{
	int saved;

	network_free(w);
	w->family = family;
	/* a kernel without policy routing has no rules to tell */
	if (dump(nl, RTM_GETLINK, network_take_link, w) == 0 &&
	    dump(nl, RTM_GETADDR, network_take_address, w) == 0 &&
	    (dump(nl, RTM_GETRULE, take_rule, w) == 0 || errno == EOPNOTSUPP) &&
	    dump(nl, RTM_GETROUTE, network_take_route, w) == 0 &&
	    cut_special(w) == 0) {
		sort_cuts(w);
		return 0;
	}
	saved = errno;
	network_free(w);
	errno = saved;
	return -1;
}

void
network_free(struct network *w)
{
	free(w->links);
	free(w->addresses);
	free(w->rules);
	free(w->cuts);
	memset(w, 0, sizeof *w);
}

const struct message_link *
network_link(const struct network *w, unsigned ifindex)
{
	size_t i;

	for (i = 0; i < w->nlinks; i++)
		if (w->links[i].ifindex == ifindex)
			return &w->links[i];
	return NULL;
}

const struct message_address *
network_ours(const struct network *w, const struct address *a)
{
	size_t i;

	for (i = 0; i < w->naddresses; i++)
		if (address_same(&w->addresses[i].local, a))
			return &w->addresses[i];
	return NULL;
}

const struct message_address *
network_label(const struct network *w, const char *label)
{
	size_t i;

	for (i = 0; i < w->naddresses; i++)
		if (strcmp(w->addresses[i].label, label) == 0)
			return &w->addresses[i];
	return NULL;
}
