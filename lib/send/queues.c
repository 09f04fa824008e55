/* SPDX-License-Identifier: Apache-2.0 */
/* Queues of lower devices; see queues.h. */
#include "send/queues.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "send/nexthop.h"

/* --- which devices are below --- */

static void
queues_add(struct queues *q, const struct message_link *l)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (q->v[i].ifindex == l->ifindex)
			return;
	if (q->n == QUEUES_MAX)
		return;
	q->v[q->n] = (struct queue){ .ifindex = l->ifindex };
	memcpy(q->v[q->n++].name, l->name, sizeof l->name);
}

/* The device by which a tunnel's packets leave. */
static unsigned
carrier(struct queues *q, const struct message_link *l)
{
	struct nexthop_flow flow = { .uid = geteuid() };
	struct nexthop hop;

	if (l->remote.size == 0 ||
	    nexthop_ask(&q->nl, &flow, &l->remote, 1, &hop) == -1 ||
	    hop.error != 0)
		return 0;
	return hop.route.hop.ifindex;
}

/* Of a veth, the link below is its other end, which has no queue of ours. */
static unsigned
lower(struct queues *q, const struct message_link *l)
{
	if (l->elsewhere || strcmp(l->kind, "veth") == 0)
		return 0;
	return l->lower != 0 ? l->lower : carrier(q, l);
}

/* Kinds whose drivers say what the device below has answered. */
static bool
tells(const struct network *w, unsigned ifindex)
{
	static const char *const kinds[] = { "macvlan", "macvtap", "vlan",
		"ipvlan" };
	const struct message_link *l = network_link(w, ifindex);
	size_t i;

	for (i = 0; l != NULL && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(l->kind, kinds[i]) == 0)
			return true;
	return false;
}

/* Those right below a device. */
static void
queues_add_below(struct queues *q, const struct network *w, unsigned ifindex)
{
	const struct message_link *l = network_link(w, ifindex), *below;
	size_t i;

	if (l == NULL)
		return;
	below = network_link(w, lower(q, l));
	if (below != NULL)
		queues_add(q, below);
	for (i = 0; i < w->nlinks; i++)
		if (w->links[i].master == ifindex)
			queues_add(q, &w->links[i]);
}

/* --- what they have dropped --- */

static int
take_queue(const struct nlmsghdr *h, void *ctx)
{
	struct queues *q = ctx;
	struct message_queue m;
	size_t i;

	if (!message_queue(h, &m) || !m.root)
		return 1;
	for (i = 0; i < q->n; i++)
		if (q->v[i].ifindex == m.ifindex)
			q->v[i].now = m.drops;
	return 1;
}

uint64_t
queues_read(struct queues *q)
{
	char buf[NETLINK_ROOM];
	uint64_t sum = 0;
	struct tcmsg *info;
	struct nlmsghdr *h;
	size_t i;

	h = netlink_request(buf, RTM_GETQDISC, sizeof *info, (void **)&info);
	/* what is not told now is told the next time */
	netlink_dump(&q->nl, h, take_queue, q);
	for (i = 0; i < q->n; i++) {
		/* a queue that was made anew begins anew */
		if (q->v[i].now < q->v[i].before)
			q->v[i].before = 0;
		sum += q->v[i].now - q->v[i].before;
	}
	return sum;
}

int
queues_open(struct queues *q, const struct network *w, const unsigned *devices,
    size_t ndevices)
{
	size_t i;

	memset(q, 0, sizeof *q);
	if (netlink_open(&q->nl) == -1)
		return -1;
	for (i = 0; i < ndevices; i++)
		if (!tells(w, devices[i]))
			queues_add_below(q, w, devices[i]);
	/* and what is below those */
	for (i = 0; i < q->n; i++)
		queues_add_below(q, w, q->v[i].ifindex);
	if (q->n == 0) {
		queues_close(q);
		return 0;
	}
	queues_read(q);
	for (i = 0; i < q->n; i++)
		q->v[i].before = q->v[i].now;
	return 0;
}

void
queues_close(struct queues *q)
{
	netlink_close(&q->nl);
	q->n = 0;
}

const char *
queues_worst(const struct queues *q)
{
	const struct queue *worst = &q->v[0];
	size_t i;

	for (i = 1; i < q->n; i++)
		if (q->v[i].now - q->v[i].before > worst->now - worst->before)
			worst = &q->v[i];
	return worst->name;
}
