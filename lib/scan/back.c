/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of the way back; see back.h. */
#include "scan/back.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/token.h"

/*
 * Targets of a record.  With all that is around them they are less than
 * PIPE_BUF bytes, which a pipe takes whole or not at all.
 */
#define BATCH 200
#define ROOM  (BATCH * (IP6_SIZE + 2) + 3 * BACK_REASON_MAX)

_Static_assert(ROOM <= PIPE_BUF, "a message is torn");

static const char *const whats[BACK_WHATS] = {
	[BACK_PROBE] = "probe",
	[BACK_SIBLING] = "sibling",
	[BACK_AGAIN] = "again",
	[BACK_ANSWERED] = "answered",
};

/* --- opening --- */

int
back_take_fd(int fd, char *why, size_t size)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	why[0] = '\0';
	if (flags == -1 || fstat(fd, &st) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		snprintf(why, size, "%s", strerror(errno));
	else if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		snprintf(why, size, "no FIFO: make one with mkfifo");
	if (why[0] == '\0')
		return fd;
	close(fd);
	return -1;
}

static int
open_fifo(const char *path, int flags, char *why, size_t size)
{
	int fd = open(path, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	why[0] = '\0';
	if (fd != -1)
		return back_take_fd(fd, why, size);
	if (errno != ENXIO)
		snprintf(why, size, "%s", strerror(errno));
	return -1;
}

int
back_open_out(const char *path, char *why, size_t size)
{
	return open_fifo(path, O_WRONLY, why, size);
}

int
back_open_in(const char *path, char *why, size_t size)
{
	return open_fifo(path, O_RDONLY, why, size);
}

/* --- writing --- */

struct back_out {
	int fd;
	unsigned width;
	bool with_ports;
	struct stream_out *out;
	uint64_t dropped;
	unsigned weight; /* targets or events in what is written next */

	/* The batch that is being filled. */
	enum back_what what;
	const char *reason;
	unsigned n;
	unsigned char address[BATCH * IP6_SIZE], port[BATCH * 2];
};

/* All or nothing, at once. */
static int
back_write(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	struct back_out *b = ctx;
	ssize_t done;

	(void)records;
	do
		done = write(b->fd, p, n);
	while (done == -1 && errno == EINTR);
	if (done == (ssize_t)n)
		return 0;
	b->dropped += b->weight;
	if (done == -1 && errno == EAGAIN)
		return 0;
	/* a socket may take a part, and then what follows means nothing */
	if (done != -1)
		errno = EIO;
	return -1;
}

static void
send_message(struct back_out *b, unsigned weight)
{
	bool gone = stream_out_error(b->out) != 0;

	b->weight = weight;
	if (stream_flush(b->out) == -1 && gone)
		b->dropped += weight;
}

struct back_out *
back_out_new(int fd, unsigned family, bool with_ports, const char *scan)
{
	char *const argv[] = { (char *)"zmap-recv", NULL };
	struct back_out *b = calloc(1, sizeof *b);
	struct stream_sink sink = { .write = back_write, .ctx = b };
	struct header *h;

	if (b == NULL)
		return NULL;
	b->fd = fd;
	b->width = family == 6 ? IP6_SIZE : 4;
	b->with_ports = with_ports;
	b->out = stream_out_sink(sink);
	if (b->out == NULL ||
	    (h = stream_derive(b->out, NULL, "back", argv)) == NULL ||
	    dict_set_text(&h->scan, "id", scan) == -1 ||
	    stream_header(b->out) == -1) {
		stream_out_free(b->out);
		free(b);
		return NULL;
	}
	send_message(b, 0);
	return b;
}

void
back_out_flush(struct back_out *b)
{
	struct encoder e;

	if (b->n == 0)
		return;
	e = stream_begin(b->out, ROOM);
	encode_array(&e, 5);
	encode_uint(&e, 0);
	if (b->with_ports) {
		encode_tag(&e, TOKEN_TAG_UINT16_BE);
		encode_bytes(&e, b->port, b->n * 2);
	} else {
		encode_null(&e);
	}
	if (b->width == 4)
		encode_tag(&e, TOKEN_TAG_UINT32_BE);
	encode_bytes(&e, b->address, (size_t)b->n * b->width);
	encode_text(&e, whats[b->what]);
	encode_text(&e, b->reason == NULL ? "" : b->reason);
	stream_commit(b->out, &e, STREAM_RECORD);
	send_message(b, b->n);
	b->n = 0;
}

void
back_out_target(struct back_out *b, enum back_what what, const char *reason,
    const unsigned char *address, uint16_t port)
{
	if (b->n == BATCH || what != b->what || reason != b->reason)
		back_out_flush(b);
	b->what = what;
	b->reason = reason;
	memcpy(b->address + (size_t)b->n * b->width, address, b->width);
	put16(b->port + 2 * b->n, port);
	b->n++;
}

void
back_out_event(struct back_out *b, const char *name, const struct counter *c)
{
	back_out_flush(b);
	stream_event(b->out, name, "recv", c);
	send_message(b, 1);
}

uint64_t
back_out_dropped(const struct back_out *b)
{
	return b->dropped;
}

void
back_out_close(struct back_out *b)
{
	back_out_flush(b);
	stream_end(b->out, "recv", OUTCOME_DONE, NULL, NULL);
	send_message(b, 0);
	close(b->fd);
	stream_out_free(b->out);
	free(b);
}

/* --- reading --- */

struct back_in {
	int fd; /* -1: the end */
	unsigned family;
	bool with_ports;
	bool begun, over;
	struct stream_in *in;
	struct stream_item item;
};

struct back_in *
back_in_new(int fd, unsigned family, bool with_ports)
{
	struct back_in *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->fd = fd;
	b->family = family;
	b->with_ports = with_ports;
	b->in = stream_in_new(fd, "back");
	if (b->in != NULL)
		return b;
	free(b);
	return NULL;
}

static void
back_in_end(struct back_in *b)
{
	if (b->fd != -1)
		close(b->fd);
	b->fd = -1;
	b->over = true;
}

void
back_in_free(struct back_in *b)
{
	if (b == NULL)
		return;
	back_in_end(b);
	stream_in_free(b->in);
	free(b);
}

/* What a record says; false: nothing that this version knows. */
static bool
back_read_record(const struct back_in *b, struct back_message *m)
{
	const struct value *v = b->item.values;
	const char *why;
	unsigned i;
	size_t n;

	if (batch_get(&b->item, b->family, b->with_ports, &m->batch, &why) ==
		-1 ||
	    b->item.nvalues < 4 || v[3].type != VALUE_TEXT)
		return false;
	for (i = 0; i < BACK_WHATS; i++)
		if (v[3].size == strlen(whats[i]) &&
		    memcmp(v[3].bytes, whats[i], v[3].size) == 0)
			break;
	m->what = i;
	m->reason[0] = '\0';
	if (b->item.nvalues > 4 && v[4].type == VALUE_TEXT) {
		n = v[4].size < BACK_REASON_MAX ? v[4].size :
						  BACK_REASON_MAX - 1;
		memcpy(m->reason, v[4].bytes, n);
		m->reason[n] = '\0';
	}
	return i < BACK_WHATS;
}

static bool
read_item(struct back_in *b, struct back_message *m)
{
	m->item = &b->item;
	m->event = b->item.what == STREAM_EVENT;
	switch (b->item.what) {
	case STREAM_HEADER:
		b->begun = true;
		return false;
	case STREAM_RECORD:
		return back_read_record(b, m);
	case STREAM_EVENT:
		return true;
	default:
		back_in_end(b);
		return false;
	}
}

/* false: there is nothing to read now, or never again. */
static bool
back_in_fill(struct back_in *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLIN };

	if (poll(&p, 1, 0) <= 0)
		return false;
	/* a FIFO says this only when it has had a writer */
	if (!(p.revents & POLLIN)) {
		back_in_end(b);
		return false;
	}
	if (stream_fill(b->in) == -1) {
		if (errno != EAGAIN && errno != EINTR)
			back_in_end(b);
		return false;
	}
	return true;
}

int
back_in_next(struct back_in *b, struct back_message *m)
{
	int rc;

	while (!b->over) {
		rc = stream_next(b->in, &b->item);
		if (rc == 1) {
			if (read_item(b, m))
				return 1;
		} else if (rc == -1 || stream_at_end(b->in)) {
			back_in_end(b);
		} else if (!back_in_fill(b)) {
			break;
		}
	}
	return b->over ? -1 : 0;
}

const char *
back_in_error(const struct back_in *b)
{
	const char *why = stream_error(b->in);

	return why[0] != '\0' ? why : NULL;
}

int
back_in_fd(const struct back_in *b)
{
	return b->fd;
}

bool
back_in_live(const struct back_in *b)
{
	return b->begun && !b->over;
}
