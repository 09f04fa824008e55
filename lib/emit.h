/*
 * Where targets go: records of a stream, or lines of text, on stdout. Both
 * are collected and written in large pieces, and status lines go on while the
 * reader is slow.
 */
#ifndef EMIT_H
#define EMIT_H

#include <stdint.h>

#include "status.h"
#include "stream.h"

struct lines;

struct emit {
	struct status *status;
	struct stream_out *out; /* NULL: text */
	struct lines *lines;
	char *text; /* not yet written */
	size_t text_len;
	int error;	   /* errno of a failed write */
	int ports;	   /* see targets.h */
	uint64_t targets;  /* handed over so far */
	uint64_t position; /* after them */
};

/*
 * separator: NULL for a stream, else what stands between address and port of
 * a line. ports as in targets.h. -1 and errno.
 */
int emit_open(struct emit *e, struct status *status, const char *separator,
    int ports);
/* At most 4096 targets; -1 and errno if writing has failed. */
int emit_put(struct emit *e, uint64_t next, const uint32_t *addr,
    const uint16_t *port, size_t n);
int emit_flush(struct emit *e);
/* Whether writing has failed; sets errno if so. */
int emit_failed(const struct emit *e);
/* For loops that wait for input: writes a status line when it is time. */
void emit_idle(struct emit *e);
/* The end of a stream and the last status line. */
int emit_end(struct emit *e, enum outcome outcome);
void emit_close(struct emit *e);

#endif
