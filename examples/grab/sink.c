/* SPDX-License-Identifier: Apache-2.0 */
/* Output in memory until stdout takes it; see sink.h. */
#include "sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FULL (4 << 20)

int
sink_open(struct sink *s, int fd)
{
	struct stat st = { .st_mode = 0 };

	*s = (struct sink){ .fd = fd };
	fstat(fd, &st);
	s->pipe = S_ISFIFO(st.st_mode);
	s->file = S_ISREG(st.st_mode);
	return output_open(&s->out, -1);
}

void
sink_close(struct sink *s)
{
	output_close(&s->out);
}

bool
sink_empty(const struct sink *s)
{
	return s->out.len == s->start;
}

bool
sink_full(const struct sink *s)
{
	return s->out.len - s->start > FULL;
}

int
sink_flush(struct sink *s, bool wait)
{
	struct pollfd writable = { .fd = s->fd, .events = POLLOUT };
	struct output *o = &s->out;
	size_t n;
	ssize_t w;

	while (o->error == 0 && s->start < o->len) {
		n = o->len - s->start;
		if (!s->file) {
			if (poll(&writable, 1, wait ? -1 : 0) <= 0 && !wait)
				break;
			/* what a writable pipe takes without waiting */
			if (n > PIPE_BUF)
				n = PIPE_BUF;
		}
		w = write(s->fd, o->buf + s->start, n);
		if (w == -1 && errno != EINTR && errno != EAGAIN)
			o->error = errno;
		if (w > 0)
			s->start += w;
	}
	/* each byte moves less than once on average */
	if (o->error == 0 && s->start > 0 && s->start >= o->len / 2) {
		o->len -= s->start;
		memmove(o->buf, o->buf + s->start, o->len);
		s->start = 0;
	}
	errno = o->error;
	return o->error == 0 ? 0 : -1;
}
