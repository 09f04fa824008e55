/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: what others are told of a run: status lines, and events in the
 * stream.  The thread that reads our input passes events on, so what writes to
 * the stream holds a lock.
 */
#ifndef REPORT_H
#define REPORT_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "stream/counter.h"
#include "stream/status.h"
#include "stream/stream.h"

struct run;

struct report {
	struct stream_out *out;
	pthread_mutex_t lock; /* of out */
	struct status status;
	uint64_t next_ns; /* when the next progress event is due */
};

/* The counters of the stage.  Returns where more can follow. */
struct counter *report_counts(struct run *, struct counter *);

/*
 * A status line, if one is due or it is the last.  Not before the scan has
 * begun: a reader of status lines takes the first as its beginning.
 */
void report_status(struct run *, bool final);

/*
 * A progress event, if that cannot block: counts are cumulative, so the next
 * event has them.
 */
void report_progress(struct run *);

/* Any event; counters may be NULL. */
void report_event(struct run *, const char *what, const struct counter *);

/* Hands on an event of an earlier stage; ctx is the run. */
void report_pass(void *ctx, const struct stream_item *);

#endif
