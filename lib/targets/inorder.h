/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets as they come: lists taken in their own order, also from an input
 * that never ends, each entry passed on as soon as it has been read.
 *
 * Nothing is remembered, so an address listed twice is a target twice, and
 * how many there will be is not known. A position is the number of targets
 * before it; shards take turns, target by target.
 */
#ifndef INORDER_H
#define INORDER_H
#include <signal.h>
#include <stdbool.h>

#include "addr/ports.h"
#include "addr/networks.h"
#include "targets/iid.h"
#include "targets/lists.h"
#include "targets/plan.h"
#include "targets/writer.h"

struct inorder {
	unsigned family;	      /* 4 or 6; 0: that of the first entry */
	const struct networks *allow; /* NULL: all */
	const struct networks *block;
	const struct ports *ports; /* for entries without one */
	const struct iids *iids;   /* of windows; wish.seed goes with them */
	struct plan_wish wish;	   /* shards and limit */
	uint64_t start;		   /* leave out what comes before */
	uint64_t entry_max;	   /* addresses in one entry */
	const volatile sig_atomic_t *stop;
	int wake; /* readable when *stop is set */
	struct writer *emit;
	char *const *argv;  /* for the header's history */
	const char *expect; /* the scan id that it must have */
	/* the rest is private, and 0 at the beginning */
	bool begun;    /* the header is written */
	uint64_t seen; /* targets so far, of all shards */
	size_t n;      /* of them not yet handed to emit */
	uint32_t addr[PLAN_BATCH];
	struct ip6 addr6[PLAN_BATCH];
	uint16_t port[PLAN_BATCH];
	unsigned length; /* of the prefixes that maker is for, or 0 */
	struct iid_maker maker[IID_MAX];
	size_t makers;
	char why[256];
};

/*
 * Hands all targets of the lists of one part to f->emit, up to the limit or
 * until *stop is set. -1: in->why, or errno if it is empty; what came before
 * has been handed over.
 */
int inorder_run(struct inorder *f, struct lists *in, enum selection_part part);

#endif
