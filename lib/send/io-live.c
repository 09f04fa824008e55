/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-live: frames by a program that the kernel runs for each of them; see
 * live.h.  Costs a third of what AF_XDP does where that copies, but some 20 ms
 * to begin with, so "auto" takes it for large scans.
 *
 * A commit is a run of the program over all frames that wait.  What the device
 * has refused in it, because it is full or its link is down, waits on, before
 * what comes later; so frames leave in order but for those, and io->out counts
 * in ours.
 *
 * Few devices take frames that a program sends, and some do at some times only:
 * a veth while its far end has an XDP program, or GRO.  The kernel says so
 * beforehand.  Where "auto" has chosen this way, another one is open as well,
 * for a device that stops doing so; what waits then is copied into its slots.
 *
 * Frames past a device's MTU wait as they do in io-xdp.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "send/features.h"
#include "send/io.h"
#include "send/live.h"

_Static_assert((int)LIVE_SLOT >= (int)IO_ROOM, "slots hold what is made");

struct live_way {
	struct live live;
	uint16_t len[LIVE_SLOTS]; /* of each slot's frame */
	bool gone[LIVE_SLOTS];	  /* since its commit */
	/* Slots with frames that have not left, from the oldest. */
	uint16_t waiting[LIVE_SLOTS];
	unsigned nwaiting;
	bool held; /* the first of these is too long for the device */

	bool known;	  /* the device has said that it takes such frames */
	struct io *spare; /* another way to send, or NULL */
	bool spared;	  /* that way is taken now */
	unsigned given;	  /* how many of those that wait it has */
	uint64_t at[LIVE_SLOTS]; /* their numbers there */
};

/* Whether the device takes such frames, before the first is at stake. */
static int
check_device(struct io *io, const struct io_args *args, bool *known)
{
	uint64_t features;

	io->why = NULL;
	if (args->any && !args->hurry)
		return -1;
	if (features_xdp(args->ifindex, &features) == -1) {
		io->why =
		    "this kernel does not say whether the device takes frames from a program";
		/* the first frame will show */
		*known = false;
		return args->any ? -1 : 0;
	}
	*known = true;
	errno = ENOTSUP;
	io->why =
	    "the device takes no frames from a program (a veth does if its far end has XDP or GRO)";
	if (!(features & FEATURES_SEND))
		return -1;
	io->why = "AF_XDP is faster on this device";
	return args->any && features & FEATURES_ZERO_COPY ? -1 : 0;
}

static struct io *
open_spare(const struct io_args *args)
{
	struct io_args a = *args;
	const struct live_way *first;
	struct io *spare;
	const char *why;
	char *tried;

	if (a.first != NULL && a.first->way == &io_live) {
		first = a.first->state;
		a.first = first->spare;
	}
	spare = io_open(io_xdp.name, &a, &why, &tried);
	free(tried);
	return spare;
}

static int
way_open(struct io *io, const struct io_args *args)
{
	struct live_way *w;
	bool known;

	if (check_device(io, args, &known) == -1)
		return -1;
	w = calloc(1, sizeof *w);
	io->why = "no memory";
	if (w == NULL)
		return -1;
	if (live_open(&w->live, args->ifindex, &io->why) == -1) {
		free(w);
		return -1;
	}
	w->known = known;
	if (args->any)
		w->spare = open_spare(args);
	io->state = w;
	io->slots = LIVE_SLOTS;
	io->batch = LIVE_SLOTS;
	io->own = true; /* each processor has one, or the device locks it */
	return 0;
}

static void
way_close(struct io *io)
{
	struct live_way *w = io->state;

	io_close(w->spare);
	live_close(&w->live);
	free(w);
}

static unsigned
way_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	const struct live_way *w = io->state;
	unsigned left = LIVE_SLOTS - (unsigned)(io->in - io->out), i;

	if (want > left)
		want = left;
	for (i = 0; i < want; i++)
		frames[i] = w->live.ring->frames[(io->in + i) % LIVE_SLOTS];
	return want;
}

/* Puts those that wait into the run, up to one that is too long. */
static void
load_run(const struct io *io)
{
	const struct live_way *w = io->state;
	struct live_ring *r = w->live.ring;
	unsigned mtu = atomic_load_explicit(&io->mtu, memory_order_relaxed);
	unsigned i, slot;

	for (i = 0; i < w->nwaiting; i++) {
		slot = w->waiting[i];
		if (mtu != 0 && w->len[slot] > mtu + IO_ETHERNET)
			break;
		r->slot[i] = (uint16_t)slot;
		r->len[i] = w->len[slot];
	}
	r->count = i;
}

/*
 * Which frames of the run have left: events tell of those that were not lost
 * before, in their order.  How many have; -1: some are unaccounted for.
 */
static int
account(struct live_way *w)
{
	const struct live_ring *r = w->live.ring;
	const struct live_event *e = r->events;
	unsigned left = 0, seen = 0, i;

	for (i = 0; i < r->next; i++) {
		if (r->lost[i])
			continue;
		while (e < r->events + r->nevents &&
		    seen == (unsigned)e->sent + e->refused) {
			seen = 0;
			e++;
		}
		if (e == r->events + r->nevents)
			return -1;
		if (seen++ < e->sent) {
			w->gone[r->slot[i]] = true;
			left++;
		}
	}
	return (int)left;
}

