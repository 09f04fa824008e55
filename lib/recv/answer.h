/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a captured frame to a record of results: which frames the kernel should
 * let through, which of them are answers to this scan, and what is written of
 * an answer.
 */
#ifndef ANSWER_H
#define ANSWER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/mac.h"
#include "probe/packet.h"
#include "probe/probe.h"
#include "probe/validate.h"
#include "recv/check.h"
#include "recv/dedup.h"
#include "scan/scan.h"
#include "stream/stream.h"

struct answers {
	/* All of these must be set. */
	const struct scan *scan;
	const struct probe *probe;
	struct probe_thread *thread;
	bool check_port;   /* --validate-source-port */
	int link;	   /* pcap's DLT_* of the frame to read */
	bool with_dense;   /* records have the field of dense.h, too */
	const char *dense; /* the prefix that this answer is in, or NULL */
	unsigned tail; /* fields behind all others, which the caller writes */
	const struct check *check; /* or NULL */
	bool control;		   /* hosts are asked again (control.h) */
	const char *only;	   /* as in answer_extra */
	struct dedup *dedup;	   /* to be asked about the answer, or NULL */
	enum check_kind kind;	   /* of what answer_read gave out */

	unsigned copy; /* which copy of its target was answered; 0: not known */
	unsigned mark; /* of its block of time: 0 or 1 */

	/* The rest is internal. */
	struct validate validate;
	unsigned char *scratch;
	unsigned char *record; /* with a tail, of STREAM_ITEM_MAX bytes */
	struct mac_text mac;   /* of the record */
	size_t nmodule, nsix;
	struct value values[FIELD_MAX];
	uint8_t written[FIELD_MAX]; /* which of them are in a record */
	size_t nwritten;
};

/* Fields that only some scans have. */
struct answer_extra {
	bool six;	/* of IPv6 */
	bool dense;	/* of dense.h */
	unsigned check; /* bits of check.h; they are the tail */
	/*
	 * The fields to write besides the tail, in their usual order; NULL, or
	 * a list with a name that no field has: all.
	 */
	const char *only;
};

/* How many fields of a tail are of these. */
unsigned answer_tail(unsigned check);

/* Prints the fields as users know them, a line each. */
void answer_list(FILE *, const struct probe *, const struct answer_extra *);

/* Writes the header of results, made from that of probes.  -1 with errno. */
int answer_begin(struct stream_out *, const struct header *from,
    const struct probe *, const struct answer_extra *, char *const argv[]);

/* The module's prepare, for this scan.  -1 with the reason in *why. */
int answer_prepare(const struct probe *, struct probe_thread *,
    const struct scan *, const char **why);

int answer_init(struct answers *); /* -1 for lack of memory */
void answer_done(struct answers *);

/*
 * Takes a frame apart and validates it.  REFUSED_NOT: it is an answer, its
 * fields are filled, and what follows may be asked about it.
 */
enum refusal answer_read(struct answers *, const unsigned char *frame,
    size_t caplen, size_t len, uint64_t time_ns, struct reply *);
bool answer_success(const struct answers *);
bool answer_app_success(const struct answers *);
/* false: its round-trip time is not known. */
bool answer_rtt(const struct answers *, uint64_t *us);

/*
 * With a tail: the record without it, in *record, which stays until the
 * next; 0: it does not fit.
 */
size_t answer_record(struct answers *, const struct reply *, bool repeat,
    bool cooldown, const unsigned char **record);

/* Writes the record.  A failure stays in the stream. */
void answer_write(struct answers *, const struct reply *, bool repeat,
    bool cooldown, struct stream_out *);

#endif
