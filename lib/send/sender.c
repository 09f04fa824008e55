/* SPDX-License-Identifier: Apache-2.0 */
/* Sending threads; see sender.h. */
#include "send/sender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/privilege.h"
#include "probe/module.h"

#define PAUSE_MIN   20000 /* ns between offers to a full device */
#define PAUSE_MAX   5000000
#define ROUTE_GRACE 30000000000u
#define OUTSTANDING 4 /* chunks whose frames are in the ring */

struct thread {
	struct sender *sender;
	unsigned number;
	pthread_t id;
	struct io *io;
	char *tried;
	struct probe_thread probe;
	unsigned char frame[IO_FRAME]; /* the template */

	/*
	 * Of the frames in the ring, and of the last that has left: the target
	 * in its chunk, doubled, plus 1 if this is the target's last packet.
	 */
	uint16_t *mark;
	struct outstanding {
		struct work_chunk *chunk;
		uint64_t first, end; /* frames, end: if all in */
		bool whole;
		unsigned excluded, failed, refused;
		unsigned last_failed; /* target; count if none */
	} out[OUTSTANDING];
	unsigned nout;

	/* One batch. */
	struct probe_target *target;
	uint16_t *len;
	uint32_t *outlet;
	uint8_t **slot;

	double saved;	   /* bits, by frames that are shorter */
	unsigned ethernet; /* the header's version in frame, and */
	unsigned stale;	   /* slots that may have another */

	/* Read by others. */
	_Atomic uint64_t targets, excluded, failed, refused;
	_Atomic uint64_t refusals[ROUTES_REFUSALS];
	_Atomic uint64_t packets, failures, waits, link_waits;
	atomic_uint running;
	char why[256];
	atomic_bool gave_up;
} __attribute__((aligned(64)));

struct sender {
	struct sender_config config;
	struct work *work;
	struct rate *rate;
	struct thread *threads;
	double (*price)(unsigned len); /* or NULL */
	double longest;		       /* price that the rate is based on */
	unsigned started;
	int event;
	atomic_bool stop;
	atomic_bool too_many;
	atomic_bool link_down;
	_Atomic uint64_t link_back; /* when it came up again; 0: never lost */
	atomic_uint ethernet;	    /* version of config.form.ethernet */
	pthread_mutex_t lock;
	pthread_cond_t go;
	bool going;
};

static inline void
add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

static inline bool
stopped(const struct sender *s)
{
	return atomic_load_explicit(&s->stop, memory_order_relaxed);
}

/* --- what has left --- */

/* Where the mark of a frame is, by its count. */
static inline uint16_t *
mark_of(const struct thread *t, uint64_t frame)
{
	return &t->mark[frame % (2 * t->io->slots)];
}

/* Closes the oldest outstanding chunk. */
static void
finish(struct thread *t)
{
	struct outstanding *o = &t->out[0];

	atomic_store_explicit(&o->chunk->done, o->chunk->count,
	    memory_order_relaxed);
	add(&t->targets,
	    o->chunk->count - o->excluded - o->refused - o->failed);
	add(&t->failed, o->failed);
	add(&t->refused, o->refused);
	add(&t->excluded, o->excluded);
	work_finish(t->sender->work, o->chunk);
	memmove(t->out, t->out + 1, --t->nout * sizeof *t->out);
}

/* How many targets of the chunk are done when this frame has left. */
static unsigned
done_by(uint16_t mark)
{
	return (mark >> 1) + (mark & 1);
}

/* Moves chunks on to where the way out has come. */
static void
account(struct thread *t)
{
	const struct io *io = t->io;
	struct outstanding *o = t->out;

	while (t->nout > 0 && o->whole && io->out >= o->end)
		finish(t);
	if (t->nout > 0 && io->out > o->first)
		atomic_store_explicit(&o->chunk->done,
		    done_by(*mark_of(t, io->out - 1)), memory_order_relaxed);
	atomic_store_explicit(&t->packets,
	    io->out - atomic_load_explicit(&t->failures, memory_order_relaxed),
	    memory_order_relaxed);
}

/* When stopped half way: what did go counts, the rest stays to be done. */
static void
abandon(struct thread *t)
{
	const struct outstanding *o;
	unsigned i, done, not_sent;

	account(t);
	for (i = 0; i < t->nout; i++) {
		o = &t->out[i];
		done = atomic_load(&o->chunk->done);
		not_sent = o->excluded + o->refused + o->failed;
		if (done > not_sent)
			add(&t->targets, done - not_sent);
		add(&t->failed, o->failed);
		add(&t->refused, o->refused);
		add(&t->excluded, o->excluded);
	}
}

