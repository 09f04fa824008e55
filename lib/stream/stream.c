/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing segments of CBOR; see stream.h. */
#include "stream/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/whole.h"
#include "stream/token.h"

#define IN_READ	  (64 << 10)
#define OUT_FLUSH (64 << 10) /* write when this much is there */
#define ROOM	  (96 << 10) /* to begin with: items are small, almost all */
#define ENDS_KEPT 16	     /* inside each other; deeper than pipelines are */

struct stream_in {
	int fd;
	const int *more; /* descriptors after it, or NULL */
	size_t file;	 /* which of them it is */
	const char *kind;
	unsigned char *buf;
	size_t room;
	size_t start, len; /* what is unread in buf */
	bool in_segment;
	bool any; /* a segment was begun */
	bool eof, failed;
	bool cut;		/* failed at the end of the input */
	uint64_t items, offset; /* whole ones taken so far */
	struct header header;
	struct value values[STREAM_VALUES_MAX];
	char why[160];
};

struct stream_out {
	struct stream_sink sink;
	int fd;
	unsigned char *buf;
	size_t room, len;
	uint64_t records; /* whole ones in buf */
	int error;	  /* errno, sticky */
	struct header header;
};

/* Room for n bytes in a buffer, which stays as it is if there is none. */
static int
stream_grow(unsigned char **buf, size_t *room, size_t n)
{
	size_t more = *room != 0 ? *room : ROOM;
	unsigned char *p;

	while (more < n)
		more *= 2;
	if (more == *room)
		return 0;
	p = realloc(*buf, more);
	if (p == NULL)
		return -1;
	*buf = p;
	*room = more;
	return 0;
}

struct stream_in *
stream_in_new(int fd, const char *kind)
{
	struct stream_in *in = calloc(1, sizeof *in);

	if (in == NULL)
		return NULL;
	in->fd = fd;
	in->kind = kind;
	if (stream_grow(&in->buf, &in->room, ROOM) == -1) {
		free(in);
		return NULL;
	}
	return in;
}

void
stream_in_free(struct stream_in *in)
{
	if (in == NULL)
		return;
	header_free(&in->header);
	free(in->buf);
	free(in);
}

bool
stream_at_end(const struct stream_in *in)
{
	return in->eof;
}

int
stream_in_fd(const struct stream_in *in)
{
	return in->fd;
}

const char *
stream_error(const struct stream_in *in)
{
	return in->why;
}

bool
stream_cut(const struct stream_in *in)
{
	return in->cut;
}

/* What bytes are that no stream begins with, and what to do with them. */
static const char *
foreign(const unsigned char *p, size_t n)
{
	static const char *const packed[] = { "\x1f\x8b", "\x28\xb5\x2f\xfd",
		"\xfd\x37zXZ", "BZh" };
	size_t i;

	for (i = 0; i < sizeof packed / sizeof *packed; i++)
		if (n >= strlen(packed[i]) &&
		    memcmp(p, packed[i], strlen(packed[i])) == 0)
			return "not a zmap stream but a compressed file: unpack it first, as by zcat";
	for (i = 0; i < n && i < 64; i++)
		if ((p[i] < 0x20 && strchr("\t\r\n", p[i]) == NULL) ||
		    p[i] >= 0x7f)
			return "not a zmap stream";
	return "not a zmap stream but text: zmap-targets makes a stream of lists of addresses";
}

/* Fails for good, with the place in the stream, unless that is its begin. */
static int
stream_fail(struct stream_in *in, const char *what)
{
	if (in->items == 0 && in->offset == 0)
		snprintf(in->why, sizeof in->why, "%s", what);
	else
		snprintf(in->why, sizeof in->why,
		    "%.110s (item %" PRIu64 ", byte %" PRIu64 ")", what,
		    in->items + 1, in->offset);
	in->failed = true;
	return -1;
}

/* The same where the input ended too early. */
static int
stream_fail_cut(struct stream_in *in, const char *what)
{
	in->cut = true;
	return stream_fail(in, what);
}

int
stream_feed(struct stream_in *in, const void *p, size_t n)
{
	if (stream_grow(&in->buf, &in->room, in->len + n) == -1)
		return -1;
	memcpy(in->buf + in->len, p, n);
	in->len += n;
	return 0;
}

