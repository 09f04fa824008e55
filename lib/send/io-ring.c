/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-ring: frames through a ring that is shared with the kernel, TPACKET_V2's
 * transmit ring (packet(7), and packet_mmap in the kernel's documentation).
 * They skip the device's queueing discipline.
 *
 * A slot belongs to the kernel from TP_STATUS_SEND_REQUEST until it sets
 * TP_STATUS_AVAILABLE again, which it does when the frame has left.  A frame
 * that the device refuses stays as it is, and goes first the next time.
 *
 * A frame that is wrong in itself, such as one that is longer than the MTU has
 * become, gets TP_STATUS_WRONG_FORMAT, and the kernel looks at its slot until
 * there is another one in it.  So what is given up makes room for the frames
 * behind it, each of which moves to the slot before its own.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "send/io.h"

enum {
	SLOTS = 2048, /* a power of two */
	/* 29 lines of cache: an odd number, so that slots share no few sets */
	SLOT = 1856,
	TOGETHER = 64, /* slots that are whole pages of 4096 */
	/* Where the kernel looks for a frame without PACKET_TX_HAS_OFF. */
	DATA = TPACKET2_HDRLEN - sizeof(struct sockaddr_ll),
	SEND_BUFFER = 4 << 20,
};

struct ring {
	int fd;
	uint8_t *slots;
	unsigned moved; /* slots that frames are before where they would be */
};

static struct tpacket2_hdr *
io_ring_header(const struct ring *r, uint64_t n)
{
	return (
	    struct tpacket2_hdr *)(r->slots + (n - r->moved) % SLOTS * SLOT);
}

/* Protocol 0: this socket never receives. */
static int
ring_set_up(struct ring *r, const struct io_args *args, const char **why)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)args->ifindex,
	};
	const unsigned page = (unsigned)sysconf(_SC_PAGESIZE);
	const unsigned block = TOGETHER * SLOT * (page / 4096);
	struct tpacket_req request = {
		.tp_block_size = block,
		.tp_block_nr = (unsigned)SLOTS * SLOT / block,
		.tp_frame_size = SLOT,
		.tp_frame_nr = SLOTS,
	};
	int version = TPACKET_V2, yes = 1, size = SEND_BUFFER;

	*why = "cannot open a packet socket";
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (r->fd == -1)
		return -1;
	*why = "cannot set up a transmit ring";
	if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version,
		sizeof version) == -1 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_TX_RING, &request,
		sizeof request) == -1)
		return -1;
	setsockopt(r->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
	setsockopt(r->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	r->slots = mmap(NULL, (size_t)SLOTS * SLOT, PROT_READ | PROT_WRITE,
	    MAP_SHARED, r->fd, 0);
	if (r->slots == MAP_FAILED)
		return -1;
	*why = "cannot bind to the device";
	return bind(r->fd, (struct sockaddr *)&to, sizeof to);
}

static void
ring_close(struct io *io)
{
	struct ring *r = io->state;

	if (r->slots != MAP_FAILED)
		munmap(r->slots, (size_t)SLOTS * SLOT);
	if (r->fd != -1)
		close(r->fd);
	free(r);
}

static int
ring_open(struct io *io, const struct io_args *args)
{
	struct ring *r = calloc(1, sizeof *r);
	int saved;

	io->why = "no memory";
	if (r == NULL)
		return -1;
	r->fd = -1;
	r->slots = MAP_FAILED;
	io->state = r;
	io->slots = SLOTS;
	if (ring_set_up(r, args, &io->why) == 0)
		return 0;
	saved = errno;
	ring_close(io);
	errno = saved;
	return -1;
}

static unsigned
status(const struct ring *r, uint64_t n)
{
	return __atomic_load_n(&io_ring_header(r, n)->tp_status,
	    __ATOMIC_ACQUIRE);
}

/* Counts what has left.  Frames that the kernel found wrong stay. */
static void
ring_look(struct io *io)
{
	const struct ring *r = io->state;

	while (io->out < io->in && status(r, io->out) == TP_STATUS_AVAILABLE)
		io->out++;
}

static unsigned
ring_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	const struct ring *r = io->state;
	unsigned left, i;

	if (SLOTS - (io->in - io->out) < want)
		ring_look(io);
	left = SLOTS - (unsigned)(io->in - io->out);
	if (want > left)
		want = left;
	for (i = 0; i < want; i++)
		frames[i] = (uint8_t *)io_ring_header(r, io->in + i) + DATA;
	return want;
}

static void
set_status(const struct ring *r, uint64_t n, unsigned value)
{
	__atomic_store_n(&io_ring_header(r, n)->tp_status, value,
	    __ATOMIC_RELEASE);
}

static bool
is_wrong(const struct io *io)
{
	return io->out < io->in &&
	    status(io->state, io->out) & TP_STATUS_WRONG_FORMAT;
}

/* An error is the oldest frame's as soon as those before it have left. */
static int
offer(struct io *io)
{
	const struct ring *r = io->state;
	int rc, error;

	ring_look(io);
	if (io->out == io->in)
		return 0;
	if (is_wrong(io))
		set_status(r, io->out, TP_STATUS_SEND_REQUEST);
	rc = send(r->fd, NULL, 0, MSG_DONTWAIT) == -1 ? -1 : 0;
	error = errno;
	ring_look(io);
	if (rc == -1 && io->out < io->in &&
	    status(r, io->out) & TP_STATUS_SENDING)
		error = EAGAIN;
	errno = error;
	return rc;
}

static int
ring_commit(struct io *io, unsigned n, const uint16_t *len)
{
	const struct ring *r = io->state;
	struct tpacket2_hdr *h;
	unsigned i;

	for (i = 0; i < n; i++) {
		h = io_ring_header(r, io->in + i);
		h->tp_len = len[i];
		h->tp_snaplen = len[i];
		set_status(r, io->in + i, TP_STATUS_SEND_REQUEST);
	}
	io->in += n;
	return offer(io);
}

static int
ring_skip(struct io *io)
{
	struct ring *r = io->state;
	uint64_t i;

	if (!is_wrong(io))
		return -1;
	for (i = io->out; i + 1 < io->in; i++) {
		memcpy(io_ring_header(r, i), io_ring_header(r, i + 1),
		    DATA + io_ring_header(r, i + 1)->tp_len);
		set_status(r, i, TP_STATUS_SEND_REQUEST);
	}
	set_status(r, io->in - 1, TP_STATUS_AVAILABLE);
	r->moved = (r->moved + 1) % SLOTS;
	io->out++;
	return 0;
}

const struct io_way io_ring = {
	.name = "ring",
	.help = "a transmit ring of a packet socket; skips queueing",
	.ethernet = true,
	.network = true,
	.open = ring_open,
	.reserve = ring_reserve,
	.commit = ring_commit,
	.skip = ring_skip,
	.close = ring_close,
};
