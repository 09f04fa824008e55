/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line of zmap-targets asks for, checked, and the plan that
 * comes of it.
 */
#ifndef REQUEST_H
#define REQUEST_H
#include <stdbool.h>

#include "cli/option.h"
#include "cli/shard-auto.h"
#include "scan/checkpoint.h"
#include "targets/lists.h"
#include "targets/plan.h"

struct request {
	struct lists in;
	unsigned family; /* 4 or 6, or 0: that of the targets */
	struct iids iids;
	struct plan_wish wish;
	bool has_seed, has_shards, has_shard, has_start;
	bool no_blacklist, in_order, count;
	const char *shard_engine; /* to be asked for the shard, or NULL */
	struct shard_auto engine; /* what it said */
	const char *seed_text;	  /* that the seed is made of, or NULL */
	unsigned copies;	  /* of each target */
	double spread;		  /* seconds between them */
	double rate, bandwidth, rate_share; /* of zmap-send; 0: no limit */
	uint64_t running; /* shards that share the rate; 0: one */
	const char *ports, *resume, *where;
	const char *scan_id;   /* that it has to be, or NULL */
	const char *separator; /* of lines of text; NULL: a stream */
	uint64_t start;
	struct checkpoint checkpoint; /* what --resume names */
	/* addresses before and after the blacklist; 2^64 - 1 at most */
	uint64_t asked, left;
	uint64_t skipped_targets, skipped_blocks; /* of the other family */
	bool unguarded; /* there is no blacklist: worth a warning */
	char why[1024]; /* of a failure, or "": see errno */
};

void request_init(struct request *w);

/* All of these return -1 on failure. */
/* An option that is not one of all programs; an operand. */
int request_option(struct request *w, const struct options *o, int id);
int request_operand(struct request *w, const char *text);
/* Whether they go together. */
int request_check(struct request *w);

int request_ports(struct request *w, struct ports *p);
/* Draws a seed, if none is given. */
int request_seed(struct request *w);
/*
 * Opens all files, and reads the one of --resume; seed and shard are then
 * taken from it.
 */
int request_ready(struct request *w);
/* Reads all lists and goes to where the scan is to begin. */
int request_plan(struct request *w, struct plan *p);
void request_free(struct request *w);

/* Without a blacklist, more addresses than a /8 of IPv4 has must be meant. */
#define WANTED_UNGUARDED_MAX (UINT32_C(1) << 24)

#endif
