/* Status lines as JSON; see status.h. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "status.h"

#define SECOND_NS 1000000000ull

uint64_t
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND_NS + t.tv_nsec;
}

void
status_open(struct status *s, int fd, const char *stage)
{
	*s = (struct status){ .fd = fd, .stage = stage, .shards = 1 };
	s->begin_ns = clock_ns();
	s->next_ns = s->begin_ns + SECOND_NS;
}

void
status_scan(struct status *s, const struct dict *scan)
{
	dict_text(scan, "id", s->scan_id, sizeof s->scan_id);
	dict_uint(scan, "shard", &s->shard);
	dict_uint(scan, "shards", &s->shards);
}

bool
status_due(struct status *s)
{
	uint64_t now;

	if (s->fd == -1)
		return false;
	now = clock_ns();
	if (now < s->next_ns)
		return false;
	while (s->next_ns <= now)
		s->next_ns += SECOND_NS;
	return true;
}

int
status_wait(const struct status *s)
{
	uint64_t now;

	if (s->fd == -1)
		return -1;
	now = clock_ns();
	return now >= s->next_ns ? 0 : (s->next_ns - now) / 1000000 + 1;
}

void
status_line(struct status *s, const struct counter *c, bool final)
{
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };
	struct timespec wall;
	char buf[2048];		/* below PIPE_BUF, so never torn */
	size_t n;

	if (s->fd == -1)
		return;
	clock_gettime(CLOCK_REALTIME, &wall);
	n = snprintf(buf, sizeof buf, "{\"stage\":\"%s\",\"time\":%lld.%03ld,"
	    "\"elapsed\":%.3f,\"scan\":\"%s\",\"shard\":%" PRIu64
	    ",\"shards\":%" PRIu64, s->stage, (long long)wall.tv_sec,
	    wall.tv_nsec / 1000000, (clock_ns() - s->begin_ns) / 1e9,
	    s->scan_id, s->shard, s->shards);
	for (; c != NULL && c->name != NULL && n < sizeof buf - 64; c++)
		n += snprintf(buf + n, sizeof buf - n, ",\"%s\":%" PRIu64,
		    c->name, c->value);
	if (n >= sizeof buf - 20)
		return;
	n += snprintf(buf + n, sizeof buf - n, "%s}\n",
	    final ? ",\"final\":true" : "");
	if (poll(&p, 1, 0) != 1)
		return;
	if (p.revents & (POLLERR | POLLNVAL) ||
	    (write(s->fd, buf, n) == -1 && errno != EINTR && errno != EAGAIN))
		s->fd = -1;
}
