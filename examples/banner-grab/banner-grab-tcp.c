/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banner-grab-tcp: connects to the hosts that a scan found and keeps what
 * they say.
 *
 *	zmap -p 80 -N 1000 -B 10M -o - | banner-grab-tcp -p 80 -d http-req
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rights.h"
#include "command.h"

static const struct program program = {
	.name = "banner-grab-tcp",
	.stage = STAGE_BANNER,
	.table = command_table,
	.about = COMMAND_ABOUT,
	.input = "hosts come on stdin",
};

union name {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static socklen_t
banner_grab_tcp_set_name(union name *to, const struct host *h)
{
	in_port_t port = htons(h->v[HOST_PORT]);

	if (h->six) {
		to->six = (struct sockaddr_in6){ .sin6_family = AF_INET6,
			.sin6_port = port };
		ip6_put(&to->six.sin6_addr, h->address);
		return sizeof to->six;
	}
	to->four = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = port,
		.sin_addr.s_addr = htonl(h->v[HOST_ADDRESS]) };
	return sizeof to->four;
}

static int
open_connection(void *ctx, const struct host *h, bool *connected,
    const char **why)
{
	union name to;
	socklen_t size = banner_grab_tcp_set_name(&to, h);
	int fd, e;

	(void)ctx;
	(void)why;
	fd = socket(to.any.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, &to.any, size) == 0)
		*connected = true;
	else if (errno != EINPROGRESS) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

int
main(int argc, char **argv)
{
	struct command c = { .program = NULL };

	command_begin(&c, &program, argc, argv);
	while (command_option(&c) != -1)
		;
	c.config.opener.open = open_connection;
	command_files(&c);
	return command_run(&c, RIGHTS_CONNECT);
}
