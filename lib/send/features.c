/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The family "netdev" of generic netlink
 * (Documentation/netlink/specs/netdev.yaml of the kernel), whose number has to
 * be asked for first.
 */
#include "send/features.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdbool.h>

#include "send/netlink.h"

/* linux/netdev.h */
enum {
	DEV_GET = 1,
	DEV_IFINDEX = 1,
	DEV_XDP_FEATURES = 3,
};

/* An attribute that is looked for. */
struct wanted {
	uint16_t type;
	size_t size;
	uint64_t value;
	bool has;
};

static int
take_attribute(const struct nlmsghdr *h, void *ctx)
{
	const struct nlattr *a;
	struct wanted *w = ctx;

	mnl_attr_for_each (a, h, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) != w->type ||
		    mnl_attr_get_payload_len(a) < w->size)
			continue;
		w->value = w->size == sizeof(uint16_t) ? mnl_attr_get_u16(a) :
							 mnl_attr_get_u64(a);
		w->has = true;
	}
	return 1;
}

static struct nlmsghdr *
request(char *buf, uint16_t type, uint8_t command)
{
	struct genlmsghdr *g;
	struct nlmsghdr *h;

	h = netlink_request(buf, type, sizeof *g, (void **)&g);
	g->cmd = command;
	g->version = 1;
	return h;
}

static int
ask_for(struct netlink *nl, struct nlmsghdr *h, struct wanted *w)
{
	if (netlink_ask(nl, h, take_attribute, w) == -1)
		return -1;
	if (w->has)
		return 0;
	errno = ENOENT;
	return -1;
}

static int
ask_all(struct netlink *nl, unsigned ifindex, uint64_t *features)
{
	struct wanted family = { .type = CTRL_ATTR_FAMILY_ID,
		.size = sizeof(uint16_t) };
	struct wanted xdp = { .type = DEV_XDP_FEATURES,
		.size = sizeof(uint64_t) };
	char buf[NETLINK_ROOM];
	struct nlmsghdr *h;

	h = request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, "netdev");
	if (ask_for(nl, h, &family) == -1)
		return -1;
	h = request(buf, (uint16_t)family.value, DEV_GET);
	mnl_attr_put_u32(h, DEV_IFINDEX, ifindex);
	if (ask_for(nl, h, &xdp) == -1)
		return -1;
	*features = xdp.value;
	return 0;
}

int
features_xdp(unsigned ifindex, uint64_t *features)
{
	struct netlink nl;
	int rc, saved;

	if (netlink_open_generic(&nl) == -1)
		return -1;
	rc = ask_all(&nl, ifindex, features);
	saved = errno;
	netlink_close(&nl);
	errno = saved;
	return rc;
}