void
stream_files(struct stream_in *in, const int *fds)
{
	in->fd = fds[0];
	in->more = fds + 1;
}

size_t
stream_file(const struct stream_in *in)
{
	return in->file;
}

/* Goes to the next file, if this one has ended where a stream may end. */
static bool
next_file(struct stream_in *in)
{
	if (in->more == NULL || *in->more == -1 || in->len > 0 ||
	    in->in_segment || !in->any)
		return false;
	in->fd = *in->more++;
	in->file++;
	in->items = in->offset = 0;
	in->any = false;
	return true;
}

long
stream_fill(struct stream_in *in)
{
	ssize_t n;

	if (in->start > 0 &&
	    (in->len == 0 || in->start + in->len + IN_READ > in->room)) {
		memmove(in->buf, in->buf + in->start, in->len);
		in->start = 0;
	}
	if (stream_grow(&in->buf, &in->room, in->len + IN_READ) == -1)
		return -1;
	do
		n = read(in->fd, in->buf + in->start + in->len, IN_READ);
	while ((n == -1 && errno == EINTR) || (n == 0 && next_file(in)));
	if (n > 0)
		in->len += n;
	else if (n == 0)
		in->eof = true;
	return n;
}

/* The values of the array at p.  Its length, 0 for not whole, -1. */
static long
stream_read_record(struct stream_in *in, const unsigned char *p, size_t n,
    struct stream_item *item)
{
	struct token t;
	ssize_t used;
	size_t at, i;
	long len;

	used = token_next(p, n, &t);
	if (used <= 0)
		return used;
	at = used;
	for (i = 0; t.indefinite || i < t.number; i++) {
		if (t.indefinite && at < n && p[at] == 0xff) {
			at++;
			break;
		}
		if (i == STREAM_VALUES_MAX)
			return -1;
		len = value_decode(p + at, n - at, &in->values[i]);
		if (len <= 0)
			return len;
		at += len;
	}
	item->values = in->values;
	item->nvalues = i;
	return at;
}

/* The program whose stream this is; "the stage before" of a kind unknown. */
static const char *
writer_of(const char *kind)
{
	static const char *const writers[][2] = {
		{ "targets", "zmap-targets" },
		{ "probes", "zmap-send" },
		{ "results", "zmap-recv" },
		{ "prefixes", "zmap-recv --dense" },
	};
	size_t i;

	for (i = 0; i < sizeof writers / sizeof *writers; i++)
		if (strcmp(kind, writers[i][0]) == 0)
			return writers[i][1];
	return "the stage before";
}

static int
stream_read_header(struct stream_in *in, const struct stream_item *item)
{
	struct header h;
	char why[128];

	if (in->in_segment)
		return stream_fail(in,
		    "truncated: a new segment begins before the end");
	if (header_parse(&h, item->bytes, item->size, why, sizeof why) == -1)
		return stream_fail(in, why);
	header_free(&in->header);
	in->header = h;
	if (in->kind != NULL && strcmp(h.kind, in->kind) != 0) {
		snprintf(why, sizeof why,
		    "a stream of %.20s, not of %s, which %s writes",
		    in->header.kind, in->kind, writer_of(in->kind));
		return stream_fail(in, why);
	}
	in->in_segment = in->any = true;
	return 0;
}

int
stream_next(struct stream_in *in, struct stream_item *item)
{
	const unsigned char *p = in->buf + in->start;
	long used;

	if (in->failed)
		return -1;
	*item = (struct stream_item){ .bytes = p };
	if (in->len == 0) {
		if (!in->eof)
			return 0;
		if (in->in_segment)
			return stream_fail_cut(in,
			    "truncated: the stream has no end");
		if (!in->any)
			return stream_fail_cut(in, "empty: no stream");
		return 0;
	}
	switch (p[0] >> 5) { /* major type, RFC 8949 3 */
	case 4:
		item->what = STREAM_RECORD;
		used = stream_read_record(in, p, in->len, item);
		break;
	case 5:
		item->what = STREAM_EVENT;
		used = token_skip(p, in->len);
		break;
	case 6:
		item->what = STREAM_HEADER;
		used = token_skip(p, in->len);
		break;
	default:
		used = -1;
	}
	if (used == 0 && in->len < STREAM_ITEM_MAX) {
		if (!in->eof)
			return 0;
		return stream_fail_cut(in,
		    "truncated: the stream stops inside an item");
	}
	if (used == 0 || used > STREAM_ITEM_MAX)
		return stream_fail(in, "item longer than 1 MiB");
	if (used == -1)
		return stream_fail(in,
		    in->any ? "not a record or an event" : foreign(p, in->len));
	item->size = used;
	if (item->what == STREAM_HEADER) {
		if (stream_read_header(in, item) == -1)
			return -1;
	} else if (!in->in_segment)
		return stream_fail(in,
		    in->any ? "a record outside of a segment" :
			      foreign(p, in->len));
	if (item->what == STREAM_EVENT && stream_event_is(item, "end")) {
		item->what = STREAM_END;
		in->in_segment = false;
	}
	item->header = &in->header;
	in->start += used;
	in->len -= used;
	in->items++;
	in->offset += used;
	return 1;
}

