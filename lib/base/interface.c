/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces by name, asked of the kernel by rtnetlink(7); see interface.h. */
#include "base/interface.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct question {
	struct nlmsghdr head;
	struct ifinfomsg info;
	struct rtattr attribute;
	char name[INTERFACE_NAME_MAX + 1];
};

int
interface_check(const char *name, const char **why)
{
	size_t i;

	*why = "a name without a character";
	if (name[0] == '\0')
		return -1;
	for (i = 0; name[i] != '\0'; i++) {
		*why = "longer than the 127 bytes of a name";
		if (i == INTERFACE_NAME_MAX)
			return -1;
		*why = "no interface has blanks or slashes in its name";
		if ((unsigned char)name[i] <= ' ' || name[i] == '/')
			return -1;
	}
	return 0;
}

/* Sends one message and receives one: how long that is, or -1. */
static ssize_t
interface_ask(const struct nlmsghdr *q, void *answer, size_t size)
{
	ssize_t n;
	int fd, saved;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd == -1)
		return -1;
	n = send(fd, q, q->nlmsg_len, 0);
	while (n != -1) {
		n = recv(fd, answer, size, 0);
		if (n != -1 || errno != EINTR)
			break;
		n = 0;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return n;
}

/* The index and the kernel's name in an answer of n bytes. */
static int
interface_take(const struct nlmsghdr *h, size_t n, char own[IF_NAMESIZE],
    unsigned *index)
{
	const struct nlmsgerr *failure = NLMSG_DATA(h);
	const struct ifinfomsg *info = NLMSG_DATA(h);
	const struct rtattr *a;
	size_t rest;

	errno = EPROTO;
	if (!NLMSG_OK(h, n))
		return -1;
	if (h->nlmsg_type == NLMSG_ERROR) {
		if (h->nlmsg_len >= NLMSG_LENGTH(sizeof *failure))
			errno = -failure->error;
		return -1;
	}
	if (h->nlmsg_type != RTM_NEWLINK ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof *info))
		return -1;
	rest = h->nlmsg_len - NLMSG_SPACE(sizeof *info);
	for (a = IFLA_RTA(info); RTA_OK(a, rest); a = RTA_NEXT(a, rest)) {
		if (a->rta_type != IFLA_IFNAME || RTA_PAYLOAD(a) > IF_NAMESIZE)
			continue;
		memcpy(own, RTA_DATA(a), RTA_PAYLOAD(a));
		own[IF_NAMESIZE - 1] = '\0';
		*index = info->ifi_index;
		return 0;
	}
	return -1;
}

static int
interface_look_up(const char *name, size_t len, char own[IF_NAMESIZE],
    unsigned *index)
{
	struct question q = {
		.head = { .nlmsg_type = RTM_GETLINK,
		    .nlmsg_flags = NLM_F_REQUEST },
		.info = { .ifi_family = AF_UNSPEC },
		.attribute = { .rta_type = IFLA_IFNAME },
	};
	union {
		struct nlmsghdr head;
		char bytes[32768];
	} answer;
	ssize_t n;

	if (len >= IF_NAMESIZE)
		q.attribute.rta_type = IFLA_ALT_IFNAME;
	memcpy(q.name, name, len);
	q.attribute.rta_len = RTA_LENGTH(len + 1);
	q.head.nlmsg_len = offsetof(struct question, attribute) +
	    RTA_ALIGN(q.attribute.rta_len);
	n = interface_ask(&q.head, &answer, sizeof answer);
	return n == -1 ? -1 : interface_take(&answer.head, n, own, index);
}

int
interface_find(const char *name, char own[IF_NAMESIZE], unsigned *index)
{
	const char *why;
	size_t len = strlen(name), label = strcspn(name, ":");

	if (interface_check(name, &why) == -1) {
		errno = ENODEV;
		return -1;
	}
	if (interface_look_up(name, len, own, index) == 0)
		return 0;
	/* a label is no name to the kernel, but the part before the colon is */
	if (errno != ENODEV || label == len || label == 0)
		return -1;
	return interface_look_up(name, label, own, index) == -1 ? -1 : 1;
}

int
interface_owns(int family, const void *address)
{
	size_t size = family == AF_INET6 ? 16 : 4;
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct rtattr attribute;
		unsigned char to[16];
	} q = {
		.head = { .nlmsg_type = RTM_GETROUTE,
		    .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = family, .rtm_dst_len = 8 * size },
		.attribute = { .rta_len = RTA_LENGTH(size),
		    .rta_type = RTA_DST },
	};
	union {
		struct nlmsghdr head;
		char bytes[4096];
	} answer;
	const struct rtmsg *route = NLMSG_DATA(&answer.head);
	ssize_t n;

	memcpy(q.to, address, size);
	q.head.nlmsg_len = offsetof(__typeof__(q), to) + size;
	n = interface_ask(&q.head, &answer, sizeof answer);
	if (n == -1)
		return -1;
	/* an error is the answer where there is no route */
	return NLMSG_OK(&answer.head, (size_t)n) &&
	    answer.head.nlmsg_type == RTM_NEWROUTE &&
	    answer.head.nlmsg_len >= NLMSG_LENGTH(sizeof *route) &&
	    route->rtm_type == RTN_LOCAL;
}
