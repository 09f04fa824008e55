/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where targets go: records of a stream, or lines of text, on stdout. Both
 * are collected and written in large pieces, and status lines go on while the
 * reader is slow.
 */
#ifndef WRITER_H
#define WRITER_H
#include <stdint.h>

#include "addr/ip6.h"
#include "stream/status.h"
#include "stream/stream.h"

struct lines;

struct writer {
	struct status *status;
	struct stream_out *out; /* NULL: text */
	struct lines *lines;
	char *text; /* not yet written */
	size_t text_len;
	int error;	   /* errno of a failed write */
	int ports;	   /* see scan/batch.h */
	uint64_t targets;  /* handed over so far */
	uint64_t position; /* after them */
};

/*
 * separator: NULL for a stream, else what stands between address and port of
 * a line. ports as in scan/batch.h. -1 and errno.
 */
int writer_open(struct writer *e, struct status *status, const char *separator,
    int ports);
struct writer_targets {
	uint64_t next; /* position after them */
	size_t n;      /* at most 4096 */
	int copy;      /* as in scan/batch.h */
	unsigned family;
	const uint32_t *addr;	 /* of family 4 */
	const struct ip6 *addr6; /* of family 6 */
	const uint16_t *port;
};

/* -1 and errno if writing has failed. */
int writer_put(struct writer *e, const struct writer_targets *t);
int writer_flush(struct writer *e);
/* Whether writing has failed; sets errno if so. */
int writer_failed(const struct writer *e);
/* The last status line, and the end by SIGPIPE. */
void writer_reader_gone(struct writer *e) __attribute__((noreturn));
/* For loops that wait for input: writes a status line when it is time. */
void writer_idle(struct writer *e);
/* The end of a stream and the last status line. */
int writer_end(struct writer *e, enum outcome outcome);
void writer_close(struct writer *e);

#endif