int
stream_read(struct stream_in *in, struct stream_item *item)
{
	struct pollfd readable = { .fd = in->fd, .events = POLLIN };
	char why[100];
	int rc;

	for (;;) {
		rc = stream_next(in, item);
		if (rc != 0 || in->eof)
			return rc;
		if (stream_fill(in) != -1)
			continue;
		/* another user of the pipe may have set O_NONBLOCK */
		if (errno != EAGAIN) {
			snprintf(why, sizeof why, "%s", strerror(errno));
			return stream_fail(in, why);
		}
		poll(&readable, 1, -1);
	}
}

/* Finds a key of an event and decodes its value. */
static int
event_token(const struct stream_item *item, const char *key, struct token *t)
{
	size_t len, at;

	at = token_map_find(item->bytes, item->size, key, &len);
	if (at == 0 || token_next(item->bytes + at, len, t) <= 0)
		return -1;
	return 0;
}

int
stream_event_uint(const struct stream_item *item, const char *key, uint64_t *v)
{
	struct token t;

	if (event_token(item, key, &t) == -1 || t.kind != TOKEN_UINT)
		return -1;
	*v = t.number;
	return 0;
}

bool
stream_event_has(const struct stream_item *item, const char *key,
    const char *text)
{
	struct token t;

	return event_token(item, key, &t) == 0 && t.kind == TOKEN_TEXT &&
	    t.number == strlen(text) && memcmp(t.bytes, text, t.number) == 0;
}

bool
stream_event_is(const struct stream_item *item, const char *name)
{
	return stream_event_has(item, "event", name);
}

enum outcome
stream_end_outcome(const struct stream_item *item)
{
	struct token t;

	if (event_token(item, "status", &t) == -1 || t.kind != TOKEN_TEXT)
		return OUTCOME_FAILED;
	return outcome_parse((const char *)t.bytes, t.number);
}

/* --- writing --- */

static int
write_fd(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	const struct stream_out *out = ctx;

	(void)records;
	return whole_write(out->fd, p, n);
}

struct stream_out *
stream_out_sink(struct stream_sink sink)
{
	struct stream_out *out = calloc(1, sizeof *out);

	if (out == NULL)
		return NULL;
	out->sink = sink;
	out->fd = -1;
	if (stream_grow(&out->buf, &out->room, ROOM) == -1) {
		free(out);
		return NULL;
	}
	return out;
}

struct stream_out *
stream_out_new(int fd)
{
	struct stream_out *out;

	out = stream_out_sink((struct stream_sink){ .write = write_fd });
	if (out != NULL) {
		out->sink.ctx = out;
		out->fd = fd;
	}
	return out;
}

void
stream_out_free(struct stream_out *out)
{
	if (out == NULL)
		return;
	header_free(&out->header);
	free(out->buf);
	free(out);
}

int
stream_out_error(const struct stream_out *out)
{
	return out->error;
}

int
stream_flush(struct stream_out *out)
{
	if (out->error == 0 && out->len > 0 &&
	    out->sink.write(out->sink.ctx, out->buf, out->len, out->records) ==
		-1)
		out->error = errno != 0 ? errno : EIO;
	out->len = 0;
	out->records = 0;
	errno = out->error;
	return out->error == 0 ? 0 : -1;
}

