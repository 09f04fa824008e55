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

static int
open_connection(void *ctx, const struct host *h, bool *connected,
    const char **why)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd, e;

	(void)ctx;
	(void)why;
	to.sin_addr.s_addr = htonl(h->v[HOST_ADDRESS]);
	to.sin_port = htons(h->v[HOST_PORT]);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
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
