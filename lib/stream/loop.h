/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of every stage that reads a stream and has nothing else to wait
 * for: filters and formats.  It copies headers, passes events on, writes the
 * end with counters that add up, keeps status lines going, and says how it
 * came out.
 */
#ifndef LOOP_H
#define LOOP_H
#include "stream/status.h"
#include "stream/stream.h"

struct loop {
	const char *name;  /* for messages, end, status */
	char *const *argv; /* for the history */
	struct stream_in *in;
	struct stream_out *out; /* NULL: writes no stream */
	struct status *status;	/* may be NULL */
	/* Tells status lines which scan a header is about; with status. */
	void (*identify)(struct status *, const struct dict *scan);
	bool to_stdout; /* ends when its reader has gone */
	void *ctx;

	/*
	 * Called with this segment's header: the one that goes out, to be
	 * edited, or the one that came in if there is no out.  May be NULL.
	 * All callbacks return -1 to fail with a reason in why.
	 */
	int (*header)(struct loop *, struct header *);

	/* 1: pass on (or: written out), 0: leave out.  Must be set. */
	int (*record)(struct loop *, const struct stream_item *);

	/* How a record is passed on, with errno; NULL: byte for byte. */
	int (*write)(struct loop *, const struct stream_item *);

	/* Events and ends, which are passed on besides.  May be NULL. */
	int (*event)(struct loop *, const struct stream_item *);

	/* Before a read that may block: flush.  May be NULL. */
	int (*idle)(struct loop *);

	char *const *files; /* names of those that are read, or NULL */
	/*
	 * After the last item, given what came of it: close the output.  What
	 * this returns is what came of all, and what the last status line and
	 * loop_run say.  May be NULL.
	 */
	enum outcome (*finish)(struct loop *, enum outcome);

	const struct stream_item *item; /* that a callback is for */
	bool done;			/* set by a callback: stop */
	bool greeted;			/* our reader is ready */
	bool reader_gone;		/* ours; may be set by a callback */
	enum outcome outcome;		/* of a failed callback */
	char why[512];
	uint64_t taken, passed; /* records */
};

/*
 * Runs to the end of the input and returns the outcome for exit(3).  Where the
 * reader has gone, it ends the program by SIGPIPE, after the last report.  On
 * OUTCOME_FAILED and OUTCOME_MISUSED, why says what happened; it is empty if
 * only an earlier stage failed, which has said so itself.
 */
enum outcome loop_run(struct loop *);

#endif
