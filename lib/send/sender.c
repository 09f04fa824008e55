/* SPDX-License-Identifier: Apache-2.0 */
/* Sending threads from outside; see sender.h. */
#include "send/sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "send/thread.h"

static bool
is_own(const struct sender *s, unsigned thread, unsigned part)
{
	const struct io *first = io_many_part(s->threads[0].io, part);
	const struct io *io = io_many_part(s->threads[thread].io, part);

	return io->way == first->way && io->own;
}

bool
sender_shares(const struct sender *s, unsigned part)
{
	unsigned i;

	for (i = 1; i < s->config.threads; i++)
		if (!is_own(s, i, part))
			return true;
	return false;
}

/* Of the threads from 1 on, one that opened: is it of use? */
static bool
helps(const struct sender *s, unsigned thread)
{
	unsigned k;

	for (k = 0; k < s->config.nparts; k++)
		if (!is_own(s, thread, k))
			return false;
	return true;
}

/* All that were asked for, or the first of them.  -1 with the reason in why. */
static int
open_threads(struct sender *s, char *why, size_t size)
{
	struct sender_config *c = &s->config;
	unsigned i;
	int rc;

	for (i = 0; i < c->threads; i++) {
		rc = thread_open(&s->threads[i], why, size);
		if (i > 0 && c->fewer && (rc == -1 || !helps(s, i))) {
			thread_close(&s->threads[i]);
			c->threads = i;
			break;
		}
		if (rc == -1)
			return -1;
	}
	return 0;
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
	if (open_threads(s, why, size) == -1) {
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

bool
sender_programs(const struct sender *s)
{
	unsigned i, k;

	for (i = 0; i < s->config.threads; i++)
		for (k = 0; k < s->config.nparts; k++)
			if (io_many_part(s->threads[i].io, k)->way->programs)
				return true;
	return false;
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
	return IO_ETHERNET +
	    form_longest(&s->config.form, &s->threads[0].probe);
}

int
sender_start(struct sender *s)
{
	struct thread *t;

	for (; s->started < s->config.threads; s->started++) {
		t = &s->threads[s->started];
		atomic_store(&t->running, 1);
		errno = pthread_create(&t->id, NULL, thread_run, t);
		if (errno != 0) {
			atomic_store(&t->running, 0);
			return -1;
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
sender_set_mark(struct sender *s, unsigned mark)
{
	atomic_store(&s->mark, mark);
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
	unsigned i;

	memset(c, 0, sizeof *c);
	for (i = 0; i < s->config.threads; i++)
		ledger_sum(&s->threads[i].ledger, c);
}

const char *
sender_error(const struct sender *s)
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
