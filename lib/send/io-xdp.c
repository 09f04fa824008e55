/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-xdp: frames by AF_XDP (Documentation/networking/af_xdp.rst of the
 * kernel), transmit only: no BPF program is loaded, and packets that come in
 * are none of our business.  Where the driver can, it reads the frames where
 * they are (zero-copy); elsewhere the kernel copies them, which still costs
 * less than any other way.
 *
 * A frame's slot goes into the transmit ring, a system call makes the kernel
 * look at it, and the slot comes back in the completion ring when the frame
 * has left.  Completions may come in any order; io->out counts in ours.
 *
 * Threads beyond the device's queues share the memory and the queue of the
 * first one; then the thread that looks at the completion ring does it for all.
 *
 * One completion lies: in copy mode, where the device refuses a frame (its
 * link is down), sendto(2) fails with EBUSY, and the frame is completed
 * without having been sent.  It is the last one that the kernel took from the
 * transmit ring, and goes into it again.
 *
 * The kernel does not compare a frame with the device's MTU.  So that is done
 * here, where the MTU has become smaller: a frame that is longer waits, and so
 * do those behind it, until there is room for it or it is given up.
 */
#include <errno.h>
#include <linux/if_xdp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xdp/libxdp.h>
#include <xdp/xsk.h>

#include "send/io.h"

#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

enum {
	SLOTS = 1024, /* of each thread; a power of two */
	SLOT = 2048,
	FILL = 64, /* the ring for receiving, which stays empty */
	SEND_BUFFER = 4 << 20,
	BUSY_TRIES = 50, /* 10 ms apart */
};

/* Memory and queue, of one thread or several. */
struct queue {
	uint8_t *slots;
	size_t size;
	unsigned threads; /* that there is room for */
	unsigned users;	  /* threads that there are */
	struct xsk_umem *umem;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completed;
	unsigned ring;		       /* its size */
	pthread_mutex_t lock;	       /* of completed */
	_Atomic uint32_t *completions; /* of each slot */
};

struct xdp {
	struct queue *queue;
	struct xsk_socket *socket;
	struct xsk_ring_prod tx;
	int fd;
	bool zero_copy;
	unsigned first;		/* our part of the slots begins there */
	uint32_t needed[SLOTS]; /* completions until a frame has left */
	uint16_t len[SLOTS];
	uint64_t held;	/* frames from this one on are not in the ring */
	uint32_t taken; /* transmit ring: what the kernel has taken */
	uint32_t given; /* ... and what we have put in */
};

static int
be_silent(enum libxdp_print_level level, const char *format, va_list ap)
{
	(void)level;
	(void)format;
	(void)ap;
	return 0;
}

static void
queue_free(struct queue *q)
{
	if (q == NULL || --q->users > 0)
		return;
	if (q->umem != NULL)
		xsk_umem__delete(q->umem);
	if (q->slots != MAP_FAILED)
		munmap(q->slots, q->size);
	pthread_mutex_destroy(&q->lock);
	free(q->completions);
	free(q);
}

static struct queue *
queue_new(unsigned threads)
{
	struct xsk_umem_config config = {
		.fill_size = FILL,
		.comp_size = SLOTS,
		.frame_size = SLOT,
	};
	struct queue *q = calloc(1, sizeof *q);

	if (q == NULL)
		return NULL;
	q->users = 1;
	q->threads = threads;
	q->size = (size_t)threads * SLOTS * SLOT;
	pthread_mutex_init(&q->lock, NULL);
	while (config.comp_size < threads * SLOTS)
		config.comp_size *= 2;
	q->ring = config.comp_size;
	q->completions = calloc((size_t)threads * SLOTS,
	    sizeof *q->completions);
	q->slots = mmap(NULL, q->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (q->slots == MAP_FAILED || q->completions == NULL) {
		queue_free(q);
		errno = ENOMEM;
		return NULL;
	}
	errno = -xsk_umem__create(&q->umem, q->slots, q->size, &q->fill,
	    &q->completed, &config);
	if (errno == 0)
		return q;
	config.fill_size = (unsigned)errno;
	queue_free(q);
	errno = (int)config.fill_size;
	return NULL;
}

static int
make_socket(struct xdp *x, const struct io_args *args, unsigned queue,
    uint16_t bind_flags)
{
	const struct xsk_socket_config config = {
		.tx_size = SLOTS,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = bind_flags | XDP_USE_NEED_WAKEUP,
	};

	errno = -xsk_socket__create(&x->socket, args->name, queue,
	    x->queue->umem, NULL, &x->tx, &config);
	return errno == 0 ? 0 : -1;
}

static int
kick(const struct xdp *x)
{
	return sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) == -1 ? -1 : 0;
}

static bool
is_zero_copy(const struct xdp *x)
{
	struct xdp_options options = { 0 };
	socklen_t size = sizeof options;

	return getsockopt(xsk_socket__fd(x->socket), SOL_XDP, XDP_OPTIONS,
		   &options, &size) == 0 &&
	    options.flags & XDP_OPTIONS_ZEROCOPY;
}

