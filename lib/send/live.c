/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of live.h, in BPF's instructions (RFC 9669), put together here
 * so that no compiler for BPF is needed to build this.
 *
 * In all of them r7 is the ring; r1 to r5 are lost in a call.
 */
#include "send/live.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "send/code.h"
#include "send/io.h"

enum {
	BATCH = 64,   /* frames that the kernel makes at a time */
	WORDS = 16,   /* of 8 bytes, copied by instructions of their own */
	LOOPBACK = 1, /* its index, in any namespace */
	TRIES = 3,
	SLOW = 3000000, /* ns of an empty run, that waits for all processors */
};

/* Adds to a counter of the ring; r1 is its old value. */
static void
count_up(struct code *c, int offset, int32_t by)
{
	code_load(c, BPF_W, R1, R7, offset);
	code_copy(c, R2, R1);
	code_compute(c, BPF_ADD, R2, by);
	code_store(c, BPF_W, R7, offset, R2);
}

#define OF(member) ((int)offsetof(struct live_ring, member))

/* --- the program that makes frames; r6: the page's context --- */

/* to = element number `at` of an array of the ring, of 2 bytes each */
static void
element(struct code *c, unsigned to, int map, unsigned at, size_t array)
{
	code_copy(c, R2, at);
	code_compute(c, BPF_LSH, R2, 1);
	code_point(c, R3, map, array);
	code_combine(c, BPF_ADD, R3, R2);
	code_load(c, BPF_H, to, R3, 0);
}

/* Makes the page as long as the frame, r9. */
static void
fit(struct code *c)
{
	unsigned fits;

	code_load(c, BPF_W, R1, R6, offsetof(struct xdp_md, data));
	code_load(c, BPF_W, R2, R6, offsetof(struct xdp_md, data_end));
	code_combine(c, BPF_SUB, R1, R2);
	code_combine(c, BPF_ADD, R1, R9);
	fits = code_jump_value(c, BPF_JEQ, R1, 0);
	code_copy(c, R2, R1);
	code_copy(c, R1, R6);
	code_call(c, BPF_FUNC_xdp_adjust_tail);
	code_land(c, fits);
}

/* One load and store at r8 + at, if the page has that much left. */
static unsigned
copy_word(struct code *c, unsigned size, int bytes, int at)
{
	unsigned beyond;

	code_copy(c, R4, R1);
	code_compute(c, BPF_ADD, R4, at + bytes);
	beyond = code_jump(c, BPF_JGT, R4, R2);
	code_load(c, size, R5, R8, at);
	code_store(c, size, R1, at, R5);
	return beyond;
}

/* The same of what is left, and what is left then. */
static void
copy_rest(struct code *c, unsigned size, int bytes)
{
	unsigned beyond = copy_word(c, size, bytes, 0);

	code_compute(c, BPF_ADD, R1, bytes);
	code_compute(c, BPF_ADD, R3, bytes);
	code_compute(c, BPF_ADD, R8, bytes);
	code_compute(c, BPF_SUB, R9, bytes);
	code_land(c, beyond);
}

/*
 * Copies r9 bytes from r8 into the page; r3 counts them.  8 at a time, 4, 2,
 * and by a call what most frames do not have.
 */
static void
fill(struct code *c)
{
	unsigned rest[WORDS], done;
	int i;

	code_load(c, BPF_W, R1, R6, offsetof(struct xdp_md, data));
	code_load(c, BPF_W, R2, R6, offsetof(struct xdp_md, data_end));
	for (i = 0; i < WORDS; i++) {
		code_set(c, R3, 8 * i);
		rest[i] = copy_word(c, BPF_DW, 8, 8 * i);
	}
	code_set(c, R3, 8 * WORDS);
	for (i = 0; i < WORDS; i++)
		code_land(c, rest[i]);
	code_combine(c, BPF_ADD, R1, R3);
	code_combine(c, BPF_ADD, R8, R3);
	code_combine(c, BPF_SUB, R9, R3);
	copy_rest(c, BPF_W, 4);
	copy_rest(c, BPF_H, 2);
	done = code_jump_value(c, BPF_JSLE, R9, 0);
	code_copy(c, R1, R6);
	code_copy(c, R2, R3);
	code_copy(c, R3, R8);
	code_copy(c, R4, R9);
	code_call(c, BPF_FUNC_xdp_store_bytes);
	code_land(c, done);
}

