/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status lines (lib/stream/status.h) of any number of stages and shards, mixed
 * in any way, put together: for each stage of each shard its latest counters,
 * what it said the scan is, and how fast its counters grow.
 *
 * A stage that was started again (a scan resumed) counts on from where its
 * first run stopped; the pause between them is left out of its time.  One that
 * begins where the first did is a scan of its own: of the older one, nothing is
 * kept.
 */
#ifndef REPORTS_H
#define REPORTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/counter.h"

struct json_object;

struct reports_point {
	struct json_object *line;
	double time;	/* seconds since 1970 */
	double elapsed; /* of the stage */
};

struct reports_stage {
	char name[16];
	struct reports_point last, before;
	struct json_object *past; /* counters of earlier runs */
	double past_elapsed;
	double began; /* time of the first run */
	double begin; /* the same, had there been no pauses */
	/* that this run is to take, as it says itself; 0: it does not */
	uint64_t targets;
	bool final;
	double seen; /* when, by our clock */
};

struct reports_shard {
	char scan[64];
	uint64_t shard, shards;
	struct reports_stage *stages;
	size_t nstages;
	struct json_object *facts; /* of all stages, merged */
	double ahead;		   /* of its clock: ours, in seconds */
	uint64_t first;		   /* position at which it began */
};

struct reports {
	struct reports_shard *shards;
	size_t nshards;
	/* What the programs were told, and what holds without; or NULL. */
	struct json_object *options, *defaults;
	bool started; /* probes are sent, or awaited */
	/*
	 * Set by who reads lines as they come, from other hosts: their clocks
	 * may be wrong, so times are put right by the moment of arrival.
	 */
	bool live;
};

/* A line, without newline; now: our clock.  -1 with a reason in *why. */
int reports_line(struct reports *, const char *, size_t, double now,
    const char **why);
void reports_free(struct reports *);

/* Takes back all of a shard, of which a newer scan has come. */
void reports_forget(struct reports *, const char *scan, uint64_t shard);

struct reports_stage *reports_stage(const struct reports_shard *, const char *);

/* Has it counted anything, now or in an earlier run? */
bool reports_ran(const struct reports_stage *);

/*
 * A counter of a stage (0 without stage or counter), what its present run
 * added to it, and all shards' counters.
 */
uint64_t reports_count(const struct reports_stage *, enum counter_id);
uint64_t reports_now(const struct reports_stage *, enum counter_id);
bool reports_has(const struct reports_stage *, enum counter_id);
uint64_t reports_sum(const struct reports *, enum counter_id);

/* Its growth in a second, by the last two lines; 0 once it has ended. */
double reports_rate(const struct reports_stage *, enum counter_id);

/* Seconds that it has been running. */
double reports_elapsed(const struct reports_stage *);

/* A number among the facts, and a fact of the first shard that has it. */
bool reports_fact(const struct reports_shard *, const char *name, uint64_t *);
struct json_object *reports_any_fact(const struct reports *, const char *name);

/*
 * What a stage says in its last line came of it ("done", "interrupted"), NULL
 * if it does not say.
 */
const char *reports_outcome(const struct reports_stage *);

/*
 * The option of a program: as it was given, or NULL; and as it is in force,
 * which may be its default.  The others want a number or a text: what does not
 * fit is none, or NULL.
 */
struct json_object *reports_given(const struct reports *, const char *name);
struct json_object *reports_option(const struct reports *, const char *name);
double reports_number(const struct reports *, const char *name, double none);
const char *reports_text(const struct reports *, const char *name);

#endif
