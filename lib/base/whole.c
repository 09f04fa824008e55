/* SPDX-License-Identifier: Apache-2.0 */
/* The loop around write(2); see whole.h. */
#include "base/whole.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

int
whole_write(int fd, const void *p, size_t n)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	const char *at = p;
	ssize_t w;

	while (n > 0) {
		w = write(fd, at, n);
		if (w == -1 && errno == EAGAIN)
			poll(&writable, 1, -1);
		else if (w == -1 && errno != EINTR)
			return -1;
		else if (w > 0) {
			at += w;
			n -= w;
		}
	}
	return 0;
}