static void
xdp_close(struct io *io)
{
	struct xdp *x = io->state;

	if (x->socket != NULL)
		xsk_socket__delete(x->socket);
	queue_free(x->queue);
	free(x);
}

/*
 * A queue that was in use a moment ago, by the scan before, is let go by the
 * kernel a little after that program's end.
 */
static int
make_socket_soon(struct xdp *x, const struct io_args *args, uint16_t bind_flags)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	int tries;

	for (tries = 0; make_socket(x, args, args->queue, bind_flags) == -1;
	     tries++) {
		if (errno != EBUSY || tries == BUSY_TRIES)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Memory of our own and a queue of our own; room for all if we are first. */
static int
own_queue(struct xdp *x, const struct io_args *args, uint16_t bind_flags,
    const char **why)
{
	unsigned threads = args->queue == 0 && args->threads > 1 ?
	    args->threads :
	    1;

	*why = "cannot set up memory for AF_XDP";
	x->queue = queue_new(threads);
	if (x->queue == NULL)
		return -1;
	*why = "cannot bind to this queue of the device";
	return make_socket_soon(x, args, bind_flags);
}

/* The queue of the first thread, and our part of its memory. */
static int
shared_queue(struct xdp *x, const struct io_args *args, const char **why)
{
	const struct xdp *first = args->first->state;

	*why = "cannot share the queue of the first thread";
	if (first->queue->users == first->queue->threads) {
		errno = ENOSPC;
		return -1;
	}
	x->queue = first->queue;
	x->first = x->queue->users++ * SLOTS;
	x->zero_copy = first->zero_copy;
	return make_socket(x, args, args->first->queue, 0);
}

static int
open_mode(struct io *io, const struct io_args *args, uint16_t bind_flags,
    bool shared)
{
	int size = SEND_BUFFER, budget = SLOTS, saved, i;
	struct xdp *x = calloc(1, sizeof *x);

	io->why = "no memory";
	if (x == NULL)
		return -1;
	io->state = x;
	io->slots = SLOTS;
	for (i = 0; i < SLOTS; i++)
		x->needed[i] = 1;
	if ((shared ? shared_queue(x, args, &io->why) :
		      own_queue(x, args, bind_flags, &io->why)) == -1) {
		saved = errno;
		xdp_close(io);
		errno = saved;
		return -1;
	}
	x->fd = xsk_socket__fd(x->socket);
	setsockopt(x->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(x->fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget,
	    sizeof budget);
	io->queue = shared ? args->first->queue : args->queue;
	io->own = true;
	return 0;
}

/*
 * Some drivers bind for zero-copy and then send nothing until a BPF program
 * is loaded; they say so (ENXIO) when asked to send.
 */
static int
xdp_open(struct io *io, const struct io_args *args)
{
	struct xdp *x;

	libxdp_set_print(be_silent);
	if (open_mode(io, args, 0, false) == -1 &&
	    open_mode(io, args, XDP_COPY, false) == -1) {
		if (args->first == NULL || args->first->way != &io_xdp ||
		    open_mode(io, args, 0, true) == -1)
			return -1;
		io->note = "on the first thread's queue";
		io->own = false;
		return 0;
	}
	x = io->state;
	x->zero_copy = is_zero_copy(x);
	if (x->zero_copy && kick(x) == -1 && errno == ENXIO) {
		xdp_close(io);
		return open_mode(io, args, XDP_COPY, false);
	}
	io->note = x->zero_copy ? "zero-copy" : "copy mode";
	return 0;
}

/* Takes completions, whosever they are. */
static void
drain(struct queue *q)
{
	_Atomic uint32_t *count;
	uint32_t at, n, i;
	uint64_t address;

	if (q->users > 1 && pthread_mutex_trylock(&q->lock) != 0)
		return;
	n = xsk_ring_cons__peek(&q->completed, q->ring, &at);
	for (i = 0; i < n; i++) {
		address = *xsk_ring_cons__comp_addr(&q->completed, at + i);
		count = &q->completions[address / SLOT];
		if (q->users > 1)
			atomic_fetch_add_explicit(count, 1,
			    memory_order_release);
		else /* no other thread counts */
			atomic_store_explicit(count,
			    atomic_load_explicit(count, memory_order_relaxed) +
				1,
			    memory_order_relaxed);
	}
	if (n > 0)
		xsk_ring_cons__release(&q->completed, n);
	if (q->users > 1)
		pthread_mutex_unlock(&q->lock);
}

/* Counts what has left, in order. */
static void
xdp_look(struct io *io)
{
	struct xdp *x = io->state;
	_Atomic uint32_t *completions = x->queue->completions + x->first;
	unsigned slot;

	drain(x->queue);
	while (io->out < x->held) {
		slot = (unsigned)(io->out % SLOTS);
		if (atomic_load_explicit(&completions[slot],
			memory_order_acquire) < x->needed[slot])
			break;
		atomic_store_explicit(&completions[slot], 0,
		    memory_order_relaxed);
		x->needed[slot] = 1;
		io->out++;
	}
}

/* What the kernel says it has taken; it may say so late. */
static bool
update_taken(struct xdp *x)
{
	uint32_t said = __atomic_load_n(x->tx.consumer, __ATOMIC_ACQUIRE);

	if ((int32_t)(said - x->taken) <= 0)
		return false;
	x->taken = said;
	return true;
}

/* The frame that the kernel took last was refused: send it again. */
static void
send_again(struct io *io)
{
	struct xdp *x = io->state;
	uint64_t address;
	uint32_t at, len;

	if (!update_taken(x))
		x->taken++;
	address = xsk_ring_prod__tx_desc(&x->tx, x->taken - 1)->addr;
	len = xsk_ring_prod__tx_desc(&x->tx, x->taken - 1)->len;
	x->needed[address / SLOT - x->first]++;
	if (xsk_ring_prod__reserve(&x->tx, 1, &at) != 1)
		return;
	*xsk_ring_prod__tx_desc(&x->tx, at) = (struct xdp_desc){
		.addr = address,
		.len = len,
	};
	xsk_ring_prod__submit(&x->tx, 1);
	x->given = at + 1;
}

/*
 * Where a frame lies.  The kernel wants slots of 2048 bytes; if all frames had
 * the same offset in them, they would share a few sets of the cache.
 */
static unsigned
xdp_place(unsigned slot)
{
	return slot * SLOT + slot % 4 * 64;
}

static unsigned
xdp_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	const struct xdp *x = io->state;
	uint8_t *slots = x->queue->slots + (size_t)x->first * SLOT;
	unsigned left, i;

	if (SLOTS - (io->in - io->out) < want)
		xdp_look(io);
	left = SLOTS - (unsigned)(io->in - io->out);
	if (want > left)
		want = left;
	for (i = 0; i < want; i++)
		frames[i] = slots + xdp_place((unsigned)(io->in + i) % SLOTS);
	return want;
}

/* How many of the frames that are held are not too long, up to the first. */
static unsigned
ready(const struct io *io)
{
	const struct xdp *x = io->state;
	unsigned mtu = atomic_load_explicit(&io->mtu, memory_order_relaxed);
	uint64_t i = x->held;

	if (mtu == 0)
		return (unsigned)(io->in - i);
	while (i < io->in && x->len[i % SLOTS] <= mtu + IO_ETHERNET)
		i++;
	return (unsigned)(i - x->held);
}

static void
xdp_give(struct io *io)
{
	struct xdp *x = io->state;
	unsigned n = ready(io), slot, i;
	uint32_t at;

	/* The ring is as large as all slots together. */
	if (n == 0 || xsk_ring_prod__reserve(&x->tx, n, &at) != n)
		return;
	for (i = 0; i < n; i++) {
		slot = (unsigned)((x->held + i) % SLOTS);
		*xsk_ring_prod__tx_desc(&x->tx, at + i) = (struct xdp_desc){
			.addr = x->first * SLOT + xdp_place(slot),
			.len = x->len[slot],
		};
	}
	xsk_ring_prod__submit(&x->tx, n);
	x->given = at + n;
	x->held += n;
}

/*
 * Each call takes a budget of frames and says EAGAIN if there are more; it
 * says the same where the device is full, but then takes none.
 */
static int
xdp_push(struct io *io)
{
	struct xdp *x = io->state;
	int rc = 0;

	if (x->zero_copy && !xsk_ring_prod__needs_wakeup(&x->tx))
		return 0;
	while (x->taken != x->given) {
		rc = kick(x);
		if (rc == -1 && errno == EBUSY && !x->zero_copy) {
			send_again(io);
			errno = EBUSY;
			break;
		}
		if (!update_taken(x) && rc == -1)
			break;
		if (x->zero_copy)
			break;
		rc = 0;
	}
	return rc;
}

static bool
is_held(const struct io *io)
{
	const struct xdp *x = io->state;

	return x->held < io->in && x->held == io->out;
}

static int
xdp_commit(struct io *io, unsigned n, const uint16_t *len)
{
	struct xdp *x = io->state;
	unsigned i;
	int rc, error;

	for (i = 0; i < n; i++)
		x->len[(io->in + i) % SLOTS] = len[i];
	io->in += n;
	xdp_give(io);
	rc = xdp_push(io);
	error = errno;
	xdp_look(io);
	if (rc == 0 && is_held(io)) {
		rc = -1;
		error = EMSGSIZE;
	}
	errno = error;
	return rc;
}

static int
xdp_skip(struct io *io)
{
	struct xdp *x = io->state;

	if (!is_held(io))
		return -1;
	x->held++;
	io->out++;
	return 0;
}

const struct io_way io_xdp = {
	.name = "xdp",
	.help = "AF_XDP, zero-copy where the driver has it; skips queueing",
	.ethernet = true,
	.network = true,
	.open = xdp_open,
	.reserve = xdp_reserve,
	.commit = xdp_commit,
	.skip = xdp_skip,
	.close = xdp_close,
};
