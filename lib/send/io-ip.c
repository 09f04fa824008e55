/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-ip: IP packets by sendmmsg(2) on a raw IP socket. The kernel routes each
 * packet and finds its neighbour, so this is the way out for devices without
 * Ethernet frames (tun, WireGuard, PPP), for targets on our own link, and for
 * targets behind different gateways. Packets go through the device's queueing
 * discipline, so they obey its limits; while a link is down it drops them,
 * which for up to a second the kernel does not tell.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/io-messages.h"

enum { SEND_BUFFER = 4 << 20 };

static int
ip_open_socket(const struct io_args *args, const char **why)
{
	const bool six = args->family == 6;
	int size = SEND_BUFFER, yes = 1, fd, saved;

	*why = "cannot open a raw IP socket";
	fd = socket(six ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC,
	    IPPROTO_RAW);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
	/* Else a packet that the queue drops (ENOBUFS) counts as sent. */
	if (six)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof yes);
	else
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
	*why = "cannot bind to the device";
	if (args->name &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, args->name,
		(socklen_t)strlen(args->name) + 1) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
ip_open(struct io *io, const struct io_args *args)
{
	int fd, saved;

	fd = ip_open_socket(args, &io->why);
	if (fd == -1)
		return -1;
	if (io_messages_open(io, fd, IO_ETHERNET, args->family == 6 ? 6 : 4,
		args->ifindex) == 0) {
		if (args->room > 0)
			io_messages_launch(io, args->room);
		return 0;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

const struct io_way io_ip = {
	.name = "ip",
	.help = "sendmmsg on a raw IP socket; the kernel routes",
	.ethernet = false,
	.network = true,
	.open = ip_open,
	.reserve = io_messages_reserve,
	.commit = io_messages_commit,
	.skip = io_messages_skip,
	.close = io_messages_close,
};