static void
write_maker(struct code *c, int map, unsigned ifindex)
{
	unsigned end, shorter, longer;

	code_copy(c, R6, R1);
	code_point(c, R7, map, 0);
	code_load(c, BPF_W, R8, R7, OF(next));
	code_load(c, BPF_W, R2, R7, OF(count));
	end = code_jump(c, BPF_JGE, R8, R2);
	count_up(c, OF(next), 1);
	code_compute(c, BPF_AND, R8, LIVE_SLOTS - 1);
	element(c, R9, map, R8, offsetof(struct live_ring, len));
	element(c, R8, map, R8, offsetof(struct live_ring, slot));
	code_compute(c, BPF_AND, R8, LIVE_SLOTS - 1);
	code_compute(c, BPF_MUL, R8, LIVE_SLOT);
	code_point(c, R3, map, offsetof(struct live_ring, frames));
	code_combine(c, BPF_ADD, R3, R8);
	code_copy(c, R8, R3);
	shorter = code_jump_value(c, BPF_JLT, R9, IO_ETHERNET);
	longer = code_jump_value(c, BPF_JGT, R9, IO_FRAME);
	fit(c);
	fill(c);
	code_call(c, BPF_FUNC_get_smp_processor_id);
	code_store(c, BPF_W, R7, OF(cpu), R0);
	count_up(c, OF(pending), 1);
	code_set(c, R1, (int32_t)ifindex);
	code_set(c, R2, 0);
	code_call(c, BPF_FUNC_redirect);
	code_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	code_land(c, end);
	code_land(c, shorter);
	code_land(c, longer);
	code_leave(c, XDP_DROP);
}

/* --- those that listen --- */

/*
 * A trace point is passed by the frames of others as well.  Ours are under way
 * on this processor alone, with nothing else between them: a run lets no other
 * work of the network in until the device has been given all that is pending.
 * Jumps away, to where the caller lands, if this is not ours; r6: the arguments
 * of the trace point, r8: how many are pending.
 */
static unsigned
ours(struct code *c, int map)
{
	code_copy(c, R6, R1);
	code_point(c, R7, map, 0);
	code_call(c, BPF_FUNC_get_smp_processor_id);
	code_load(c, BPF_W, R1, R7, OF(cpu));
	code_load(c, BPF_W, R8, R7, OF(pending));
	return code_jump(c, BPF_JNE, R0, R1);
}

/* Argument number n, an int. */
static void
argument(struct code *c, unsigned to, int n)
{
	code_load(c, BPF_DW, to, R6, 8 * n);
	code_compute(c, BPF_LSH, to, 32);
	code_compute(c, BPF_ARSH, to, 32);
}

/* xdp_devmap_xmit(from_dev, to_dev, sent, drops, err) */
static void
write_taken(struct code *c, int map)
{
	unsigned others = ours(c, map), more, full;

	argument(c, R2, 2);
	argument(c, R3, 3);
	code_copy(c, R4, R2);
	code_combine(c, BPF_ADD, R4, R3);
	more = code_jump(c, BPF_JGT, R4, R8);
	code_combine(c, BPF_SUB, R8, R4);
	code_store(c, BPF_W, R7, OF(pending), R8);
	code_load(c, BPF_W, R1, R7, OF(nevents));
	full = code_jump_value(c, BPF_JGE, R1, LIVE_SLOTS);
	code_copy(c, R4, R1);
	code_compute(c, BPF_ADD, R4, 1);
	code_store(c, BPF_W, R7, OF(nevents), R4);
	code_compute(c, BPF_MUL, R1, sizeof(struct live_event));
	code_combine(c, BPF_ADD, R7, R1);
	argument(c, R4, 4);
	code_store(c, BPF_H, R7, OF(events[0].sent), R2);
	code_store(c, BPF_H, R7, OF(events[0].refused), R3);
	code_store(c, BPF_W, R7, OF(events[0].error), R4);
	code_land(c, others);
	code_land(c, more);
	code_land(c, full);
	code_leave(c, 0);
}

/* xdp_redirect_err(dev, xdp, tgt, err, ...), of the frame before `next` */
static void
write_refused(struct code *c, int map)
{
	unsigned others = ours(c, map);
	unsigned none = code_jump_value(c, BPF_JEQ, R8, 0);

	code_compute(c, BPF_SUB, R8, 1);
	code_store(c, BPF_W, R7, OF(pending), R8);
	argument(c, R2, 3);
	code_store(c, BPF_W, R7, OF(error), R2);
	code_load(c, BPF_W, R1, R7, OF(next));
	code_compute(c, BPF_SUB, R1, 1);
	code_compute(c, BPF_AND, R1, LIVE_SLOTS - 1);
	code_point(c, R3, map, offsetof(struct live_ring, lost));
	code_combine(c, BPF_ADD, R3, R1);
	code_set(c, R2, 1);
	code_store(c, BPF_B, R3, 0, R2);
	code_land(c, others);
	code_land(c, none);
	code_leave(c, 0);
}

/* --- loading --- */

/* What libbpf returns, as -1 and errno. */
static int
fd_of(int rc)
{
	if (rc < -1)
		errno = -rc;
	return rc < 0 ? -1 : rc;
}

static int
load_code(enum bpf_prog_type type, const struct code *c)
{
	/* for calls that only programs under this licence may make */
	return fd_of(
	    bpf_prog_load(type, "zmap_live", "Dual BSD/GPL", c->v, c->n, NULL));
}

