/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread: one of the threads behind sender.h.  It takes chunks of targets from
 * work.h, chooses (aim.h), makes frames (frames.h), offers them to its way out
 * until that takes them, and keeps the books (ledger.h).
 */
#ifndef THREAD_H
#define THREAD_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "send/frames.h"
#include "send/ledger.h"
#include "send/sender.h"

struct thread {
	struct sender *sender;
	unsigned number;
	pthread_t id;
	struct io *io;
	char *tried; /* ways that did not open and why, or NULL */
	struct probe_thread probe;
	unsigned char frame[IO_ROOM]; /* the template */
	unsigned batch;		      /* frames in a commit, at most */
	struct frames frames;
	struct ledger ledger;
	/* The place of the next guest, of work.h: so many packets from now. */
	bool guest_waits;
	uint64_t guest_in, dice;

	/* Read by others. */
	atomic_uint running;
	char why[256];
	atomic_bool gave_up;
} __attribute__((aligned(64)));

/* What the threads share. */
struct sender {
	struct sender_config config;
	struct work *work;
	struct rate *rate;
	struct thread *threads;
	double (*price)(unsigned len); /* or NULL */
	double longest;		       /* price that the rate is based on */
	unsigned started;
	int event;
	atomic_uint mark; /* see sender_set_mark */
	atomic_bool stop;
	atomic_bool too_many;
	atomic_bool link_down;
	_Atomic uint64_t link_back; /* when it came up again; 0: never lost */
	atomic_uint ethernet;	    /* version of config.form.ethernet */
	pthread_mutex_t lock;
	pthread_cond_t go;
	bool going;
};

/* 0, or -1 with the reason in why; thread_close in both cases. */
int thread_open(struct thread *, char *why, size_t size);
void thread_close(struct thread *);

/* For pthread_create: waits for sender_go, then works. */
void *thread_run(void *);

/* Keeps the reason and stops all threads. */
void thread_give_up(struct thread *, const char *why);

static inline bool
thread_stopped(const struct sender *s)
{
	return atomic_load_explicit(&s->stop, memory_order_relaxed);
}

#endif
