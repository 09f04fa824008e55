/* SPDX-License-Identifier: Apache-2.0 */
/* What has left a pipe; see handshake.h. */
#include "stream/handshake.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/clock.h"

#define LEAST_NS 200000
#define MOST_NS	 10000000

bool
handshake_can_tell(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

bool
taken(int fd)
{
	struct pollfd reader = { .fd = fd };
	int n;

	if (!handshake_can_tell(fd) || ioctl(fd, FIONREAD, &n) == -1)
		return true;
	/* what was written after the reader had gone is not in there, either */
	return n == 0 && poll(&reader, 1, 0) == 0;
}

static bool
went_well(enum outcome o)
{
	return o == OUTCOME_DONE || o == OUTCOME_INCOMPLETE ||
	    o == OUTCOME_STOPPED;
}

bool
handshake_accepted(const struct stream_item *item)
{
	switch (item->what) {
	case STREAM_RECORD:
		return true;
	case STREAM_EVENT:
		return stream_event_is(item, "begin") ||
		    stream_event_is(item, "progress") ||
		    (stream_event_is(item, "ready") &&
			stream_event_has(item, "stage", "send"));
	case STREAM_END:
		return went_well(stream_end_outcome(item));
	case STREAM_HEADER:
		break;
	}
	return false;
}

struct timespec
handshake_pause(uint64_t begun)
{
	uint64_t ns = (clock_ns() - begun) / 10;

	ns = ns < LEAST_NS ? LEAST_NS : ns > MOST_NS ? MOST_NS : ns;
	return (struct timespec){ .tv_nsec = (long)ns };
}
