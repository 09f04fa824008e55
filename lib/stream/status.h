/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status lines: one JSON object a second and one at the end, on the
 * descriptor that --status-fd names, for zmap-status and for scripts.
 *
 * Writing them never ends a stage and never holds it up (the last line waits
 * for a slow reader, a tenth of a second at most): a line that does not fit
 * into the pipe is dropped, and a reader that has gone is forgotten.
 */
#ifndef STATUS_H
#define STATUS_H
#include <stdbool.h>
#include <stdint.h>

#include "stream/dict.h"
#include "stream/stream.h"

struct status {
	int fd;		   /* -1: off */
	const char *stage; /* "targets", "send", ... */
	char scan_id[64];
	uint64_t shard, shards;
	uint64_t next_ns; /* monotonic, of the next line */
	uint64_t begin_ns;
	const char *outcome; /* for the last line, or NULL: not known */
};

/* fd -1 switches status lines off; the other calls then do nothing. */
void status_open(struct status *, int fd, const char *stage);

/*
 * Restarts the clock of `elapsed`, so that waiting for other stages does not
 * lower the average rate.
 */
void status_begin(struct status *);

/* Which scan the lines are about, once it is known. */
void status_scan(struct status *, const char *id, uint64_t shard,
    uint64_t shards);

/*
 * Writes what the scan is, as far as this stage knows, once:
 * {"stage":.., .., "facts":{"seed":1,"ports":[80,[8000,8100]],..}}.  Addresses
 * in typed arrays become text, other bytes hexadecimal.  A fact that would
 * make the line too long to be written in one piece is left out.
 */
void status_facts(struct status *, const struct dict *scan);

/* True once a second: time to collect the counters and write a line. */
bool status_due(struct status *);

/* Milliseconds until status_due, for poll(2); -1 if switched off. */
int status_wait(const struct status *);

/*
 * {"stage":..,"time":..,"elapsed":..,"scan":..,"shard":..,"shards":..,
 * counters.., and in the last one "outcome":.., "final":true}.  Times are
 * seconds.
 */
void status_line(struct status *, const struct counter *, bool final);

#endif
