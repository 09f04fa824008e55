/*
 * io-ip: IP packets by sendmmsg(2) on a raw IP socket. The kernel routes each
 * packet and finds its neighbour, so this is the way out for devices without
 * Ethernet frames (tun, WireGuard, PPP), for targets on our own link, and for
 * targets behind different gateways. Packets go through the device's queueing
 * discipline, so they obey its limits; while a link is down it drops them,
 * which for up to a second the kernel does not tell.
 */
#include "io.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SLOTS = 1024, /* a power of two */
	SLOT = 2048,
	DESTINATION = IO_ETHERNET + 16, /* where a frame has it */
	SEND_BUFFER = 4 << 20,
};

struct ip {
	int fd;
	uint8_t *slots;
	struct sockaddr_in to[SLOTS];
	struct iovec iov[SLOTS];
	struct mmsghdr msg[SLOTS];
};

static int
open_socket(const struct io_args *args, const char **why)
{
	int size = SEND_BUFFER, yes = 1, fd, saved;

	*why = "cannot open a raw IP socket";
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
	/* Else a packet that the queue drops (ENOBUFS) counts as sent. */
	setsockopt(fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
	*why = "cannot bind to the device";
	if (args->name &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, args->name,
		(socklen_t)strlen(args->name) + 1) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void
ip_close(struct io *io)
{
	struct ip *p = io->state;

	if (p->fd >= 0)
		close(p->fd);
	free(p->slots);
	free(p);
}

static int
ip_open(struct io *io, const struct io_args *args)
{
	struct ip *p = calloc(1, sizeof *p);
	int i, saved;

	io->why = "no memory";
	if (!p)
		return -1;
	io->state = p;
	io->slots = SLOTS;
	p->fd = -1;
	p->slots = calloc(SLOTS, SLOT);
	if (!p->slots)
		goto fail;
	for (i = 0; i < SLOTS; i++) {
		p->to[i].sin_family = AF_INET;
		p->iov[i].iov_base = p->slots + (size_t)i * SLOT + IO_ETHERNET;
		p->msg[i].msg_hdr.msg_iov = &p->iov[i];
		p->msg[i].msg_hdr.msg_iovlen = 1;
		p->msg[i].msg_hdr.msg_name = &p->to[i];
		p->msg[i].msg_hdr.msg_namelen = sizeof p->to[i];
	}
	p->fd = open_socket(args, &io->why);
	if (p->fd < 0)
		goto fail;
	return 0;
fail:
	saved = errno;
	ip_close(io);
	errno = saved;
	return -1;
}

static unsigned
ip_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	struct ip *p = io->state;
	unsigned left = SLOTS - (unsigned)(io->in - io->out);
	unsigned n = want < left ? want : left, i;

	for (i = 0; i < n; i++)
		frames[i] = p->slots + (io->in + i) % SLOTS * SLOT;
	return n;
}

static int
ip_commit(struct io *io, unsigned n, const uint16_t *len)
{
	struct ip *p = io->state;
	unsigned i, slot, first, count;
	int sent;

	for (i = 0; i < n; i++) {
		slot = (unsigned)((io->in + i) % SLOTS);
		p->iov[slot].iov_len = (size_t)len[i] - IO_ETHERNET;
		memcpy(&p->to[slot].sin_addr,
		    p->slots + (size_t)slot * SLOT + DESTINATION, 4);
	}
	io->in += n;
	while (io->out < io->in) {
		first = (unsigned)(io->out % SLOTS);
		count = (unsigned)(io->in - io->out);
		if (count > SLOTS - first)
			count = SLOTS - first;
		sent = sendmmsg(p->fd, p->msg + first, count, MSG_DONTWAIT);
		if (sent < 0)
			return -1;
		io->out += (unsigned)sent;
	}
	return 0;
}

static int
ip_skip(struct io *io)
{
	if (io->out == io->in)
		return -1;
	io->out++;
	return 0;
}

const struct io_way io_ip = {
    .name = "ip",
    .help = "sendmmsg on a raw IP socket; the kernel routes",
    .ethernet = false,
    .network = true,
    .open = ip_open,
    .reserve = ip_reserve,
    .commit = ip_commit,
    .skip = ip_skip,
    .close = ip_close,
};
