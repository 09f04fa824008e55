/* SPDX-License-Identifier: Apache-2.0 */
/* Counters for Prometheus; see record.h. */
#include "show/record.h"

#include <inttypes.h>

static void
metric_head(FILE *file, const char *name, const char *type, const char *help)
{
	fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void
record_prometheus(FILE *file, const struct reports *f, const struct progress *p)
{
	const struct reports_shard *s;
	const struct reports_stage *g;
	const struct counter_row *row;
	enum counter_id id;
	size_t k;

	for (id = 0; id < COUNTERS; id++) {
		row = &counter_table[id];
		if (row->metric == NULL)
			continue;
		metric_head(file, row->metric,
		    row->kind == COUNTER_GROWS ? "counter" : "gauge",
		    row->help);
		for (k = 0; k < f->nshards; k++) {
			s = &f->shards[k];
			g = reports_stage(s, row->stage);
			if (g == NULL)
				continue;
			fprintf(file,
			    "%s{scan=\"%s\",shard=\"%" PRIu64 "\"} %" PRIu64
			    "\n",
			    row->metric, s->scan, s->shard,
			    reports_count(g, id));
		}
	}
	metric_head(file, "zmap_progress_ratio", "gauge",
	    "Share of the scan's time that has passed");
	fprintf(file, "zmap_progress_ratio %g\n", p->percent / 100);
	metric_head(file, "zmap_elapsed_seconds", "gauge",
	    "Seconds since the scan began");
	fprintf(file, "zmap_elapsed_seconds %.3f\n", p->elapsed);
	metric_head(file, "zmap_left_seconds", "gauge",
	    "Seconds that it will still take, estimated");
	if (p->left < 0)
		fputs("zmap_left_seconds NaN\n", file);
	else
		fprintf(file, "zmap_left_seconds %.3f\n", p->left);
}
