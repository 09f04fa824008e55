/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of zmap-recv: frames in, validated answers out, from the header of
 * the scan to the end of its cooldown.
 *
 * Every frame is counted once: captured = received + kernel drops + unread,
 * received = valid + refused, by reason; and every valid answer is one record,
 * or is counted as lost in the queue.
 */
#ifndef RECEIVER_H
#define RECEIVER_H
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/outfile.h"
#include "probe/probe.h"
#include "recv/capture.h"
#include "recv/check.h"
#include "recv/coverage.h"
#include "recv/dedup.h"
#include "recv/dense.h"
#include "recv/solicited.h"
#include "recv/spool.h"
#include "scan/back.h"
#include "scan/scan.h"
#include "stream/status.h"
#include "stream/stream.h"

struct receiver_tally {
	uint64_t captured; /* frames that the kernel counted */
	uint64_t received; /* frames */
	uint64_t unread;   /* came when the scan was over */
	uint64_t refused[REFUSED_KINDS];
	uint64_t valid;
	uint64_t success, unique; /* unique: not repeats */
	uint64_t app_success, app_unique;
	uint64_t failure_unique;
	uint64_t repeats;
	uint64_t in_cooldown; /* valid */
	uint64_t cooldown_success, cooldown_unique;
	uint64_t late;	    /* new in the cooldown's last second */
	uint64_t forgotten; /* no memory left to know repeats */
	uint64_t kernel_drops, interface_drops;
	uint64_t queue_drops; /* of valid */
	uint64_t link_downs;
	uint64_t missed_ns;  /* of sending, before the capture was live */
	uint64_t unsent;     /* probes that the sender could not */
	uint64_t back_drops; /* that found no room on the way back */
};

struct receiver {
	/* All of these must be set. */
	const struct scan *scan;
	const struct probe *probe;
	struct probe_thread *thread;
	struct capture *capture;
	struct dedup *dedup;
	struct coverage *coverage; /* copies are counted, where it is open */
	struct solicited solicited;
	struct stream_in *in;	 /* behind its header */
	struct stream_out *keep; /* copy of in, or NULL */
	struct outfile *kept;	 /* that the copy goes into */
	struct stream_out *out;	 /* its header is written */
	struct spool *spool;	 /* that out goes into; started */
	struct status *status;
	const struct log *log;
	struct back_out *back; /* the way back, or NULL; closed by the loop */
	int out_fd;	       /* watched for its reader */
	int signal_fd;	       /* signalfd(2), or -1 */
	uint64_t live_ns;      /* clock_ns() when the capture was open */
	uint64_t boot;	       /* clock_boot() */
	uint64_t cooldown_ns;
	double min_hitrate;	    /* percent; 0: no guard */
	bool check_port;	    /* --validate-source-port */
	unsigned checks;	    /* --check, bits of check.h */
	struct check *check;	    /* or NULL, if there are none */
	uint64_t check_wait_ns;	    /* --check-wait */
	struct dense *dense;	    /* --dense, or NULL */
	struct outfile *dense_file; /* for it; the caller writes it */
	const char *only;	    /* --only-fields, or NULL */
	bool tell_answered;	    /* --resend silent: by the way back */
	bool by_responder; /* repeats are of who answers, not of targets */

	/* What came of it. */
	struct receiver_tally tally;
	char why[512];	/* of OUTCOME_FAILED */
	bool abandoned; /* the queue is not empty */
	bool hurried;	/* answers were not waited for */
};

/*
 * Runs until the scan is over and writes the end, and waits until the reader
 * has taken it.  OUTCOME_FAILED with why set if something broke; what had
 * arrived has been written all the same.
 */
enum outcome receiver_run(struct receiver *);

/*
 * Afterwards: a sentence on what was lost and what to do, 0 if nothing was
 * (that is known); one on whether a longer cooldown would have been better.
 */
int receiver_losses(const struct receiver *, char *buf, size_t size);
int receiver_advice(const struct receiver *, char *buf, size_t size);
/* One on how much was found, or why this is not known; 0: nothing to say. */
int receiver_coverage(const struct receiver *, char *buf, size_t size);

#endif
