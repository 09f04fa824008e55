/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection, from the socket to the report.  Private to grab.c and
 * conn.c.
 */
#ifndef CONN_H
#define CONN_H
#include <event2/event.h>
#include <event2/event_struct.h>

#include "grab.h"
#include "results.h"
#include "sink.h"

enum conn_state {
	CONN_CONNECTING,
	CONN_SHAKING,
	CONN_SENDING,
	CONN_READING,
};

struct conn {
	struct grab *grab;
	struct conn *next; /* of those that are free */
	struct host host;
	int fd; /* -1: free */
	enum conn_state state;
	short wanted; /* EV_READ or EV_WRITE, waited for */
	struct event event;
	SSL *ssl;
	int error;	    /* what has ended it; bytes may be left to read */
	size_t sent;	    /* of the request */
	unsigned char *buf; /* what came */
	size_t size, room;
	uint64_t begin_ns; /* monotonic, all of these */
	uint64_t connected_ns, first_ns;
	uint64_t phase_ns; /* when this state is too late */
	uint64_t deadline_ns;
	uint64_t wall_ns; /* begin_ns on the wall clock */
};

struct grab {
	struct grab_config config;
	struct event_base *base;
	struct event *input, *output, *tick, *end;
	struct event *signals[2];
	struct host_source *source;
	struct sink sink;
	struct results results; /* of REPORT_CBOR */
	SSL_CTX *tls;

	struct conn *conns; /* config.concurrent */
	struct conn *free;
	unsigned open;

	struct host *queue; /* a ring of queue_room */
	size_t queue_room, queue_at, queued;

	bool input_ended;
	bool input_file; /* readable always */
	bool input_on;	 /* its event is waited for */
	uint64_t stalled_since, stalled_ns;
	bool stalled_said;
	bool local_said;
	int interrupts;
	bool over_time;
	bool broken; /* why says it; no more input */

	uint64_t begin_ns;
	uint64_t taken, skipped, bad, dropped;
	uint64_t count[REPORT_STATUSES];
	uint64_t bytes;
	struct status *status;
	enum outcome outcome;
	char why[300];
};

/*
 * Begins on the connection that is the first free one.  -1 with errno: this
 * machine is out of something that it will have again when another
 * connection ends.
 */
int conn_begin(struct conn *, const struct host *);

/* Ends it because of a signal or the end of the time. */
void conn_interrupt(struct conn *);

#endif
