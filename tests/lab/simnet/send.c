/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending: in batches, and later what has to wait.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simnet.h"

void
send_flush(struct simnet *s)
{
	struct mmsghdr m[BATCH];
	struct iovec io[BATCH];
	unsigned int i, done, n;
	int r, tries;

	for (done = 0; done < s->out_count; done += n) {
		struct device *d = s->out_device[done];

		for (n = 0;
		     done + n < s->out_count && s->out_device[done + n] == d;
		     n++) {
			io[n].iov_base = s->out[done + n].b;
			io[n].iov_len = s->out[done + n].len;
			m[n] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &io[n],
						     .msg_iovlen = 1 } };
		}
		for (i = 0, tries = 0; i < n;) {
			if (!d->ring)
				r = write(d->fd, io[i].iov_base,
					io[i].iov_len) < 0 ?
				    -1 :
				    1;
			else
				r = sendmmsg(d->fd, m + i, n - i, 0);
			if (r > 0) {
				i += (unsigned int)r;
				tries = 0;
			} else if (errno != EINTR && ++tries > 200) {
				s->unsent += n - i;
				break;
			} else if (errno != EINTR) {
				poll(&(struct pollfd){ d->fd, POLLOUT, 0 }, 1,
				    1);
			}
		}
	}
	s->out_count = 0;
}

struct frame *
send_frame(struct simnet *s, struct device *d)
{
	if (s->out_count == BATCH)
		send_flush(s);
	s->out_device[s->out_count] = d;
	return &s->out[s->out_count++];
}

static bool
later_before(const struct later *a, const struct later *b)
{
	return a->due < b->due;
}

static void
queue_down(struct simnet *s, size_t i)
{
	struct later x = s->queue[i];
	size_t child;

	while ((child = 2 * i + 1) < s->queued) {
		if (child + 1 < s->queued &&
		    later_before(&s->queue[child + 1], &s->queue[child]))
			child++;
		if (!later_before(&s->queue[child], &x))
			break;
		s->queue[i] = s->queue[child];
		i = child;
	}
	s->queue[i] = x;
}

static void
queue_add(struct simnet *s, struct later x)
{
	size_t i;

	if (s->queued == s->queue_size) {
		size_t size = s->queue_size ? 2 * s->queue_size : 1024;
		void *p = size <= QUEUE ?
		    reallocarray(s->queue, size, sizeof *s->queue) :
		    NULL;

		if (!p) {
			s->unqueued += 1 + x.left;
			free(x.b);
			return;
		}
		s->queue = p;
		s->queue_size = size;
	}
	for (i = s->queued++; i && later_before(&x, &s->queue[(i - 1) / 2]);
	     i = (i - 1) / 2)
		s->queue[i] = s->queue[(i - 1) / 2];
	s->queue[i] = x;
}

void
send_due(struct simnet *s, uint64_t t)
{
	while (s->queued && s->queue[0].due <= t) {
		struct later *x = &s->queue[0];
		struct frame *f = send_frame(s, x->device);

		memcpy(f->b, x->b, x->len);
		f->len = x->len;
		if (x->left) {
			x->left--;
			x->due += x->every;
		} else {
			free(x->b);
			s->queue[0] = s->queue[--s->queued];
		}
		if (s->queued)
			queue_down(s, 0);
	}
}

/*
 * The frame made last goes out now or after delay, and then repeats more
 * times.
 */
void
send_release(struct simnet *s, const struct probe *p, uint64_t delay,
    uint32_t repeats, uint64_t every)
{
	struct frame *f = &s->out[s->out_count - 1];
	struct later x;

	s->answers[p->class] += 1 + repeats;
	delay += s->path.delay;
	if (!delay && !repeats)
		return;
	x = (struct later){ .due = now() + (delay ? delay : every),
		.every = every,
		.left = delay ? repeats : repeats - 1,
		.len = (uint16_t)f->len,
		.device = p->device,
		.b = malloc(f->len) };
	if (x.b) {
		memcpy(x.b, f->b, f->len);
		queue_add(s, x);
	} else {
		s->unqueued += 1 + x.left;
	}
	if (delay)
		s->out_count--;
}
