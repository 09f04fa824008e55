/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the kernel; see netlink.h. */
#include "send/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <sys/socket.h>

enum { DUMP_TRIES = 8 };

static int
open_family(struct netlink *nl, int family)
{
	int yes = 1;

	nl->sequence = 0;
	nl->socket = mnl_socket_open2(family, SOCK_CLOEXEC);
	if (nl->socket == NULL)
		return -1;
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) == -1) {
		netlink_close(nl);
		return -1;
	}
	/* So that a dump of one family is not that of another. */
	mnl_socket_setsockopt(nl->socket, NETLINK_GET_STRICT_CHK, &yes,
	    sizeof yes);
	return 0;
}

int
netlink_open(struct netlink *nl)
{
	return open_family(nl, NETLINK_ROUTE);
}

int
netlink_open_generic(struct netlink *nl)
{
	return open_family(nl, NETLINK_GENERIC);
}

void
netlink_close(struct netlink *nl)
{
	if (nl->socket != NULL)
		mnl_socket_close(nl->socket);
	nl->socket = NULL;
}

struct nlmsghdr *
netlink_request(void *buf, uint16_t type, size_t size, void **payload)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	*payload = mnl_nlmsg_put_extra_header(h, size);
	return h;
}

/* What is left of an answer that failed would be taken for the next one. */
static void
netlink_drain(struct netlink *nl)
{
	char buf[32768];
	int fd = mnl_socket_get_fd(nl->socket);

	while (recv(fd, buf, sizeof buf, MSG_DONTWAIT) > 0)
		continue;
}

int
netlink_ask(struct netlink *nl, struct nlmsghdr *h, netlink_take *take,
    void *ctx)
{
	char buf[32768];
	unsigned port = mnl_socket_get_portid(nl->socket);
	ssize_t n;
	int rc;

	netlink_drain(nl);
	h->nlmsg_seq = ++nl->sequence;
	if ((h->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		h->nlmsg_flags |= NLM_F_ACK;
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
		rc = mnl_cb_run(buf, (size_t)n, nl->sequence, port, take, ctx);
	} while (rc > MNL_CB_STOP);
	return rc == MNL_CB_ERROR ? -1 : 0;
}

int
netlink_dump(struct netlink *nl, struct nlmsghdr *h, netlink_take *take,
    void *ctx)
{
	unsigned tries;

	h->nlmsg_flags |= NLM_F_DUMP;
	for (tries = 0; netlink_ask(nl, h, take, ctx) == -1; tries++)
		if (errno != EINTR || tries == DUMP_TRIES)
			return -1;
	return 0;
}
