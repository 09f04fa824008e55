/* SPDX-License-Identifier: Apache-2.0 */
/* A sending thread; see thread.h. */
#include "send/thread.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/privilege.h"
#include "send/aim.h"

#define PAUSE_MIN   20000 /* ns between offers to a full device */
#define PAUSE_MAX   5000000
#define ROUTE_GRACE 30000000000u

void
thread_give_up(struct thread *t, const char *why)
{
	snprintf(t->why, sizeof t->why, "%s", why);
	atomic_store(&t->gave_up, true);
	sender_stop(t->sender);
}

static void
give_up(struct thread *t, const char *what, int error)
{
	char why[sizeof t->why];

	snprintf(why, sizeof why, "%s: %s", what, strerror(error));
	thread_give_up(t, why);
}

static void
settle(struct thread *t)
{
	ledger_settle(&t->ledger, t->io->out, t->sender->work);
}

/* Gives up the frame that the way out is at.  false: the way out cannot. */
static bool
skip(struct thread *t)
{
	struct sender *s = t->sender;
	struct ledger *l = &t->ledger;
	uint64_t frame;

	settle(t);
	frame = t->io->out;
	if (!io_skip(t->io))
		return false;
	ledger_lose(l, frame);
	frames_moved(&t->frames);
	if (atomic_load(&l->failures) > s->config.max_failures) {
		atomic_store(&s->too_many, true);
		sender_stop(s);
	}
	return true;
}

static void
pause_for(uint64_t ns, const struct sender *s)
{
	rate_wait(clock_ns() + ns, &s->stop);
}

/* Routes come back some time after the link that they were lost with. */
static bool
route_may_return(const struct sender *s, int error)
{
	uint64_t back = atomic_load(&s->link_back);

	if (error != ENETUNREACH && error != EHOSTUNREACH &&
	    error != EADDRNOTAVAIL && error != ENODEV)
		return false;
	return atomic_load(&s->link_down) ||
	    (back != 0 && clock_ns() - back < ROUTE_GRACE);
}

/* Waits while the link is down.  false: stopped. */
static bool
wait_for_link(struct thread *t)
{
	struct sender *s = t->sender;

	if (!atomic_load_explicit(&s->link_down, memory_order_relaxed))
		return true;
	ledger_add(&t->ledger.link_waits, 1);
	while (atomic_load(&s->link_down) && !thread_stopped(s))
		pause_for(PAUSE_MAX, s);
	return !thread_stopped(s);
}

/*
 * Offers the ring's frames again until the device has taken them all, or
 * there is room for new ones if `room` will do.  false: stopped.
 */
static bool
thread_push(struct thread *t, int error, bool room)
{
	struct sender *s = t->sender;
	uint64_t pause = PAUSE_MIN, out = t->io->out;
	unsigned tries = 0;

	if (error != 0)
		ledger_add(&t->ledger.waits, 1);
	for (;;) {
		if (error != 0 && !io_passes(error) &&
		    !route_may_return(s, error) &&
		    tries++ >= s->config.retries) {
			if (!skip(t)) {
				give_up(t, t->io->way->name, error);
				return false;
			}
			tries = 0;
		} else
			pause_for(pause, s);
		if (!wait_for_link(t) || thread_stopped(s))
			return false;
		error = io_commit(t->io, 0, NULL) == -1 ? errno : 0;
		settle(t);
		if (t->io->out == t->io->in ||
		    (room && error == 0 &&
			t->io->in - t->io->out < t->io->slots / 2))
			break;
		if (t->io->out != out) {
			out = t->io->out;
			pause = PAUSE_MIN;
		} else if (pause < PAUSE_MAX)
			pause *= 2;
	}
	return true;
}

/* How many frames are to be made now, want at most; 0: stopped. */
static unsigned
take_from_rate(struct thread *t, unsigned want)
{
	struct sender *s = t->sender;

	if (t->io->room == 0)
		return rate_take(s->rate, want, &s->stop);
	return rate_launch(s->rate, want, t->io->room, &s->stop,
	    t->frames.when);
}

/*
 * The next batch of the last chunk, if there is room for one.  false: stopped.
 */
static bool
send_batch(struct thread *t)
{
	const struct ledger_chunk *o = ledger_last(&t->ledger);
	unsigned n, taken;

	n = (o->chunk->count - o->at) * (o->chunk->to - o->chunk->from) -
	    (o->number - o->chunk->from);
	n = io_reserve(t->io, n < t->batch ? n : t->batch, t->frames.slot);
	if (n == 0)
		return thread_push(t, 0, true);
	taken = take_from_rate(t, n);
	if (taken == 0 || !wait_for_link(t))
		return false;
	n = aim_choose(t, taken);
	if (n < taken)
		rate_return(t->sender->rate, taken - n);
	if (n == 0)
		return true;
	if (frames_make(t, n) == -1 && !thread_push(t, errno, false))
		return false;
	settle(t);
	return true;
}

