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
#include "stream/token.h"

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

static void put(struct line *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct line *l, const char *fmt, ...)
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
	put(l,
	    "{\"stage\":\"%s\",\"time\":%" PRIu64 ".%03" PRIu64
	    ",\"elapsed\":%.3f,"
	    "\"scan\":\"%s\",\"shard\":%" PRIu64 ",\"shards\":%" PRIu64,
	    s->stage, wall / SECOND, wall / MILLISECOND % 1000,
	    (clock_ns() - s->begin_ns) / 1e9, s->scan_id, s->shard, s->shards);
}

/* wait_ms: for a reader that is behind. */
static void
end(struct status *s, struct line *l, const char *tail, int wait_ms)
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
		put(&l, ",\"%s\":%" PRIu64, c->name, c->value);
	end(s, &l, final ? ",\"final\":true}\n" : "}\n", final ? FINAL_MS : 0);
}

/* --- facts: CBOR as JSON --- */

static void
put_text(struct line *l, const unsigned char *p, size_t n)
{
	put(l, "\"");
	for (; n > 0; n--, p++)
		if (*p == '"' || *p == '\\')
			put(l, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			put(l, "\\u%04x", *p);
		else
			put(l, "%c", *p);
	put(l, "\"");
}

static void
put_bytes(struct line *l, uint64_t tag, const unsigned char *p, size_t n)
{
	size_t i;

	if (tag != TOKEN_TAG_UINT32_BE || n % 4 != 0) {
		put(l, "\"");
		for (i = 0; i < n && !l->full; i++)
			put(l, "%02x", p[i]);
		put(l, "\"");
		return;
	}
	for (i = 0; i < n && !l->full; i += 4)
		put(l, "%s\"%u.%u.%u.%u\"", i == 0 ? "[" : ",", p[i], p[i + 1],
		    p[i + 2], p[i + 3]);
	put(l, n == 0 ? "[]" : "]");
}

/* Returns the bytes that the item took. */
static size_t
put_item(struct line *l, const unsigned char *p, size_t n, int depth)
{
	uint64_t tag = 0, i;
	struct token t;
	ssize_t len;
	size_t at = 0;

	do {
		len = token_next(p + at, n - at, &t);
		if (len <= 0 || depth > 4) {
			l->full = true;
			return n;
		}
		at += len;
		if (t.kind == TOKEN_TAG)
			tag = t.number;
	} while (t.kind == TOKEN_TAG);
	switch (t.kind) {
	case TOKEN_UINT:
		put(l, "%" PRIu64, t.number);
		break;
	case TOKEN_BOOL:
		put(l, t.number ? "true" : "false");
		break;
	case TOKEN_TEXT:
		put_text(l, t.bytes, t.number);
		break;
	case TOKEN_BYTES:
		put_bytes(l, tag, t.bytes, t.number);
		break;
	case TOKEN_ARRAY:
		put(l, "[");
		for (i = 0; i < t.number && !t.indefinite && !l->full; i++) {
			put(l, i > 0 ? "," : "");
			at += put_item(l, p + at, n - at, depth + 1);
		}
		put(l, "]");
		break;
	default:
		put(l, "null");
	}
	return at;
}

void
status_facts(struct status *s, const struct dict *scan)
{
	const struct dict_entry *e;
	struct line l;
	size_t before, i;
	bool any = false;

	if (s->fd == -1)
		return;
	begin(s, &l);
	put(&l, ",\"facts\":{");
	for (i = 0; i < scan->count; i++) {
		e = &scan->entries[i];
		before = l.used;
		put(&l, any ? "," : "");
		put_text(&l, (const unsigned char *)e->key, strlen(e->key));
		put(&l, ":");
		put_item(&l, e->bytes, e->size, 0);
		if (l.full)
			l.used = before;
		else
			any = true;
		l.full = false;
	}
	end(s, &l, "}}\n", 0);
}
