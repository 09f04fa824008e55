/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of one batch; see frames.h. */
#include "send/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "send/thread.h"

int
frames_init(struct frames *f, unsigned n)
{
	f->target = calloc(n, sizeof *f->target);
	f->len = calloc(n, sizeof *f->len);
	f->outlet = calloc(n, sizeof *f->outlet);
	f->slot = calloc(n, sizeof *f->slot);
	f->when = calloc(n, sizeof *f->when);
	return f->target == NULL || f->len == NULL || f->outlet == NULL ||
		f->slot == NULL || f->when == NULL ?
	    -1 :
	    0;
}

void
frames_free(struct frames *f)
{
	free(f->target);
	free(f->len);
	free(f->outlet);
	free(f->slot);
	free(f->when);
}

void
frames_moved(struct frames *f)
{
	if (f->stale > 0)
		f->stale++;
}

/* The gateway has moved: every slot that comes round gets the new header. */
static void
take_header(struct thread *t)
{
	struct frames *f = &t->frames;
	struct sender *s = t->sender;

	pthread_mutex_lock(&s->lock);
	memcpy(t->frame, s->config.form.ethernet, IO_ETHERNET);
	f->version = atomic_load(&s->ethernet);
	if (s->config.outlets != NULL &&
	    io_many_outlets(t->io, s->config.outlets,
		s->config.routes->nways) == -1)
		f->version--; /* the next time, when there is memory */
	pthread_mutex_unlock(&s->lock);
	f->stale = t->io->slots;
}

static void
write_headers(struct thread *t, unsigned n)
{
	struct frames *f = &t->frames;
	unsigned i;

	for (i = 0; i < n; i++)
		memcpy(f->slot[i], t->frame, IO_ETHERNET);
	f->stale -= n < f->stale ? n : f->stale;
}

/* Bits that were taken and not used are worth packets. */
static void
save_bits(struct thread *t, unsigned n)
{
	const struct sender *s = t->sender;
	struct frames *f = &t->frames;
	unsigned i;

	for (i = 0; i < n; i++)
		f->saved += s->longest - s->price(f->len[i]);
	if (f->saved < s->longest)
		return;
	n = f->saved / s->longest;
	rate_return(s->rate, n);
	f->saved -= n * s->longest;
}

int
frames_make(struct thread *t, unsigned n)
{
	const struct form *form = &t->sender->config.form;
	struct frames *f = &t->frames;
	size_t size;
	unsigned i;

	if (f->version !=
	    atomic_load_explicit(&t->sender->ethernet, memory_order_relaxed))
		take_header(t);
	if (f->stale > 0)
		write_headers(t, n);
	form_finish(form, f->target, n);
	for (i = 0; i < n; i++) {
		size = form_make(form, &t->probe, f->slot[i] + IO_ETHERNET,
		    &f->target[i]);
		if (size == 0) {
			thread_give_up(t, t->probe.reason);
			errno = ECANCELED;
			return -1;
		}
		f->len[i] = IO_ETHERNET + size;
	}
	if (t->sender->price != NULL)
		save_bits(t, n);
	t->io->outlet = f->outlet;
	t->io->when = f->when;
	return io_commit(t->io, n, f->len);
}
