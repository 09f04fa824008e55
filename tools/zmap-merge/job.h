/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of zmap-merge share: main is in tools/zmap-merge.c.
 */
#ifndef MERGE_JOB_H
#define MERGE_JOB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recv/distinct.h"
#include "scan/together.h"
#include "stream/stream.h"
#include "stream/sums.h"

struct job {
	char *const *argv;
	struct distinct_config config;
	struct distinct *distinct;
	struct together all;
	struct stream_out *out;
	struct shards shards;
	char **commands; /* for each shard that is not complete, or NULL */
	struct sums *sums;
	uint64_t in, written, cut;
	bool damaged, lost;

	/* Of the run that is being read: */
	struct shards_run run;
	bool running;
	size_t from[FIELD_MAX]; /* where the fields of all are in it */
	bool same;		/* they are at the same places */
	size_t repeat;		/* where all has this field */
	struct value values[FIELD_MAX];
};

/* --- zmap-merge.c --- */

void __attribute__((noreturn, format(printf, 2, 3)))
merge_refuse(const char *name, const char *fmt, ...);

/* A header: refuses that of another scan. */
void merge_learn(struct job *, const char *name, const struct header *);

void merge_begin_output(struct job *);
void merge_write_values(struct job *); /* a record with the fields of all */
/* Ends the program if rc is -1. */
void merge_check_write(struct job *, int rc);

/* --- runs.c --- */

void merge_read_file(struct job *, int fd, const char *name);

/* --- missing.c --- */

/* Shards that are complete; *outcome gets what the others make of it. */
uint64_t merge_tell_shards(struct job *, enum outcome *);

#endif
