/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-messages: see io-messages.h.
 */
#include "send/io-messages.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/launch.h"

enum {
	SLOTS = 1024, /* a power of two */
	/* 29 lines of cache: an odd number, so that slots share no few sets */
	SLOT = 1856,
	/* where a frame has it */
	DESTINATION = IO_ETHERNET + 16,
	DESTINATION6 = IO_ETHERNET + 24,
};

/* A control message with the time of a packet. */
union launch_time {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(uint64_t))];
};

struct io_messages {
	int fd;
	unsigned skip;
	unsigned family; /* of the destinations; 0: there are none */
	uint8_t *slots;
	union {
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} to[SLOTS];
	struct iovec iov[SLOTS];
	struct mmsghdr msg[SLOTS];
	union launch_time *time; /* of each slot, or NULL */
};

static void
set_up(struct io_messages *m, unsigned i, unsigned ifindex)
{
	struct msghdr *h = &m->msg[i].msg_hdr;

	m->iov[i].iov_base = m->slots + (size_t)i * SLOT + m->skip;
	h->msg_iov = &m->iov[i];
	h->msg_iovlen = 1;
	if (m->family == 0)
		return;
	h->msg_name = &m->to[i];
	if (m->family == 6) {
		m->to[i].six.sin6_family = AF_INET6;
		m->to[i].six.sin6_scope_id = ifindex;
		h->msg_namelen = sizeof m->to[i].six;
		return;
	}
	m->to[i].four.sin_family = AF_INET;
	h->msg_namelen = sizeof m->to[i].four;
}

int
io_messages_open(struct io *io, int fd, unsigned skip, unsigned family,
    unsigned ifindex)
{
	struct io_messages *m = calloc(1, sizeof *m);
	unsigned i;

	if (m == NULL)
		return -1;
	m->slots = calloc(SLOTS, SLOT);
	if (m->slots == NULL) {
		free(m);
		return -1;
	}
	m->fd = fd;
	m->skip = skip;
	m->family = family;
	for (i = 0; i < SLOTS; i++)
		set_up(m, i, ifindex);
	io->state = m;
	io->slots = SLOTS;
	return 0;
}

void
io_messages_launch(struct io *io, unsigned room)
{
	struct io_messages *m = io->state;
	struct msghdr *h;
	unsigned i;

	m->time = calloc(SLOTS, sizeof *m->time);
	if (m->time == NULL)
		return;
	io->room = launch_enable(m->fd, room);
	if (io->room == 0) {
		free(m->time);
		m->time = NULL;
		return;
	}
	for (i = 0; i < SLOTS; i++) {
		m->time[i].head = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(uint64_t)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_TXTIME,
		};
		h = &m->msg[i].msg_hdr;
		h->msg_control = &m->time[i];
		h->msg_controllen = sizeof m->time[i];
	}
	io->note = "at times that fq keeps";
}

void
io_messages_close(struct io *io)
{
	struct io_messages *m = io->state;

	close(m->fd);
	free(m->time);
	free(m->slots);
	free(m);
}

unsigned
io_messages_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	struct io_messages *m = io->state;
	unsigned left = SLOTS - (unsigned)(io->in - io->out), i;

	if (want > left)
		want = left;
	for (i = 0; i < want; i++)
		frames[i] = m->slots + (io->in + i) % SLOTS * SLOT;
	return want;
}

/*
 * A short count comes with no errno; the next call names the error. The
 * messages up to the end of the array go first, those at its start next.
 */
static int
push(struct io *io)
{
	struct io_messages *m = io->state;
	unsigned first, count;
	int sent;

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

int
io_messages_commit(struct io *io, unsigned n, const uint16_t *len)
{
	struct io_messages *m = io->state;
	const uint8_t *frame;
	unsigned i, slot;

	for (i = 0; i < n; i++) {
		slot = (unsigned)((io->in + i) % SLOTS);
		m->iov[slot].iov_len = len[i] - m->skip;
		frame = m->slots + (size_t)slot * SLOT;
		if (m->family == 6)
			memcpy(&m->to[slot].six.sin6_addr, frame + DESTINATION6,
			    16);
		else if (m->family != 0)
			memcpy(&m->to[slot].four.sin_addr, frame + DESTINATION,
			    4);
		/* 0 is at once */
		if (m->time != NULL)
			memcpy(CMSG_DATA(&m->time[slot].head), &io->when[i],
			    sizeof io->when[i]);
	}
	io->in += n;
	return push(io);
}

int
io_messages_skip(struct io *io)
{
	if (io->out == io->in)
		return -1;
	io->out++;
	return 0;
}