struct encoder
stream_begin(struct stream_out *out, size_t n)
{
	if (out->len + n > out->room)
		stream_flush(out);
	if (out->error == 0 && n <= STREAM_ITEM_MAX &&
	    stream_grow(&out->buf, &out->room, n) == -1)
		out->error = ENOMEM;
	if (out->error != 0 || n > STREAM_ITEM_MAX)
		return (struct encoder){ .full = true };
	return encoder_on(out->buf + out->len, n);
}

int
stream_commit(struct stream_out *out, const struct encoder *e,
    enum stream_what what)
{
	size_t n = encode_size(e);

	if (n == 0) {
		if (out->error == 0)
			out->error = EMSGSIZE;
		errno = out->error;
		return -1;
	}
	out->len += n;
	if (what == STREAM_RECORD)
		out->records++;
	return out->len >= OUT_FLUSH ? stream_flush(out) : 0;
}

int
stream_pass(struct stream_out *out, const struct stream_item *item)
{
	struct encoder e = stream_begin(out, item->size);

	encode_raw(&e, item->bytes, item->size);
	return stream_commit(out, &e, item->what);
}

struct header *
stream_derive(struct stream_out *out, const struct header *from,
    const char *kind, char *const argv[])
{
	struct header *h = &out->header;

	header_free(h);
	if (from == NULL)
		header_init(h, kind);
	else if (header_copy(h, from) == -1)
		return NULL;
	if (kind != NULL)
		snprintf(h->kind, sizeof h->kind, "%s", kind);
	if (header_add_history(h, argv) == -1)
		return NULL;
	return h;
}

int
stream_header(struct stream_out *out)
{
	struct encoder e = stream_begin(out, STREAM_ITEM_MAX);

	header_encode(&e, &out->header);
	return stream_commit(out, &e, STREAM_HEADER);
}

static void
begin_event(struct encoder *e, const char *name, const char *stage)
{
	encode_open_map(e);
	encode_text(e, "event");
	encode_text(e, name);
	encode_text(e, "stage");
	encode_text(e, stage);
}

static void
counters(struct encoder *e, const struct counter *c)
{
	for (; c != NULL && c->name != NULL; c++) {
		encode_text(e, c->name);
		encode_uint(e, c->value);
	}
}

int
stream_event(struct stream_out *out, const char *name, const char *stage,
    const struct counter *c)
{
	struct encoder e = stream_begin(out, 4096);

	begin_event(&e, name, stage);
	counters(&e, c);
	encode_break(&e);
	return stream_commit(out, &e, STREAM_EVENT);
}

/*
 * The end at p with at most `ends` in all inside each other, null in place of
 * older ones: however many stages there are, a reader takes what they write.
 */
static void
encode_ends(struct encoder *e, const unsigned char *p, size_t n, unsigned ends)
{
	size_t len, at = token_map_find(p, n, "before", &len);

	if (at == 0) {
		encode_raw(e, p, n);
		return;
	}
	encode_raw(e, p, at);
	if (ends > 1)
		encode_ends(e, p + at, len, ends - 1);
	else
		encode_null(e);
	encode_raw(e, p + at + len, n - at - len);
}

static void
encode_end(struct encoder *e, const char *stage, enum outcome outcome,
    const struct stream_item *before, const struct counter *c)
{
	begin_event(e, "end", stage);
	encode_text(e, "status");
	encode_text(e, outcome_name(outcome));
	counters(e, c);
	if (before != NULL) {
		encode_text(e, "before");
		encode_ends(e, before->bytes, before->size, ENDS_KEPT);
	}
	encode_break(e);
}

int
stream_end(struct stream_out *out, const char *stage, enum outcome outcome,
    const struct stream_item *before, const struct counter *c)
{
	struct encoder e;
	size_t room = 4096;

	if (before != NULL) {
		outcome = outcome_worse(outcome, stream_end_outcome(before));
		room += before->size + 1;
	}
	e = stream_begin(out, room);
	encode_end(&e, stage, outcome, before, c);
	/* of what a stranger's end has inside, no reader might take one more */
	if (!e.full && token_skip(e.start, encode_size(&e)) <= 0) {
		e = encoder_on(e.start, room);
		encode_end(&e, stage, outcome, NULL, c);
	}
	return stream_commit(out, &e, STREAM_END);
}
