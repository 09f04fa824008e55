/* SPDX-License-Identifier: Apache-2.0 */
/* Established sockets out of numbers; see forge.h. */
#include "forge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Values of the kernel's interface that the C library of Debian 12 lacks:
 * leaving repair without a window probe.  The probe carries a sequence number
 * that has been used, to which hosts with SYN cookies answer with a reset.
 */
#define REPAIR_ON  1
#define REPAIR_OFF (-1)

#define OUR_WINDOW 65535 /* what the SYNs of tcp_synscan say */

static int
forge_set(int fd, int option, const void *value, socklen_t size)
{
	return setsockopt(fd, IPPROTO_TCP, option, value, size);
}

static int
forge_set_number(int fd, int option, uint32_t value)
{
	return forge_set(fd, option, &value, sizeof value);
}

/* Both must happen before the connection, and the window after it. */
static int
set_sequences(int fd, const struct forge *f, uint32_t received)
{
	if (forge_set_number(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE) == -1 ||
	    forge_set_number(fd, TCP_QUEUE_SEQ, f->acknowledged) == -1 ||
	    forge_set_number(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE) == -1)
		return -1;
	return forge_set_number(fd, TCP_QUEUE_SEQ, received);
}

static int
forge_set_options(int fd, const struct forge *f)
{
	struct tcp_repair_opt o[4];
	size_t n = 0;

	o[n++] = (struct tcp_repair_opt){ TCPOPT_MAXSEG,
		f->mss >= 64 && f->mss <= 65495 ? f->mss : 536 };
	/* shifts of 0 where there is no scaling: the kernel assumed some */
	o[n++] = (struct tcp_repair_opt){ TCPOPT_WINDOW,
		f->scaled ? f->scale | (uint32_t)f->own_scale << 16 : 0 };
	if (f->sack)
		o[n++] = (struct tcp_repair_opt){ TCPOPT_SACK_PERMITTED, 0 };
	if (f->timed) {
		o[n++] = (struct tcp_repair_opt){ TCPOPT_TIMESTAMP, 0 };
		/* later than the SYN; bit 0 would ask for microseconds */
		if (forge_set_number(fd, TCP_TIMESTAMP, (f->time + 2) & ~1u) ==
		    -1)
			return -1;
	}
	return forge_set(fd, TCP_REPAIR_OPTIONS, o, n * sizeof *o);
}

static int
set_window(int fd, const struct forge *f, uint32_t received, uint32_t ours)
{
	struct tcp_repair_window w = { .snd_wl1 = f->sequence,
		.snd_wnd = f->window,
		.max_window = f->window,
		.rcv_wnd = ours,
		.rcv_wup = received };

	return forge_set(fd, TCP_REPAIR_WINDOW, &w, sizeof w);
}

/*
 * There is no call that sends an ACK.  But reading makes a window grow, and a
 * window that opens is told to the host: so a byte that was never sent is put
 * in front of what will be received, into a window of none, and read.
 */
static int
acknowledge(int fd)
{
	char byte = 0;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 1 ? 0 : -1;
}

union name {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static socklen_t
forge_set_name(union name *to, const struct forge *f, bool own)
{
	in_port_t port = htons(own ? f->own_port : f->port);

	if (f->six) {
		to->six = (struct sockaddr_in6){ .sin6_family = AF_INET6,
			.sin6_port = port };
		ip6_put(&to->six.sin6_addr,
		    own ? f->own_address6 : f->address6);
		return sizeof to->six;
	}
	to->four = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = port,
		.sin_addr.s_addr = htonl(own ? f->own_address : f->address) };
	return sizeof to->four;
}

static int
forge_make(int fd, const struct forge *f)
{
	union name own, host;
	socklen_t size = forge_set_name(&own, f, true);
	uint32_t received = f->sequence + 1; /* the SYN counts as one */
	uint32_t window = OUR_WINDOW;

	if (f->acknowledge) {
		received--;
		window = 0;
	}
	if (forge_set_number(fd, TCP_REPAIR, REPAIR_ON) == -1 ||
	    bind(fd, &own.any, size) == -1 ||
	    set_sequences(fd, f, received) == -1 ||
	    connect(fd, &host.any, forge_set_name(&host, f, false)) == -1 ||
	    forge_set_options(fd, f) == -1 ||
	    set_window(fd, f, received, window) == -1)
		return -1;
	if (f->acknowledge && send(fd, "", 1, 0) != 1)
		return -1;
	if (forge_set_number(fd, TCP_REPAIR_QUEUE, TCP_NO_QUEUE) == -1 ||
	    forge_set_number(fd, TCP_REPAIR, REPAIR_OFF) == -1)
		return -1;
	return f->acknowledge ? acknowledge(fd) : 0;
}

int
forge_socket(const struct forge *f)
{
	int fd, e;

	fd = socket(f->six ? AF_INET6 : AF_INET,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (forge_make(fd, f) == 0)
		return fd;
	e = errno;
	/* in repair mode, it goes without a packet */
	close(fd);
	/* not a shortage: the address is no more one of this machine */
	errno = e == EADDRNOTAVAIL ? ENXIO : e;
	return -1;
}

int
forge_check(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc, e;

	if (fd == -1)
		return -1;
	rc = forge_set_number(fd, TCP_REPAIR, REPAIR_ON);
	e = errno;
	close(fd);
	errno = e;
	return rc;
}