/* --- trouble --- */

static void
give_up(struct thread *t, const char *what, int error)
{
	snprintf(t->why, sizeof t->why, "%s: %s", what, strerror(error));
	atomic_store(&t->gave_up, true);
	sender_stop(t->sender);
}

/* Gives up the frame that the way out is at.  false: the way out cannot. */
static bool
skip(struct thread *t)
{
	struct sender *s = t->sender;
	struct outstanding *o = t->out;
	unsigned target;

	account(t);
	target = *mark_of(t, t->io->out) >> 1;
	if (!io_skip(t->io))
		return false;
	if (target != o->last_failed) {
		o->failed++;
		o->last_failed = target;
	}
	add(&t->failures, 1);
	/* frames behind it may have moved to other slots */
	if (t->stale > 0)
		t->stale++;
	if (atomic_load(&t->failures) > s->config.max_failures) {
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
	add(&t->link_waits, 1);
	while (atomic_load(&s->link_down) && !stopped(s))
		pause_for(PAUSE_MAX, s);
	return !stopped(s);
}

/*
 * Offers the ring's frames again until the device has taken them all, or
 * there is room for new ones if `room` will do.  false: stopped.
 */
static bool
push(struct thread *t, int error, bool room)
{
	struct sender *s = t->sender;
	uint64_t pause = PAUSE_MIN, out = t->io->out;
	unsigned tries = 0;

	if (error != 0)
		add(&t->waits, 1);
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
		if (!wait_for_link(t) || stopped(s))
			return false;
		error = io_commit(t->io, 0, NULL) == -1 ? errno : 0;
		account(t);
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

/* --- one batch --- */

/* The next probe, or the next target. */
static bool
go_on(const struct thread *t, unsigned *at, unsigned *number)
{
	bool last = ++*number == t->sender->config.form.config.probes;

	if (last) {
		*number = 0;
		++*at;
	}
	return last;
}

/* The way that a probe takes, and its source; why not, if there is none. */
static enum routes_refusal
find_way(const struct thread *t, unsigned source, struct probe_target *to,
    uint32_t *outlet)
{
	const struct sender_config *c = &t->sender->config;
	long way = routes_way4(c->routes, source, to->port, to->address);

	if (way == -1)
		return ROUTES_NO_ROUTE;
	*outlet = (uint32_t)way;
	if (c->outlets[way].source != 0)
		to->source = c->outlets[way].source;
	return c->outlets[way].refused;
}

static enum routes_refusal
find_way6(const struct thread *t, unsigned source, struct probe_target *to,
    uint32_t *outlet)
{
	const struct sender_config *c = &t->sender->config;
	struct address a = { .size = IP6_SIZE };
	long way;

	ip6_put(a.b, to->address6);
	way = routes_way(c->routes, source, to->port, &a);
	if (way == -1)
		return ROUTES_NO_ROUTE;
	*outlet = (uint32_t)way;
	to->source6 = c->outlets[way].source6;
	return c->outlets[way].refused;
}

static bool
left_out(const struct sender_config *c, const struct work_chunk *chunk,
    unsigned i)
{
	return c->form.config.family == 6 ?
	    optout_has6(c->exclude, chunk->address6[i]) :
	    optout_has(c->exclude, chunk->address[i]);
}

/* Target i of the chunk, and its way. */
static enum routes_refusal
aim(struct thread *t, const struct work_chunk *chunk, unsigned i,
    unsigned number, unsigned n)
{
	const struct sender_config *c = &t->sender->config;
	const bool six = c->form.config.family == 6;
	struct probe_target *to = &t->target[n];
	unsigned source = six ? form_target6(&c->form, chunk->address6[i],
				    chunk->port[i], number, to) :
				form_target(&c->form, chunk->address[i],
				    chunk->port[i], number, to);

	if (c->routes == NULL)
		return ROUTES_OPEN;
	if (c->by_route)
		source = 0;
	return six ? find_way6(t, source, to, &t->outlet[n]) :
		     find_way(t, source, to, &t->outlet[n]);
}

/*
 * A target that cannot be reached.  If its other probes can, it is one that
 * was not probed as asked.
 */
static void
refuse_target(struct thread *t, struct outstanding *o, unsigned *at,
    unsigned *number, enum routes_refusal why)
{
	if (*number == 0) {
		o->refused++;
		add(&t->refusals[why], 1);
		++*at;
		return;
	}
	if (o->last_failed != *at) {
		o->failed++;
		o->last_failed = *at;
	}
	go_on(t, at, number);
}

/*
 * Chooses the next targets of a chunk, at most n packets; *at is the target
 * and *number the probe to begin with.
 */
static unsigned
choose(struct thread *t, struct outstanding *o, unsigned *at, unsigned *number,
    unsigned n)
{
	const struct sender_config *c = &t->sender->config;
	const struct work_chunk *chunk = o->chunk;
	enum routes_refusal why;
	unsigned i = 0, target;

	if (c->exclude != NULL)
		optout_begin(c->exclude);
	while (i < n && *at < chunk->count) {
		if (c->exclude != NULL && *number == 0 &&
		    left_out(c, chunk, *at)) {
			o->excluded++;
			++*at;
			continue;
		}
		why = aim(t, chunk, *at, *number, i);
		if (why != ROUTES_OPEN) {
			refuse_target(t, o, at, number, why);
			continue;
		}
		target = *at;
		*mark_of(t, t->io->in + i) = target << 1 | go_on(t, at, number);
		i++;
	}
	if (c->exclude != NULL)
		optout_end(c->exclude);
	return i;
}

/* The gateway has moved: every slot that comes round gets the new header. */
static void
take_header(struct thread *t)
{
	struct sender *s = t->sender;

	pthread_mutex_lock(&s->lock);
	memcpy(t->frame, s->config.form.ethernet, IO_ETHERNET);
	t->ethernet = atomic_load(&s->ethernet);
	if (s->config.outlets != NULL &&
	    io_many_outlets(t->io, s->config.outlets,
		s->config.routes->nways) == -1)
		t->ethernet--; /* the next time, when there is memory */
	pthread_mutex_unlock(&s->lock);
	t->stale = t->io->slots;
}

static void
write_headers(struct thread *t, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		memcpy(t->slot[i], t->frame, IO_ETHERNET);
	t->stale -= n < t->stale ? n : t->stale;
}

/* Bits that were taken and not used are worth packets. */
static void
save_bits(struct thread *t, unsigned n)
{
	const struct sender *s = t->sender;
	unsigned i;

	for (i = 0; i < n; i++)
		t->saved += s->longest - s->price(t->len[i]);
	if (t->saved < s->longest)
		return;
	n = t->saved / s->longest;
	rate_return(s->rate, n);
	t->saved -= n * s->longest;
}

/* What a module has made nonsense of does not leave. */
static int
refuse_module(struct thread *t)
{
	snprintf(t->why, sizeof t->why, "%s", t->probe.reason);
	atomic_store(&t->gave_up, true);
	sender_stop(t->sender);
	errno = ECANCELED;
	return -1;
}

static int
make(struct thread *t, unsigned n)
{
	const struct form *f = &t->sender->config.form;
	size_t size;
	unsigned i;

	if (t->ethernet !=
	    atomic_load_explicit(&t->sender->ethernet, memory_order_relaxed))
		take_header(t);
	if (t->stale > 0)
		write_headers(t, n);
	form_finish(f, t->target, n);
	for (i = 0; i < n; i++) {
		size = module_make(f->probe, &t->probe,
		    t->slot[i] + IO_ETHERNET, &t->target[i]);
		if (size == 0)
			return refuse_module(t);
		t->len[i] = IO_ETHERNET + size;
	}
	if (t->sender->price != NULL)
		save_bits(t, n);
	t->io->outlet = t->outlet;
	return io_commit(t->io, n, t->len);
}

/* All packets of one chunk.  false: stopped. */
static bool
send_chunk(struct thread *t, struct work_chunk *chunk)
{
	struct sender *s = t->sender;
	struct outstanding *o;
	unsigned at = 0, number = 0, n, taken;

	while (t->nout == OUTSTANDING)
		if (!push(t, 0, true))
			return false;
	o = &t->out[t->nout++];
	*o = (struct outstanding){ .chunk = chunk,
		.first = t->io->in,
		.last_failed = UINT32_MAX };
	while (at < chunk->count) {
		n = (chunk->count - at) * s->config.form.config.probes - number;
		n = io_reserve(t->io, n < s->config.batch ? n : s->config.batch,
		    t->slot);
		if (n == 0) {
			if (!push(t, 0, true))
				return false;
			o = &t->out[t->nout - 1];
			continue;
		}
		taken = rate_take(s->rate, n, &s->stop);
		if (taken == 0 || !wait_for_link(t))
			return false;
		n = choose(t, o, &at, &number, taken);
		if (n < taken)
			rate_return(s->rate, taken - n);
		if (n == 0)
			continue;
		if (make(t, n) == -1 && !push(t, errno, false))
			return false;
		account(t);
		o = &t->out[t->nout - 1];
	}
	o->end = t->io->in;
	o->whole = true;
	account(t);
	return true;
}

/* --- the thread --- */

/*
 * The core is chosen by the thread itself: for others, seccomp lets no call
 * through.
 */
static bool
begin(struct thread *t)
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

static void *
run(void *arg)
{
	struct thread *t = arg;
	struct sender *s = t->sender;
	struct work_chunk *c;
	uint64_t one = 1;

	if (begin(t))
		for (;;) {
			c = work_take(s->work);
			if (c == NULL || !send_chunk(t, c))
				break;
		}
	while (!stopped(s) && t->io->out < t->io->in)
		if (!push(t, 0, false))
			break;
	if (t->nout > 0)
		abandon(t);
	atomic_store(&t->running, 0);
	if (write(s->event, &one, sizeof one) == -1)
		return NULL;
	return NULL;
}

/* --- from outside --- */

/* The arrays of one batch, and the marks. */
static int
make_room(struct thread *t)
{
	const unsigned n = t->sender->config.batch;

	t->mark = calloc(2 * (size_t)t->io->slots, sizeof *t->mark);
	t->target = calloc(n, sizeof *t->target);
	t->len = calloc(n, sizeof *t->len);
	t->outlet = calloc(n, sizeof *t->outlet);
	t->slot = calloc(n, sizeof *t->slot);
	return t->mark == NULL || t->target == NULL || t->len == NULL ||
		t->outlet == NULL || t->slot == NULL ?
	    -1 :
	    0;
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
		parts[i].args.threads = c->threads;
	}
	if (c->many)
		return io_many_open(parts, c->nparts, first, what, &t->tried);
	parts[0].args.first = first;
	return io_open(parts[0].way, &parts[0].args, what, &t->tried);
}

static int
thread_open(struct thread *t, char *why, size_t size)
{
	struct sender_config *c = &t->sender->config;
	const char *what;

	t->io = open_ways(t, &what);
	if (t->io == NULL && errno == EPERM) {
		privilege_missing("send packets", "cap_net_raw,cap_net_admin",
		    why, size);
		return -1;
	}
	if (t->io == NULL) {
		snprintf(why, size, "%s: %s: %s%s%s", c->parts[0].way, what,
		    strerror(errno), t->tried != NULL ? "; " : "",
		    t->tried != NULL ? t->tried : "");
		return -1;
	}
	if (make_room(t) == -1) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	memcpy(t->frame, c->form.ethernet, IO_ETHERNET);
	t->probe.packet = t->frame + IO_ETHERNET;
	t->probe.thread = t->number;
	if (module_prepare(c->form.probe, &t->probe, &c->form.config, &what) ==
	    -1) {
		snprintf(why, size, "%s: %s", c->form.probe->name, what);
		return -1;
	}
	if (io_fill(t->io, t->frame, IO_ETHERNET + t->probe.size) == -1 ||
	    (c->many &&
		io_many_outlets(t->io, c->outlets, c->routes->nways) == -1)) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	return 0;
}

static void
thread_close(struct thread *t)
{
	const struct probe *p = t->sender->config.form.probe;

	if (p->done != NULL)
		p->done(&t->probe);
	io_close(t->io);
	free(t->tried);
	free(t->mark);
	free(t->target);
	free(t->len);
	free(t->outlet);
	free(t->slot);
}

struct sender *
sender_new(const struct sender_config *c, struct work *w, struct rate *r,
    char *why, size_t size)
{
	struct sender *s = calloc(1, sizeof *s);
	unsigned i;

	snprintf(why, size, "out of memory");
	if (s == NULL)
		return NULL;
	s->config = *c;
	s->work = w;
	s->rate = r;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->go, NULL);
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->event == -1)
		snprintf(why, size, "eventfd: %s", strerror(errno));
	s->threads = aligned_alloc(64, c->threads * sizeof *s->threads);
	if (s->threads == NULL || s->event == -1) {
		free(s->threads);
		free(s);
		return NULL;
	}
	memset(s->threads, 0, c->threads * sizeof *s->threads);
	for (i = 0; i < c->threads; i++) {
		s->threads[i].sender = s;
		s->threads[i].number = i;
	}
	for (i = 0; i < c->threads; i++)
		if (thread_open(&s->threads[i], why, size) == -1) {
			sender_free(s);
			return NULL;
		}
	why[0] = '\0';
	return s;
}

