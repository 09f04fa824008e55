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
#include "cli/tool.h"
#include "command.h"

static const char usage[] =
    "usage: banner-grab-tcp [-aqhV] [-p port] [-c n] [-d path] [-f format]\n"
    "           [-t secs] [-r secs] [-g secs] [-T secs] [-u text] [-m bytes]\n"
    "           [-v n] [--tls] [--server-name name] [--queue n]\n"
    "           [--max-runtime secs] [--status-fd n]\n";

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
	struct command c = { .name = "banner-grab-tcp", .usage = usage };

	command_begin(&c);
	while (command_option(&c, argc, argv) != -1)
		;
	if (optind < argc)
		command_misused(&c, "%s: hosts come on stdin", argv[optind]);
	c.config.opener.open = open_connection;
	command_files(&c);
	return command_run(&c, RIGHTS_CONNECT);
}
