/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a scan stands, computed from its status lines: what zmap-status shows
 * and writes.  Several shards count as one scan that runs in parallel.
 */
#ifndef PROGRESS_H
#define PROGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reports;

/* A count, by how much it grew in the last second, and on average. */
struct progress_count {
	uint64_t total;
	double rate, average; /* per second */
};

struct progress {
	double elapsed; /* seconds since the scan began */
	double left;	/* seconds, estimated; -1: unknown */
	double percent; /* of the time it takes; 0 to 100 */
	double hitrate; /* percent of the targets probed */
	double app_hitrate;
	bool over;     /* there are no more reports */
	bool sent;     /* all senders have ended */
	bool complete; /* and did what they were to do */
	bool has_loss; /* of one scan, in percent, and half its interval */
	double loss, loss_wide;
	bool has_app;	  /* the probe has an application level */
	unsigned senders; /* threads that still send */
	uint64_t targets; /* probed so far */

	struct progress_count packets, failures;
	struct progress_count hits; /* first success of a target */
	struct progress_count app_hits;
	struct progress_count received; /* frames captured */
	struct progress_count drops;	/* by kernel, device, queue */
};

/*
 * Computes all of it; `before` is the result of the last call (zeros at
 * first), so that the percentage never falls.  over: there will be no more
 * reports.
 */
void progress_compute(struct progress *, const struct progress *before,
    const struct reports *, double now, bool over);

/*
 * The line for people, at most size bytes, in the form of the first ZMap:
 *
 *	0:12 10% (1m48s left); send: 28777 562 Kp/s (560 Kp/s avg); recv: 1192
 *	248 p/s (231 p/s avg); drops: 0 p/s (0 p/s avg); hits: 4.14%
 */
void progress_line(const struct progress *, char *, size_t size);

/* A time that has passed: "1:53", "2d3:00:02". */
void progress_clock(double seconds, char *, size_t size);

/* A line of ZMap's --status-updates-file, and the line above them all. */
void progress_csv(const struct progress *, char *, size_t size);
extern const char progress_csv_header[];

/*
 * Words of warning, if answers are dropped or probes fail more than they
 * should in this second; NULL if all is well.
 */
const char *progress_warning(const struct progress *, char *, size_t size);

#endif
