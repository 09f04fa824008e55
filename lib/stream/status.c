/* SPDX-License-Identifier: Apache-2.0 */
/* Status lines as JSON; see status.h. */
#include "stream/status.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/output.h"
#include "stream/print.h"

#define FINAL_MS 100 /* the last counts are worth a short wait */

void
status_open(struct status *s, int fd, const char *stage)
{
	*s = (struct status){ .fd = fd, .stage = stage, .shards = 1 };
	status_begin(s);
}

void
status_begin(struct status *s)
{
	s->begin_ns = clock_ns();
	s->next_ns = s->begin_ns + SECOND;
}

void
status_scan(struct status *s, const char *id, uint64_t shard, uint64_t shards)
{
	/* an id of our kind needs no quoting; another says nothing */
	if (strspn(id, HEX_DIGITS) == strlen(id))
		snprintf(s->scan_id, sizeof s->scan_id, "%s", id);
	s->shard = shard;
	s->shards = shards;
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
		s->next_ns += SECOND;
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

/* --- writing; a line stays below PIPE_BUF and so is never torn --- */

struct line {
	char buf[4000];
	size_t used;
	bool full;
};

static void status_put(struct line *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
status_put(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof l->buf - 32 - l->used; /* for the end */
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->buf + l->used, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		l->full = true;
	else
		l->used += n;
}

static void
begin(const struct status *s, struct line *l)
{
	uint64_t wall = clock_wall_ns();

	l->used = 0;
	l->full = false;
	status_put(l,
	    "{\"stage\":\"%s\",\"time\":%" PRIu64 ".%03" PRIu64
	    ",\"elapsed\":%.3f,\"scan\":\"%s\",\"shard\":%" PRIu64
	    ",\"shards\":%" PRIu64,
	    s->stage, wall / SECOND, wall / MILLISECOND % 1000,
	    (clock_ns() - s->begin_ns) / 1e9, s->scan_id, s->shard, s->shards);
}

/* wait_ms: for a reader that is behind. */
static void
status_end(struct status *s, struct line *l, const char *tail, int wait_ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };

	memcpy(l->buf + l->used, tail, strlen(tail));
	l->used += strlen(tail);
	if (poll(&p, 1, wait_ms) != 1)
		return;
	if (p.revents & (POLLERR | POLLNVAL) ||
	    (write(s->fd, l->buf, l->used) == -1 && errno != EINTR &&
		errno != EAGAIN))
		s->fd = -1;
}

void
status_line(struct status *s, const struct counter *c, bool final)
{
	struct line l;

	if (s->fd == -1)
		return;
	begin(s, &l);
	for (; c != NULL && c->name != NULL; c++)
		status_put(&l, ",\"%s\":%" PRIu64, c->name, c->value);
	if (final && s->outcome != NULL)
		status_put(&l, ",\"outcome\":\"%s\"", s->outcome);
	status_end(s, &l, final ? ",\"final\":true}\n" : "}\n",
	    final ? FINAL_MS : 0);
}

/* --- facts: CBOR as JSON --- */

void
status_facts(struct status *s, const struct dict *scan)
{
	const struct dict_entry *e;
	struct output text;
	struct line l;
	size_t before, i;
	bool any = false;

	if (s->fd == -1 || output_open(&text, -1) == -1)
		return;
	begin(s, &l);
	status_put(&l, ",\"facts\":{");
	for (i = 0; i < scan->count; i++) {
		e = &scan->entries[i];
		/* text is longer than what it stands for */
		if (e->size > sizeof l.buf)
			continue;
		text.len = 0;
		escape_json(&text, e->key, strlen(e->key));
		output_byte(&text, ':');
		if (strcmp(e->key, "source_ips") == 0)
			print_json_addresses(&text, e->bytes, e->size);
		else
			print_json_item(&text, e->bytes, e->size);
		before = l.used;
		status_put(&l, "%s%.*s", any ? "," : "", (int)text.len,
		    text.buf);
		if (l.full)
			l.used = before;
		else
			any = true;
		l.full = false;
	}
	output_close(&text);
	status_end(s, &l, "}}\n", 0);
}
