/* SPDX-License-Identifier: Apache-2.0 */
/* Targets on stdout; see writer.h. */
#include "targets/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan/batch.h"
#include "targets/lines.h"

#define PIPE_SIZE  (256 << 10)
#define BATCH	   4096
#define TEXT_FLUSH (64 << 10)
#define TEXT_ROOM  (TEXT_FLUSH + BATCH * LINES_LONGEST + LINES_SLACK)

static void
writer_report(struct writer *e, bool final)
{
	struct counter c[] = {
		counter_of(COUNT_TARGETS_TARGETS, e->targets),
		counter_of(COUNT_TARGETS_POSITION, e->position),
		counter_end(),
	};

	if (final || status_due(e->status))
		status_line(e->status, c, final);
}

void
writer_reader_gone(struct writer *e)
{
	e->status->outcome = outcome_name(OUTCOME_INTERRUPTED);
	writer_report(e, true);
	outcome_reader_gone();
}

/*
 * With status lines to write, never more than a pipe that has room takes at
 * once, and a look at the clock while it has none.
 */
static int
writer_write_all(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	struct pollfd writable = { .fd = STDOUT_FILENO, .events = POLLOUT };
	struct writer *e = ctx;
	ssize_t w;

	(void)records;
	while (n > 0) {
		size_t piece = n;

		if (e->status->fd != -1) {
			writer_report(e, false);
			if (poll(&writable, 1, status_wait(e->status)) == 0)
				continue;
			piece = n < PIPE_BUF ? n : PIPE_BUF;
		}
		w = write(STDOUT_FILENO, p, piece);
		if (w == -1 && errno == EPIPE)
			writer_reader_gone(e);
		else if (w == -1 && errno == EAGAIN)
			poll(&writable, 1, -1);
		else if (w == -1 && errno != EINTR)
			return -1;
		else if (w > 0) {
			p += w;
			n -= w;
		}
	}
	return 0;
}

/*
 * With room for some pieces, writer and reader work at the same time instead
 * of in turns. A pipe that stays small, or no pipe at all, works as well.
 */
static void
widen_pipe(void)
{
	int size = fcntl(STDOUT_FILENO, F_GETPIPE_SZ);

	if (size != -1 && size < PIPE_SIZE)
		fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
}

int
writer_open(struct writer *e, struct status *status, const char *separator,
    int ports)
{
	*e = (struct writer){ .status = status, .ports = ports };
	signal(SIGPIPE, SIG_IGN); /* see outcome.h */
	widen_pipe();
	if (separator == NULL) {
		e->out = stream_out_sink((
		    struct stream_sink){ .write = writer_write_all, .ctx = e });
		return e->out == NULL ? -1 : 0;
	}
	e->lines = lines_new(separator);
	e->text = malloc(TEXT_ROOM);
	if (e->lines != NULL && e->text != NULL)
		return 0;
	writer_close(e);
	return -1;
}

int
writer_put(struct writer *e, const struct writer_targets *t)
{
	const uint16_t *port = e->ports == TARGETS_NO_PORTS ? NULL : t->port;
	char *text;

	e->targets += t->copy > 0 ? 0 : t->n;
	e->position = t->next;
	if (t->n == 0)
		return 0;
	if (e->out != NULL)
		return batch_put(e->out,
		    &(struct batch_out){ .next = t->next,
			.copy = t->copy,
			.ports = e->ports,
			.addr = t->family == 6 ? NULL : t->addr,
			.addr6 = t->addr6,
			.port = port,
			.n = t->n });
	text = e->text + e->text_len;
	text = t->family == 6 ?
	    lines_put6(e->lines, text, t->addr6, port, t->n) :
	    lines_put(e->lines, text, t->addr, port, t->n);
	e->text_len = text - e->text;
	return e->text_len >= TEXT_FLUSH ? writer_flush(e) : 0;
}

int
writer_flush(struct writer *e)
{
	if (e->out != NULL)
		return stream_flush(e->out);
	if (e->error == 0 && e->text_len > 0 &&
	    writer_write_all(e, (unsigned char *)e->text, e->text_len, 0) == -1)
		e->error = errno;
	e->text_len = 0;
	errno = e->error;
	return e->error == 0 ? 0 : -1;
}

int
writer_failed(const struct writer *e)
{
	int error = e->out != NULL ? stream_out_error(e->out) : e->error;

	if (error != 0)
		errno = error;
	return error != 0;
}

void
writer_idle(struct writer *e)
{
	writer_report(e, false);
}

int
writer_end(struct writer *e, enum outcome outcome)
{
	struct counter c[] = {
		counter_of(COUNT_TARGETS_TARGETS, e->targets),
		counter_of(COUNT_TARGETS_POSITION, e->position),
		counter_end(),
	};
	int rc = 0;

	if (e->out != NULL)
		rc = stream_end(e->out, "targets", outcome, NULL, c);
	if (writer_flush(e) == -1)
		rc = -1;
	e->status->outcome = outcome_name(rc == -1 ? OUTCOME_FAILED : outcome);
	writer_report(e, true);
	return rc;
}

void
writer_close(struct writer *e)
{
	stream_out_free(e->out);
	lines_free(e->lines);
	free(e->text);
}
