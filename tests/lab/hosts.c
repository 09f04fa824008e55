/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What listens on the lab's real hosts.  TCP: says "lab PORT\r\n" and closes.
 * UDP: sends back what it got, from the address that was asked.  The kernel
 * does the rest, for as many addresses as there are local routes.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORTS = 64, KINDS = 3, BATCH = 256 };

static int
listen_on(int type, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int one = 1, size = 1 << 24;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (type == SOCK_DGRAM) {
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
			sizeof size) == -1)
			setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
			    sizeof size);
	}
	if (bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 4096) == -1))
		err(1, "port %u", port);
	return fd;
}

/* The same of IPv6, for TCP; -1 where there is none. */
static int
listen_on6(uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	int one = 1;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
	    listen(fd, 4096) == -1)
		err(1, "IPv6 port %u", port);
	return fd;
}

static void
greet(int fd, uint16_t port)
{
	int i, c;

	for (i = 0; i < BATCH; i++) {
		c = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
		if (c == -1)
			return;
		dprintf(c, "lab %u\r\n", port);
		shutdown(c, SHUT_WR);
		close(c);
	}
}

static void
echo(int fd)
{
	union {
		struct cmsghdr align;
		char b[256];
	} control;
	char payload[2048];
	struct sockaddr_in from;
	struct iovec io;
	struct msghdr m;
	struct cmsghdr *c;
	ssize_t n;
	int i;

	for (i = 0; i < BATCH; i++) {
		io = (struct iovec){ payload, sizeof payload };
		m = (struct msghdr){ .msg_name = &from,
			.msg_namelen = sizeof from,
			.msg_iov = &io,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof control };
		n = recvmsg(fd, &m, 0);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1)
			continue;
		io.iov_len = (size_t)n;
		/* the address asked goes back in ipi_spec_dst, as it came */
		for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			if (c->cmsg_type == IP_PKTINFO)
				((struct in_pktinfo *)(void *)CMSG_DATA(c))
				    ->ipi_ifindex = 0;
		sendmsg(fd, &m, 0);
	}
}

int
main(int argc, char *argv[])
{
	struct pollfd fds[KINDS * PORTS];
	uint16_t ports[KINDS * PORTS];
	unsigned int n = 0, i;
	char *list, *item, *end;
	unsigned long port;
	pid_t pid;
	int null;

	if (argc != 3 || strcmp(argv[1], "-d") != 0)
		errx(2, "usage: hosts -d PORT[,PORT...]");
	list = argv[2];
	while ((item = strsep(&list, ","))) {
		port = strtoul(item, &end, 10);
		if (*end || end == item || port > 65535 || n >= KINDS * PORTS)
			errx(2, "%s: not a port, or too many", item);
		ports[n] = ports[n + 1] = ports[n + 2] = (uint16_t)port;
		fds[n++] = (struct pollfd){
			listen_on(SOCK_STREAM, (uint16_t)port), POLLIN, 0
		};
		fds[n++] = (struct pollfd){
			listen_on(SOCK_DGRAM, (uint16_t)port), POLLIN, 0
		};
		fds[n++] = (struct pollfd){ listen_on6((uint16_t)port), POLLIN,
			0 };
	}
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid) {
		printf("%d\n", pid);
		return 0;
	}
	setsid();
	null = open("/dev/null", O_RDWR);
	for (i = 0; i < 3; i++)
		dup2(null, (int)i);
	for (;;) {
		if (poll(fds, n, -1) == -1)
			continue;
		for (i = 0; i < n; i++) {
			if (fds[i].revents && i % KINDS != 1)
				greet(fds[i].fd, ports[i]);
			else if (fds[i].revents)
				echo(fds[i].fd);
		}
	}
}
