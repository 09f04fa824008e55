/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper: what has to do with files while a scan is sent, in a thread of its
 * own, so that a slow disk delays nothing else: the checkpoint every few
 * seconds, and the list of networks that asked to be left alone.
 */
#ifndef KEEPER_H
#define KEEPER_H
#include <stddef.h>

#include "addr/optout.h"
#include "base/log.h"
#include "probe/probe.h"
#include "scan/facts.h"
#include "send/rate.h"
#include "send/work.h"

struct keeper_config {
	const char *checkpoint;	   /* path, or NULL */
	const char *exclude;	   /* path, or NULL */
	bool claims;		   /* the checkpoint is this scan's alone */
	uint64_t lag_ns;	   /* how long answers may take */
	const struct facts *facts; /* of the input's header */
	const struct probe *probe;
	const char *probe_args; /* or NULL */
	unsigned probes;	/* to each target */
	struct work *work;
	struct rate *rate; /* to be kept as well, or NULL */
	const struct log *log;
};

struct keeper;

/*
 * Reads the list.  NULL with the reason in why; nothing is started yet.
 */
struct keeper *keeper_new(const struct keeper_config *, char *why, size_t size);
struct optout *keeper_exclude(const struct keeper *); /* or NULL */

/* The rate at which this scan stopped; 0: it begins, or that is not known. */
double keeper_rate(const struct keeper *);

/*
 * For after the rights have gone: whether the checkpoint can be written, and
 * the list be read.  1 if another scan is at work with the checkpoint, -1 if it
 * is something else; both with the reason in why.
 */
int keeper_check(struct keeper *, char *why, size_t size);

int keeper_start(struct keeper *); /* 0, or -1 with errno */

/*
 * The scan has been accepted, and now begins: the first checkpoint takes the
 * place of what is there.  -1 with the reason in why.
 */
int keeper_begin(struct keeper *, char *why, size_t size);

void keeper_reread(struct keeper *); /* the list, now */

enum keeper_end {
	KEEPER_LOST,	/* no stage waits for the answers that are still due */
	KEEPER_STOPPED, /* before the end */
	KEEPER_DONE,
};

/* Ends the thread and writes the last checkpoint; -1 if it cannot. */
int keeper_stop(struct keeper *, enum keeper_end, char *why, size_t size);

#endif
