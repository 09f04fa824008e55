/* SPDX-License-Identifier: Apache-2.0 */
/* Queueing disciplines that keep times; see launch.h. */
#include "send/launch.h"

#include <limits.h>
#include <linux/net_tstamp.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "send/message.h"
#include "send/netlink.h"

enum {
	SHARE = 4,     /* of a queue that others use as well */
	PACKET = 2048, /* bytes of send buffer that a short packet takes */
};

/* Of one device. */
struct launch_queues {
	unsigned ifindex;
	unsigned keep; /* how many keep times */
	bool others;   /* there are some that do not */
	unsigned room;
};

/* A root with several queues below it only hands packets on. */
static bool
hands_on(const struct message_queue *q)
{
	return q->root && strcmp(q->kind, "mq") == 0;
}

static int
take_discipline(const struct nlmsghdr *h, void *ctx)
{
	struct launch_queues *l = ctx;
	struct message_queue q;

	if (!message_queue(h, &q) || q.ifindex != l->ifindex || q.incoming ||
	    hands_on(&q))
		return 1;
	if (strcmp(q.kind, "fq") != 0 || q.limit == 0) {
		l->others = true;
		return 1;
	}
	l->keep++;
	if (q.limit / SHARE < l->room)
		l->room = q.limit / SHARE;
	return 1;
}

unsigned
launch_room(unsigned ifindex)
{
	struct launch_queues l = { .ifindex = ifindex, .room = UINT_MAX };
	char buf[NETLINK_ROOM];
	struct tcmsg *info;
	struct nlmsghdr *h;
	struct netlink nl;
	int rc;

	if (netlink_open(&nl) == -1)
		return 0;
	h = netlink_request(buf, RTM_GETQDISC, sizeof *info, (void **)&info);
	info->tcm_ifindex = (int)ifindex;
	rc = netlink_dump(&nl, h, take_discipline, &l);
	netlink_close(&nl);
	return rc == -1 || l.others || l.keep == 0 ? 0 : l.room;
}

unsigned
launch_enable(int fd, unsigned room)
{
	struct sock_txtime times = { .clockid = CLOCK_MONOTONIC };
	socklen_t size = sizeof(int);
	int buffer;

	if (setsockopt(fd, SOL_SOCKET, SO_TXTIME, &times, sizeof times) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, &size) == -1)
		return 0;
	return (unsigned)buffer / PACKET < room ? (unsigned)buffer / PACKET :
						  room;
}
