/* SPDX-License-Identifier: Apache-2.0 */
/* Counters for Prometheus; see record.h. */
#include "show/record.h"

#include <inttypes.h>
#include <string.h>

#include "base/outcome.h"
#include "base/shown.h"
#include "show/said.h"

static void
metric_head(FILE *file, const char *name, const char *type, const char *help)
{
	fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: printable, and what would end it is escaped. */
static void
metric_label(FILE *file, const char *name, const char *value)
{
	char text[1024], *c;

	if (value == NULL)
		return;
	shown(text, sizeof text, value, strlen(value));
	fprintf(file, ",%s=\"", name);
	for (c = text; *c != '\0'; c++)
		fprintf(file, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
	fputc('"', file);
}

/*
 * The id of a scan is that of its targets: two scans of the same ones with
 * other probes are told apart by what these are.
 */
static void
metric_labels(FILE *file, const struct reports *f, const char *scan,
    const char *shard)
{
	fprintf(file, "{scan=\"%s\",shard=\"%s\"", scan, shard);
	metric_label(file, "probe", said_text(f, "probe"));
	metric_label(file, "probe_args", said_text(f, "probe_args"));
	fputs("} ", file);
}

/* Of all shards in this file together. */
static void
sample(FILE *file, const struct reports *f, const char *name, double v)
{
	char shard[24] = "all";

	if (f->nshards == 1)
		snprintf(shard, sizeof shard, "%" PRIu64, f->shards[0].shard);
	fputs(name, file);
	metric_labels(file, f, f->nshards > 0 ? f->shards[0].scan : "", shard);
	fprintf(file, "%.15g\n", v);
}

/*
 * The worst that a stage says came of it; false if one has not ended.  One that
 * says nothing when all is over has been killed.
 */
static bool
exit_status(const struct reports *f, bool over, enum outcome *worst)
{
	const struct reports_shard *s;
	const char *outcome;
	size_t i, k;

	*worst = OUTCOME_DONE;
	for (i = 0; i < f->nshards; i++)
		for (s = &f->shards[i], k = 0; k < s->nstages; k++) {
			if (strcmp(s->stages[k].name, "targets") == 0 ||
			    !reports_ran(&s->stages[k]))
				continue;
			outcome = reports_outcome(&s->stages[k]);
			if (outcome == NULL && !s->stages[k].final && !over)
				return false;
			if (outcome == NULL && !s->stages[k].final)
				outcome = "failed";
			if (outcome != NULL)
				*worst = outcome_worse(*worst,
				    outcome_parse(outcome, strlen(outcome)));
		}
	return f->nshards > 0;
}

static void
whole_scan(FILE *file, const struct reports *f, const struct progress *p)
{
	double begin, end;
	enum outcome worst;
	bool ended = exit_status(f, p->over, &worst);

	metric_head(file, "zmap_progress_ratio", "gauge",
	    "Share of the scan's time that has passed");
	sample(file, f, "zmap_progress_ratio", p->percent / 100);
	metric_head(file, "zmap_elapsed_seconds", "gauge",
	    "Seconds since the scan began");
	sample(file, f, "zmap_elapsed_seconds", p->elapsed);
	metric_head(file, "zmap_left_seconds", "gauge",
	    "Seconds that it will still take, estimated; absent if unknown");
	if (p->left >= 0)
		sample(file, f, "zmap_left_seconds", p->left);
	said_span(f, "send", &begin, &end);
	metric_head(file, "zmap_start_time_seconds", "gauge",
	    "When sending began, in seconds since 1970");
	if (begin > 0)
		sample(file, f, "zmap_start_time_seconds", begin);
	said_span(f, "recv", &begin, &end);
	metric_head(file, "zmap_end_time_seconds", "gauge",
	    "When receiving ended; absent until then");
	if (ended && end > 0)
		sample(file, f, "zmap_end_time_seconds", end);
	metric_head(file, "zmap_exit_status", "gauge",
	    "Exit status of the scan, as zmap(7) has them; absent until it ends");
	if (ended)
		sample(file, f, "zmap_exit_status", worst);
	/* the last, and always there: who reads the file sees it whole */
	metric_head(file, "zmap_complete", "gauge",
	    "1 if the scan has ended and did all that it was to do");
	sample(file, f, "zmap_complete", ended && p->complete);
}

void
record_prometheus(FILE *file, const struct reports *f, const struct progress *p)
{
	const struct reports_shard *s;
	const struct reports_stage *g;
	const struct counter_row *row;
	enum counter_id id;
	char shard[24];
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
			snprintf(shard, sizeof shard, "%" PRIu64, s->shard);
			fputs(row->metric, file);
			metric_labels(file, f, s->scan, shard);
			fprintf(file, "%" PRIu64 "\n", reports_count(g, id));
		}
	}
	whole_scan(file, f, p);
}
