/*
 * io-mmsg: frames by sendmmsg(2) on a packet socket. The plain way: it works
 * on every device that has Ethernet frames. Like the others it skips the
 * device's queueing discipline, which drops frames without a word while the
 * link is down.
 */
#include "io.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SLOTS = 1024, /* a power of two */
	SLOT = 2048,
	SEND_BUFFER = 4 << 20,
};

struct mmsg {
	int fd;
	uint8_t *slots;
	struct iovec iov[SLOTS];
	struct mmsghdr msg[SLOTS];
};

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
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (bind(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void
mmsg_close(struct io *io)
{
	struct mmsg *m = io->state;

	if (m->fd >= 0)
		close(m->fd);
	free(m->slots);
	free(m);
}

static int
mmsg_open(struct io *io, const struct io_args *args)
{
	struct mmsg *m = calloc(1, sizeof *m);
	int i, saved;

	io->why = "no memory";
	if (!m)
		return -1;
	io->state = m;
	io->slots = SLOTS;
	m->fd = -1;
	m->slots = calloc(SLOTS, SLOT);
	if (!m->slots)
		goto fail;
	for (i = 0; i < SLOTS; i++) {
		m->iov[i].iov_base = m->slots + (size_t)i * SLOT;
		m->msg[i].msg_hdr.msg_iov = &m->iov[i];
		m->msg[i].msg_hdr.msg_iovlen = 1;
	}
	io->why = "cannot open a packet socket";
	m->fd = open_socket(args);
	if (m->fd < 0)
		goto fail;
	return 0;
fail:
	saved = errno;
	mmsg_close(io);
	errno = saved;
	return -1;
}

static unsigned
mmsg_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	struct mmsg *m = io->state;
	unsigned left = SLOTS - (unsigned)(io->in - io->out);
	unsigned n = want < left ? want : left, i;

	for (i = 0; i < n; i++)
		frames[i] = m->iov[(io->in + i) % SLOTS].iov_base;
	return n;
}

/*
 * A short count comes with no errno; the next call names the error. The
 * messages up to the end of the array go first, those at its start next.
 */
static int
mmsg_commit(struct io *io, unsigned n, const uint16_t *len)
{
	struct mmsg *m = io->state;
	unsigned i, first, count;
	int sent;

	for (i = 0; i < n; i++)
		m->iov[(io->in + i) % SLOTS].iov_len = len[i];
	io->in += n;
	while (io->out < io->in) {
		first = (unsigned)(io->out % SLOTS);
		count = (unsigned)(io->in - io->out);
		if (count > SLOTS - first)
			count = SLOTS - first;
		sent = sendmmsg(m->fd, m->msg + first, count, MSG_DONTWAIT);
		if (sent < 0)
			return -1;
		io->out += (unsigned)sent;
	}
	return 0;
}

static int
mmsg_skip(struct io *io)
{
	if (io->out == io->in)
		return -1;
	io->out++;
	return 0;
}

const struct io_way io_mmsg = {
    .name = "mmsg",
    .help = "sendmmsg on a packet socket; skips queueing",
    .ethernet = true,
    .network = true,
    .open = mmsg_open,
    .reserve = mmsg_reserve,
    .commit = mmsg_commit,
    .skip = mmsg_skip,
    .close = mmsg_close,
};
