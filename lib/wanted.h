/*
 * What the command line of zmap-targets asks for, checked, and the plan that
 * comes of it.
 */
#ifndef WANTED_H
#define WANTED_H

#include "checkpoint.h"
#include "intake.h"
#include "option.h"
#include "plan.h"

struct wanted {
	struct intake in;
	struct plan_wish wish;
	int has_seed, has_shards, has_shard, has_start;
	int no_blacklist, in_order, count;
	const char *ports, *resume, *where;
	const char *separator; /* of lines of text; NULL: a stream */
	uint64_t start;
	int status_fd; /* or -1 */
	unsigned verbosity;
	struct checkpoint checkpoint; /* what --resume names */
	int unguarded;	/* there is no blacklist: worth a warning */
	char why[1024]; /* of a failure, or "": see errno */
};

void wanted_init(struct wanted *w);

/* All of these return -1 on failure. */
/* An option that is not --help or --version; an operand. */
int wanted_option(struct wanted *w, const struct options *o, int id);
int wanted_operand(struct wanted *w, const char *text);
/* Whether they go together. */
int wanted_check(struct wanted *w);

int wanted_ports(struct wanted *w, struct ports *p);
/*
 * Opens all files, and reads the one of --resume; seed and shard are then
 * taken from it.
 */
int wanted_ready(struct wanted *w);
/* Reads all lists and goes to where the scan is to begin. */
int wanted_plan(struct wanted *w, struct plan *p);
void wanted_free(struct wanted *w);

/* Without a blacklist, more addresses than a /8 has must be meant. */
#define WANTED_UNGUARDED_MAX (UINT32_C(1) << 24)

#endif
