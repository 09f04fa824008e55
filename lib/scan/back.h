/* SPDX-License-Identifier: Apache-2.0 */
/*
 * back: the way back, a stream of kind "back" (zmap-stream(5)), both ends.
 *
 *	zmap-targets | zmap-send | zmap-recv | zmap-out
 *	                   ^            |
 *	                   +--- back ---+
 *
 * Answers steer the sender by it.  A record is a batch of targets (batch.h)
 * and what is said of them; an event has numbers.  It is optional everywhere:
 * a scan without it, or with one end of it, works as scans do.
 *
 * The writer never waits: what finds no room in the pipe is dropped whole, and
 * counted.  The reader never waits either.  Opening cannot block, in whichever
 * order the two begin: zmap-send opens its end before its header goes out, and
 * zmap-recv opens its own when it has read that header.
 */
#ifndef BACK_H
#define BACK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan/batch.h"
#include "stream/counter.h"
#include "stream/stream.h"

/* What is said of a batch. */
enum back_what {
	BACK_PROBE,    /* has answered: one more probe, to this port */
	BACK_SIBLING,  /* has not: one probe, if the scan may go there */
	BACK_AGAIN,    /* has answered: one more probe, for the same answer */
	BACK_ANSWERED, /* has answered: later copies of it can be left out */
	BACK_WHATS
};

#define BACK_REASON_MAX 64

/*
 * The number of a sibling's probe, where each target gets n probes.  It tells
 * the answer of a sibling from those of targets.
 */
#define BACK_SIBLING_NUMBER(probes) (2 * (probes))
#define BACK_SIBLING_PORTS(probes)  (4 * (probes))
/* The same of a probe to one that is asked again. */
#define BACK_AGAIN_NUMBER(probes) (4 * (probes))
#define BACK_AGAIN_PORTS(probes)  (6 * (probes))

/*
 * The FIFO at path, for the writer and the reader.  -1 with the reason in why;
 * for the writer, with why "" if it is not open for reading anywhere.  That is
 * no error: this scan has no way back.
 */
int back_open_out(const char *path, char *why, size_t size);
int back_open_in(const char *path, char *why, size_t size);
/* The same of a descriptor that another program has opened. */
int back_take_fd(int fd, char *why, size_t size);

/* --- writing --- */

struct back_out;

/*
 * fd becomes the stream's.  scan: its id.  with_ports: targets have ports.
 * Writes the header.  SIGPIPE must be ignored.  NULL for lack of memory.
 */
struct back_out *back_out_new(int fd, unsigned family, bool with_ports,
    const char *scan);

/*
 * One target, big-endian, which leaves with the next flush, or before.
 * reason: a word for people, which lasts, or NULL.
 */
void back_out_target(struct back_out *, enum back_what, const char *reason,
    const unsigned char *address, uint16_t port);
void back_out_event(struct back_out *, const char *name,
    const struct counter *);
void back_out_flush(struct back_out *);

/* Targets and events that found no room, or no reader. */
uint64_t back_out_dropped(const struct back_out *);

/* Says the end, closes the descriptor and frees. */
void back_out_close(struct back_out *);

/* --- reading --- */

struct back_message {
	bool event; /* then only item is set */
	const struct stream_item *item;
	enum back_what what;
	char reason[BACK_REASON_MAX]; /* or "" */
	struct batch batch;
};

struct back_in;

/* fd becomes the stream's.  NULL for lack of memory. */
struct back_in *back_in_new(int fd, unsigned family, bool with_ports);
void back_in_free(struct back_in *);

/*
 * The next message, valid until the next call: 1; 0: none now; -1: no more
 * will come, and why not in back_in_error, NULL if it was said or the writer
 * is gone.  What this version does not know is left out.
 */
int back_in_next(struct back_in *, struct back_message *);
const char *back_in_error(const struct back_in *);

int back_in_fd(const struct back_in *); /* for poll(2), -1 at the end */
/* There is a writer: it has said its header, and not its end. */
bool back_in_live(const struct back_in *);

#endif