void
sender_free(struct sender *s)
{
	unsigned i;

	for (i = s->config.threads; i-- > 0;)
		thread_close(&s->threads[i]);
	free(s->threads);
	close(s->event);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->go);
	free(s);
}

unsigned
sender_threads(const struct sender *s)
{
	return s->config.threads;
}

struct io *
sender_way(const struct sender *s, unsigned thread)
{
	return s->threads[thread].io;
}

const char *
sender_tried(const struct sender *s, unsigned thread)
{
	return s->threads[thread].tried;
}

void
sender_set_price(struct sender *s, double (*price)(unsigned len))
{
	s->price = price;
	s->longest = price(sender_frame_size(s));
}

unsigned
sender_frame_size(const struct sender *s)
{
	return IO_ETHERNET + s->threads[0].probe.size;
}

int
sender_start(struct sender *s)
{
	struct thread *t;
	int error;

	for (; s->started < s->config.threads; s->started++) {
		t = &s->threads[s->started];
		atomic_store(&t->running, 1);
		error = pthread_create(&t->id, NULL, run, t);
		if (error != 0) {
			atomic_store(&t->running, 0);
			return error;
		}
	}
	return 0;
}

void
sender_go(struct sender *s)
{
	rate_restart(s->rate, clock_ns());
	pthread_mutex_lock(&s->lock);
	s->going = true;
	pthread_cond_broadcast(&s->go);
	pthread_mutex_unlock(&s->lock);
}

