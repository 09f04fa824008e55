/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-mmsg: frames by sendmmsg(2) on a packet socket. The plain way: it works
 * on every device that has Ethernet frames. Like the others it skips the
 * device's queueing discipline, which drops frames without a word while the
 * link is down, unless that keeps packets until they are due (launch.h).
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/io-messages.h"

enum { SEND_BUFFER = 4 << 20 };

/* Protocol 0: this socket never receives, and gets no copy of anything. */
static int
open_socket(const struct io_args *args)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)args->ifindex,
	};
	int size = SEND_BUFFER, yes = 1, fd, saved;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (args->room == 0)
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes,
		    sizeof yes);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (bind(fd, (struct sockaddr *)&to, sizeof to) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
mmsg_open(struct io *io, const struct io_args *args)
{
	int fd, saved;

	io->why = "cannot open a packet socket";
	fd = open_socket(args);
	if (fd == -1)
		return -1;
	if (io_messages_open(io, fd, 0, 0, 0) == 0) {
		if (args->room > 0)
			io_messages_launch(io, args->room);
		return 0;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

const struct io_way io_mmsg = {
	.name = "mmsg",
	.help = "sendmmsg on a packet socket; skips queueing",
	.ethernet = true,
	.network = true,
	.open = mmsg_open,
	.reserve = io_messages_reserve,
	.commit = io_messages_commit,
	.skip = io_messages_skip,
	.close = io_messages_close,
};