/* All packets of one chunk.  false: stopped. */
static bool
send_chunk(struct thread *t, struct work_chunk *chunk)
{
	while (ledger_full(&t->ledger))
		if (!thread_push(t, 0, true))
			return false;
	ledger_begin(&t->ledger, chunk, t->io->in);
	while (ledger_last(&t->ledger)->at < chunk->count)
		if (!send_batch(t))
			return false;
	ledger_whole(&t->ledger, t->io->in);
	settle(t);
	return true;
}

/*
 * The core is chosen by the thread itself: for others, seccomp lets no call
 * through.
 */
static bool
thread_prepare(struct thread *t)
{
	const struct sender_config *c = &t->sender->config;
	struct sender *s = t->sender;
	cpu_set_t set;

	prctl(PR_SET_TIMERSLACK, 1);
	if (c->ncores > 0) {
		CPU_ZERO(&set);
		CPU_SET(c->cores[t->number % c->ncores], &set);
		if (sched_setaffinity(0, sizeof set, &set) == -1) {
			give_up(t, "--cores", errno);
			return false;
		}
	}
	pthread_mutex_lock(&s->lock);
	while (!s->going)
		pthread_cond_wait(&s->go, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return true;
}

/* Sends what is in the ring.  false: stopped. */
static bool
empty_ring(struct thread *t)
{
	while (!thread_stopped(t->sender) && t->io->out < t->io->in)
		if (!thread_push(t, 0, false))
			return false;
	settle(t);
	return !thread_stopped(t->sender);
}

/*
 * The next chunk.  Where more may be asked for, nothing waits in the ring while
 * there is none: what waits is not known to have left.
 */
static struct work_chunk *
next_chunk(struct thread *t)
{
	struct work *w = t->sender->work;
	bool asked = t->sender->config.asked;
	struct work_chunk *c = asked ? work_take_now(w) : NULL;

	if (c != NULL || (asked && !empty_ring(t)))
		return c;
	return work_take(w);
}

void *
thread_run(void *arg)
{
	struct thread *t = arg;
	struct sender *s = t->sender;
	struct work_chunk *c;
	uint64_t one = 1;

	if (thread_prepare(t))
		for (;;) {
			c = next_chunk(t);
			if (c == NULL || !send_chunk(t, c))
				break;
		}
	empty_ring(t);
	ledger_abandon(&t->ledger);
	atomic_store(&t->running, 0);
	if (write(s->event, &one, sizeof one) == -1)
		return NULL;
	return NULL;
}

/* One way out as it is; several behind another one. */
static struct io *
open_ways(struct thread *t, const char **what)
{
	const struct sender_config *c = &t->sender->config;
	struct io *first = t->number > 0 ? t->sender->threads[0].io : NULL;
	struct io_part parts[IO_PARTS_MAX];
	unsigned i;

	for (i = 0; i < c->nparts; i++) {
		parts[i] = c->parts[i];
		parts[i].args.queue = t->number;
		/* where threads may be fewer, none shares its queue */
		parts[i].args.threads = c->fewer ? 1 : c->threads;
	}
	if (c->many)
		return io_many_open(parts, c->nparts, first, what, &t->tried);
	parts[0].args.first = first;
	return io_open(parts[0].way, &parts[0].args, what, &t->tried);
}

/* errno and what: of the way that was asked for, or of the last one. */
static void
say_unopened(const struct thread *t, const char *what, char *why, size_t size)
{
	const char *name = t->sender->config.parts[0].way;
	const struct io_way *way = io_find(name);

	if ((errno == EPERM || errno == EACCES) && way != NULL && way->programs)
		snprintf(why, size, "%s: %s: %s; only root may", name, what,
		    strerror(errno));
	else if (errno == EPERM)
		privilege_missing("send packets", "cap_net_raw,cap_net_admin",
		    why, size);
	else
		snprintf(why, size, "%s: %s: %s%s%s", name, what,
		    strerror(errno), t->tried != NULL ? "; " : "",
		    t->tried != NULL ? t->tried : "");
}

int
thread_open(struct thread *t, char *why, size_t size)
{
	struct sender_config *c = &t->sender->config;
	const char *what;

	t->io = open_ways(t, &what);
	if (t->io == NULL) {
		say_unopened(t, what, why, size);
		return -1;
	}
	t->batch = c->batch_given || t->io->batch == 0 ? c->batch :
							 t->io->batch;
	if (ledger_init(&t->ledger, t->io->slots) == -1 ||
	    frames_init(&t->frames, t->batch) == -1) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	memcpy(t->frame, c->form.ethernet, IO_ETHERNET);
	t->probe.thread = t->number;
	if (form_prepare(&c->form, &t->probe, t->frame + IO_ETHERNET, &what) ==
	    -1) {
		snprintf(why, size, "%s: %s", c->form.probe->name, what);
		return -1;
	}
	if (io_fill(t->io, t->frame,
		IO_ETHERNET + form_longest(&c->form, &t->probe)) == -1 ||
	    (c->many &&
		io_many_outlets(t->io, c->outlets, c->routes->nways) == -1)) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	return 0;
}

void
thread_close(struct thread *t)
{
	const struct probe *p = t->sender->config.form.probe;

	if (p->done != NULL)
		p->done(&t->probe);
	io_close(t->io);
	free(t->tried);
	frames_free(&t->frames);
	ledger_free(&t->ledger);
}