static int
listen_at(const char *point_name, void (*write)(struct code *, int), int map)
{
	struct code c = { .n = 0 };
	int program, fd, saved;

	write(&c, map);
	program = load_code(BPF_PROG_TYPE_RAW_TRACEPOINT, &c);
	if (program == -1)
		return -1;
	fd = fd_of(bpf_raw_tracepoint_open(point_name, program));
	saved = errno;
	close(program);
	errno = saved;
	return fd;
}

static int
map_ring(struct live *l)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_MMAPABLE);
	int fd;

	fd = fd_of(bpf_map_create(BPF_MAP_TYPE_ARRAY, "zmap_live",
	    sizeof(uint32_t), sizeof *l->ring, 1, &o));
	if (fd == -1)
		return -1;
	l->ring = mmap(NULL, sizeof *l->ring, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	if (l->ring != MAP_FAILED)
		return fd;
	l->ring = NULL;
	close(fd);
	return -1;
}

static int
load_all(struct live *l, int map, unsigned ifindex, const char **why)
{
	struct code c = { .n = 0 };

	write_maker(&c, map, ifindex);
	*why = "cannot load a BPF program";
	l->program = load_code(BPF_PROG_TYPE_XDP, &c);
	if (l->program == -1)
		return -1;
	*why = "cannot see which frames the device refuses";
	l->taken = listen_at("xdp_devmap_xmit", write_taken, map);
	if (l->taken == -1)
		return -1;
	l->refused = listen_at("xdp_redirect_err", write_refused, map);
	return l->refused;
}

/* --- what makes runs quick --- */

/*
 * Before a run of a program that no device has, the kernel patches a branch for
 * it into its own code, on some machines, and back after it; each time it waits
 * for all processors, 30 ms in all.  So the program is attached for the whole
 * time: to the loopback device of a network namespace that has nothing else in
 * it and where no packet ever comes by.
 */
static void *
attach_elsewhere(void *arg)
{
	LIBBPF_OPTS(bpf_link_create_opts, o, .flags = XDP_FLAGS_SKB_MODE);
	struct live *l = arg;

	if (unshare(CLONE_NEWNET) == -1)
		return NULL;
	/* the namespace is there as long as this is */
	l->elsewhere = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->elsewhere != -1)
		l->held = fd_of(
		    bpf_link_create(l->program, LOOPBACK, BPF_XDP, &o));
	return NULL;
}

static void
hold(struct live *l)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, attach_elsewhere, l) == 0)
		pthread_join(thread, NULL);
}

/* How long a run takes that sends nothing, at the least; -1 with errno. */
static int64_t
time_run(struct live *l)
{
	const unsigned char nothing[IO_ETHERNET] = { 0 };
	int64_t least = INT64_MAX, ns;
	struct timespec from, to;
	int i;

	for (i = 0; i < TRIES && least > SLOW; i++) {
		l->ring->count = 0;
		clock_gettime(CLOCK_MONOTONIC, &from);
		if (live_run(l, nothing, sizeof nothing) == -1)
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &to);
		ns = (to.tv_sec - from.tv_sec) * INT64_C(1000000000) +
		    to.tv_nsec - from.tv_nsec;
		if (ns < least)
			least = ns;
	}
	return least;
}

static int
check_runs(struct live *l, const char **why)
{
	int64_t ns;

	hold(l);
	*why = "this kernel cannot send frames of a program";
	ns = time_run(l);
	if (ns == -1)
		return -1;
	if (ns <= SLOW)
		return 0;
	*why = l->held == -1 ?
	    "runs of the program are slow unless it is held in a network namespace of its own, which needs CAP_SYS_ADMIN" :
	    "runs of the program are slow here";
	errno = l->held == -1 ? EPERM : ETIME;
	return -1;
}

int
live_open(struct live *l, unsigned ifindex, const char **why)
{
	int map, saved;

	*l = (struct live){ .program = -1,
		.taken = -1,
		.refused = -1,
		.held = -1,
		.elsewhere = -1 };
	*why = "cannot share memory with a BPF program";
	map = map_ring(l);
	if (map == -1)
		return -1;
	if (load_all(l, map, ifindex, why) != -1 && check_runs(l, why) == 0) {
		close(map);
		return 0;
	}
	saved = errno;
	close(map);
	live_close(l);
	errno = saved;
	return -1;
}

static void
close_one(int fd)
{
	if (fd != -1)
		close(fd);
}

void
live_close(struct live *l)
{
	close_one(l->held);
	close_one(l->elsewhere);
	close_one(l->taken);
	close_one(l->refused);
	close_one(l->program);
	if (l->ring != NULL)
		munmap(l->ring, sizeof *l->ring);
}

int
live_run(struct live *l, const void *first, unsigned len)
{
	/* one more than there are: an empty run is one, too */
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = first, .data_size_in = len,
	    .repeat = l->ring->count > 0 ? (int)l->ring->count : 2,
	    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	struct live_ring *r = l->ring;

	r->next = 0;
	r->pending = 0;
	r->nevents = 0;
	r->error = 0;
	memset(r->lost, 0, r->count);
	return fd_of(bpf_prog_test_run_opts(l->program, &o)) == -1 ? -1 : 0;
}