/* What waits on, and how far all have left. */
static void
settle_waiting(struct io *io)
{
	struct live_way *w = io->state;
	unsigned n = 0, i;

	for (i = 0; i < w->nwaiting; i++)
		if (!w->gone[w->waiting[i]])
			w->waiting[n++] = w->waiting[i];
	w->nwaiting = n;
	io->out = io->in - n;
	if (n == 0)
		return;
	while (io->out % LIVE_SLOTS != w->waiting[0])
		io->out--;
}

/* Why not all have left. */
static int
reason(const struct live_ring *r)
{
	unsigned i;

	if (r->error != 0)
		return -r->error;
	for (i = 0; i < r->nevents; i++)
		if (r->events[i].refused > 0 && r->events[i].error != 0)
			return -r->events[i].error;
	return ENOBUFS;
}

/* 0, or an errno. */
static int
run_once(struct io *io)
{
	struct live_way *w = io->state;
	struct live_ring *r = w->live.ring;
	unsigned first = w->waiting[0];
	int error = 0, left;

	load_run(io);
	if (r->count == 0)
		return EMSGSIZE;
	if (live_run(&w->live, r->frames[first], w->len[first]) == -1)
		error = errno;
	left = account(w);
	settle_waiting(io);
	if (left == -1)
		return EPROTO;
	if (error == 0 && (unsigned)left < r->count)
		error = reason(r);
	return error == 0 && w->nwaiting > 0 ? EMSGSIZE : error;
}

/* --- the other way --- */

/* Gives it as many of those that wait as it has room for. */
static int
give_spare(struct io *io)
{
	struct live_way *w = io->state;
	struct io *to = w->spare;
	uint8_t *frames[LIVE_SLOTS];
	uint16_t len[LIVE_SLOTS];
	unsigned n, slot, i;

	n = io_reserve(to, w->nwaiting - w->given, frames);
	for (i = 0; i < n; i++) {
		slot = w->waiting[w->given + i];
		len[i] = w->len[slot];
		memcpy(frames[i], w->live.ring->frames[slot], len[i]);
		w->at[slot] = to->in + i;
	}
	w->given += n;
	return io_commit(to, n, len) == -1 ? errno : 0;
}

/* What has left by it. */
static void
take_spare(struct io *io)
{
	struct live_way *w = io->state;
	unsigned left = 0;

	while (left < w->given && w->at[w->waiting[left]] < w->spare->out)
		w->gone[w->waiting[left++]] = true;
	w->given -= left;
	settle_waiting(io);
}

static int
run_spare(struct io *io)
{
	struct live_way *w = io->state;
	int error;

	atomic_store(&w->spare->mtu, atomic_load(&io->mtu));
	error = give_spare(io);
	take_spare(io);
	return error;
}

/*
 * No program of ours will make the device take frames again.  ENXIO: the far
 * end of a veth is down, or, where the kernel has not said that it can, never
 * takes any.
 */
static bool
never_takes(const struct io *io, int error)
{
	const struct live_way *w = io->state;

	return error == EOPNOTSUPP ||
	    (error == ENXIO && !w->known && io->out == 0);
}

/* 0, or an errno. */
static int
send_waiting(struct io *io)
{
	struct live_way *w = io->state;
	int error;

	if (w->spared)
		return run_spare(io);
	error = run_once(io);
	if (never_takes(io, error) && w->spare != NULL) {
		w->spared = true;
		atomic_store(&io->news,
		    "the device takes no more frames from a program: going on by AF_XDP");
		return run_spare(io);
	}
	return error == ENXIO && !never_takes(io, error) ? ENETDOWN : error;
}

static int
way_commit(struct io *io, unsigned n, const uint16_t *len)
{
	struct live_way *w = io->state;
	unsigned i, slot;
	int error;

	for (i = 0; i < n; i++) {
		slot = (unsigned)((io->in + i) % LIVE_SLOTS);
		w->len[slot] = len[i];
		w->gone[slot] = false;
		w->waiting[w->nwaiting++] = (uint16_t)slot;
	}
	io->in += n;
	error = w->nwaiting > 0 || w->spared ? send_waiting(io) : 0;
	w->held = error == EMSGSIZE;
	errno = error;
	return error == 0 ? 0 : -1;
}

/* Only of a frame that is too long is it known that another may leave. */
static int
way_skip(struct io *io)
{
	struct live_way *w = io->state;

	if (w->spared) {
		if (!io_skip(w->spare))
			return -1;
		take_spare(io);
		return 0;
	}
	if (!w->held || w->nwaiting == 0)
		return -1;
	w->gone[w->waiting[0]] = true;
	w->held = false;
	settle_waiting(io);
	return 0;
}

const struct io_way io_live = {
	.name = "live",
	.help = "a program in the kernel, where the device takes its frames",
	.ethernet = true,
	.network = true,
	.programs = true,
	.open = way_open,
	.reserve = way_reserve,
	.commit = way_commit,
	.skip = way_skip,
	.close = way_close,
};
