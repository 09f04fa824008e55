/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dryrun: what would be sent, printed instead.  No socket is opened.
 *
 *	tcp { source: 40823 | dest: 80 | seq: 3694392976 | checksum: 0X3880 }
 *	ip { saddr: 192.0.2.2 | daddr: 1.1.1.1 | checksum: 0X8152 }
 *	eth { shost: 02:fc:00:00:00:01 | dhost: 00:11:22:33:44:55 }
 *	------------------------------------------------------
 */
#ifndef DRYRUN_H
#define DRYRUN_H
#include <stdbool.h>
#include <stdio.h>

#include "addr/optout.h"
#include "base/outcome.h"
#include "send/form.h"
#include "send/rate.h"
#include "stream/stream.h"

struct dryrun {
	struct probe_thread probe;
	const struct form *form;
	unsigned family;	/* of the targets */
	bool ethernet;		/* print the link header */
	bool binary;		/* address and port as bytes */
	struct optout *exclude; /* or NULL */
	unsigned char frame[IO_ETHERNET + FORM_ROOM];
	FILE *out;
};

/* 0, or -1 with *why. */
int dryrun_open(struct dryrun *, const struct form *, const char **why);
void dryrun_close(struct dryrun *);

/*
 * Prints the probes for a whole stream, at this rate, until `end` (clock_ns;
 * 0: no limit).  What it says of the outcome is that of earlier stages;
 * OUTCOME_FAILED with the reason in why.
 */
enum outcome dryrun_all(struct dryrun *, struct stream_in *, struct rate *,
    uint64_t end, char *why, size_t size);

#endif
