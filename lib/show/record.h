/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What remains of a scan when it is over, from its status lines: ZMap's
 * metadata (JSON), its summary (lines for grep), and counters for Prometheus.
 */
#ifndef RECORD_H
#define RECORD_H
#include <stdio.h>

#include "show/progress.h"
#include "show/reports.h"

/* One JSON object and a newline.  -1: lack of memory. */
int record_metadata(FILE *, const struct reports *, const struct progress *);

/* cnf, env, exc and adv lines: name and value, by tabs. */
void record_summary(FILE *, const struct reports *, const struct progress *);

/*
 * Text that is JSON and nothing else; *o is NULL for null.  -1: it is not, or
 * lack of memory.
 */
int record_parse(const char *text, struct json_object **o);

/* The text format of Prometheus, as node_exporter reads it from files. */
void record_prometheus(FILE *, const struct reports *, const struct progress *);

#endif