void
sender_set_link(struct sender *s, bool up)
{
	if (up && atomic_load(&s->link_down))
		atomic_store(&s->link_back, clock_ns());
	atomic_store(&s->link_down, !up);
}

void
sender_set_mtu(struct sender *s, unsigned part, unsigned mtu)
{
	unsigned i;

	for (i = 0; i < s->config.threads; i++)
		atomic_store(&io_many_part(s->threads[i].io, part)->mtu, mtu);
}

void
sender_set_headers(struct sender *s, const uint8_t ethernet[IO_ETHERNET],
    const struct io_outlet *outlets)
{
	pthread_mutex_lock(&s->lock);
	memcpy(s->config.form.ethernet, ethernet, IO_ETHERNET);
	s->config.outlets = s->config.outlets != NULL ? outlets : NULL;
	atomic_fetch_add(&s->ethernet, 1);
	pthread_mutex_unlock(&s->lock);
}

void
sender_stop(struct sender *s)
{
	atomic_store(&s->stop, true);
	work_stop(s->work);
	sender_go(s);
}

void
sender_join(struct sender *s)
{
	unsigned i;

	for (i = 0; i < s->started; i++)
		pthread_join(s->threads[i].id, NULL);
	s->started = 0;
}

unsigned
sender_running(const struct sender *s)
{
	unsigned i, n = 0;

	for (i = 0; i < s->config.threads; i++)
		n += atomic_load(&s->threads[i].running);
	return n;
}

int
sender_event(const struct sender *s)
{
	return s->event;
}

void
sender_counts(const struct sender *s, struct sender_counts *c)
{
	const struct thread *t;
	unsigned i, k;

	memset(c, 0, sizeof *c);
	for (i = 0; i < s->config.threads; i++) {
		t = &s->threads[i];
		c->targets += atomic_load(&t->targets);
		c->excluded += atomic_load(&t->excluded);
		c->refused += atomic_load(&t->refused);
		for (k = 0; k < ROUTES_REFUSALS; k++)
			c->refusals[k] += atomic_load(&t->refusals[k]);
		c->failed += atomic_load(&t->failed);
		c->packets += atomic_load(&t->packets);
		c->failures += atomic_load(&t->failures);
		c->waits += atomic_load(&t->waits);
		c->link_waits += atomic_load(&t->link_waits);
	}
}

const char *
sender_failure(const struct sender *s)
{
	unsigned i;

	for (i = 0; i < s->config.threads; i++)
		if (atomic_load(&s->threads[i].gave_up))
			return s->threads[i].why;
	return NULL;
}

bool
sender_too_many_failures(const struct sender *s)
{
	return atomic_load(&s->too_many);
}
