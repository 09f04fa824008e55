/* SPDX-License-Identifier: Apache-2.0 */
/* Status lines put together; see reports.h. */
#include "show/reports.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

#define DEPTH_MAX  8 /* of JSON in JSON */
#define SHARDS_MAX 65536

/* Two lines closer than this make no rate. */
#define RATE_SECONDS 0.5

/* What a line may say: seconds since 1970, up to the year 9999, and of age. */
#define TIME_MAX    253402300799.0
#define ELAPSED_MAX 1e10

#define SECONDS_MIN 1e-3 /* a rate of less would be noise */

static const char *
text(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static bool
number(struct json_object *o, const char *key, double *d)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) ||
	    !(json_object_is_type(v, json_type_int) ||
		json_object_is_type(v, json_type_double)))
		return false;
	*d = json_object_get_double(v);
	return true;
}

static uint64_t
whole(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (o == NULL || !json_object_object_get_ex(o, key, &v) ||
	    !json_object_is_type(v, json_type_int))
		return 0;
	return json_object_get_uint64(v);
}

/*
 * Lines from before a stage knew its scan have no id: they belong to the shard
 * that is heard next.
 */
static struct reports_shard *
shard_of(struct reports *f, const char *scan, uint64_t shard, uint64_t shards)
{
	struct reports_shard *s = NULL, *room;
	size_t i;

	for (i = 0; i < f->nshards; i++)
		if (strcmp(f->shards[i].scan, scan) == 0 &&
		    f->shards[i].shard == shard)
			return &f->shards[i];
	if (scan[0] == '\0' && f->nshards > 0)
		return &f->shards[f->nshards - 1];
	for (i = 0; i < f->nshards && s == NULL; i++)
		if (f->shards[i].scan[0] == '\0')
			s = &f->shards[i];
	if (s == NULL) {
		if (f->nshards == SHARDS_MAX)
			return NULL;
		room = realloc(f->shards, (f->nshards + 1) * sizeof *room);
		if (room == NULL)
			return NULL;
		f->shards = room;
		s = &room[f->nshards++];
		*s = (struct reports_shard){
			.facts = json_object_new_object()
		};
	}
	strncpy(s->scan, scan, sizeof s->scan - 1);
	s->shard = shard;
	s->shards = shards;
	return s;
}

struct reports_stage *
reports_stage(const struct reports_shard *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nstages; i++)
		if (strcmp(s->stages[i].name, name) == 0)
			return &s->stages[i];
	return NULL;
}

static struct reports_stage *
stage_of(struct reports_shard *s, const char *name)
{
	struct reports_stage *g = reports_stage(s, name);

	if (g != NULL)
		return g;
	g = s->nstages == 16 ? NULL :
			       realloc(s->stages, (s->nstages + 1) * sizeof *g);
	if (g == NULL)
		return NULL;
	s->stages = g;
	g += s->nstages++;
	*g = (struct reports_stage){ .final = false };
	strncpy(g->name, name, sizeof g->name - 1);
	return g;
}

static void
drop(struct reports_point *p)
{
	json_object_put(p->line);
	*p = (struct reports_point){ .line = NULL };
}

static bool
grows(const struct reports_stage *g, const char *name)
{
	const struct counter_row *row = counter_find(g->name, name);

	return row != NULL && row->kind == COUNTER_GROWS;
}

/* Starts over: what was counted so far is kept aside. */
static void
new_run(struct reports_stage *g)
{
	if (g->past == NULL)
		g->past = json_object_new_object();
	json_object_object_foreach(g->last.line, key, v)
	{
		if (json_object_is_type(v, json_type_int) && grows(g, key))
			json_object_object_add(g->past, key,
			    json_object_new_uint64(whole(g->past, key) +
				json_object_get_uint64(v)));
	}
	g->past_elapsed += g->last.elapsed;
	drop(&g->last);
	drop(&g->before);
	g->targets = 0;
	g->final = false;
}

/* Does a line of this age come from another process than the last one? */
static bool
is_new_run(const struct reports_stage *g, double elapsed)
{
	return g->last.line != NULL && (g->final || elapsed < g->last.elapsed);
}

/*
 * A line arrives after it was written, soon if it is new, late if it is read
 * from a file: so the smallest difference of all is that of the clocks.
 */
static double
put_right(struct reports_shard *s, double time, double now)
{
	if (s->ahead == 0 || now - time < s->ahead)
		s->ahead = now - time;
	return time + s->ahead;
}

static void
take_point(struct reports_stage *g, struct reports_point p, bool live)
{
	if (is_new_run(g, p.elapsed))
		new_run(g);
	if (g->last.line == NULL || live) {
		g->begin = p.time - p.elapsed - g->past_elapsed;
		if (g->past == NULL)
			g->began = g->begin;
	}
	if (g->last.line == NULL) {
		;
	} else if (g->before.line == NULL ||
	    p.elapsed - g->last.elapsed >= RATE_SECONDS) {
		drop(&g->before);
		g->before = g->last;
		g->last.line = NULL;
	} else {
		drop(&g->last);
	}
	g->last = p;
}

static void
merge(struct json_object *into, struct json_object *from)
{
	json_object_object_foreach(from, key, v)
	    json_object_object_add(into, key, json_object_get(v));
}

/* "more" of an array or of a text. */
static void
reports_append(struct json_object *into, const char *key, struct json_object *v)
{
	struct json_object *there;
	char *both;
	size_t i;

	if (!json_object_object_get_ex(into, key, &there) ||
	    json_object_get_type(there) != json_object_get_type(v))
		return;
	if (json_object_is_type(v, json_type_array))
		for (i = 0; i < json_object_array_length(v); i++)
			json_object_array_add(there,
			    json_object_get(json_object_array_get_idx(v, i)));
	else if (json_object_is_type(v, json_type_string) &&
	    asprintf(&both, "%s%s", json_object_get_string(there),
		json_object_get_string(v)) != -1) {
		json_object_set_string(there, both);
		free(both);
	}
}

/* What programs say of their options; true if the line is about these. */
static bool
take_options(struct reports *f, struct json_object *o)
{
	struct json_object *v;
	bool taken = false;

	if (f->options == NULL)
		f->options = json_object_new_object();
	if (f->defaults == NULL)
		f->defaults = json_object_new_object();
	if (json_object_object_get_ex(o, "options", &v) &&
	    json_object_is_type(v, json_type_object)) {
		merge(f->options, v);
		taken = true;
	}
	if (json_object_object_get_ex(o, "defaults", &v) &&
	    json_object_is_type(v, json_type_object)) {
		merge(f->defaults, v);
		taken = true;
	}
	if (json_object_object_get_ex(o, "more", &v) &&
	    json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, item)
		    reports_append(f->options, key, item);
		taken = true;
	}
	return taken;
}

static void
free_stages(struct reports_shard *s)
{
	struct reports_stage *g;
	size_t k;

	for (k = 0; k < s->nstages; k++) {
		g = &s->stages[k];
		drop(&g->last);
		drop(&g->before);
		json_object_put(g->past);
	}
	free(s->stages);
	s->stages = NULL;
	s->nstages = 0;
}

static void
free_shard(struct reports_shard *s)
{
	free_stages(s);
	json_object_put(s->facts);
}

/*
 * zmap-targets sets out, or zmap-send where it is alone.  From where the
 * shard did: that is another scan, or all that a crash has cut off is asked for
 * again.
 */
static void
begin_shard(struct reports_shard *s, const char *name,
    struct json_object *facts)
{
	const struct reports_stage *send = reports_stage(s, "send");
	uint64_t position = whole(facts, "position");

	if (!json_object_object_get_ex(facts, "position", NULL) ||
	    (strcmp(name, "targets") != 0 &&
		(strcmp(name, "send") != 0 ||
		    reports_stage(s, "targets") != NULL)))
		return;
	if (s->nstages > 0 && position > s->first)
		return;
	s->first = position;
	if (reports_ran(send))
		free_stages(s);
}

static int
reports_take(struct reports *f, struct json_object *o, double now,
    const char **why)
{
	struct reports_point p = { .line = o };
	const char *name = text(o, "stage"), *scan = text(o, "scan");
	struct reports_shard *s;
	struct reports_stage *g;
	struct json_object *v;

	if (name == NULL) {
		*why = "not a status line: no stage";
		return -1;
	}
	if (take_options(f, o))
		return 0;
	/* not those that are no number either */
	if (!number(o, "time", &p.time) || !number(o, "elapsed", &p.elapsed) ||
	    !(p.time >= 0 && p.time <= TIME_MAX) ||
	    !(p.elapsed >= 0 && p.elapsed <= ELAPSED_MAX) || scan == NULL ||
	    strspn(scan, HEX_DIGITS) != strlen(scan)) {
		*why = "not a status line: no time, elapsed or scan";
		return -1;
	}
	s = shard_of(f, scan, whole(o, "shard"), whole(o, "shards"));
	if (s != NULL && json_object_object_get_ex(o, "facts", &v))
		begin_shard(s, name, v);
	g = s == NULL ? NULL : stage_of(s, name);
	if (g == NULL) {
		*why = "more shards or stages than can be shown";
		return -1;
	}
	g->seen = now;
	if (json_object_object_get_ex(o, "facts", &v) &&
	    json_object_is_type(v, json_type_object)) {
		if (is_new_run(g, p.elapsed))
			new_run(g);
		if (json_object_object_get_ex(v, "targets", NULL))
			g->targets = whole(v, "targets");
		merge(s->facts, v);
		return 0;
	}
	if (strcmp(name, "send") == 0 || strcmp(name, "recv") == 0)
		f->started = true;
	p.line = json_object_get(o);
	if (f->live)
		p.time = put_right(s, p.time, now);
	take_point(g, p, f->live);
	g->final = json_object_object_get_ex(o, "final", &v) &&
	    json_object_get_boolean(v);
	return 0;
}

int
reports_line(struct reports *f, const char *line, size_t n, double now,
    const char **why)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *o;
	int rc;

	*why = "out of memory";
	if (tok == NULL)
		return -1;
	o = json_tokener_parse_ex(tok, line, n);
	if (o == NULL || json_tokener_get_parse_end(tok) != n ||
	    !json_object_is_type(o, json_type_object)) {
		*why = "not a JSON object";
		rc = -1;
	} else {
		rc = reports_take(f, o, now, why);
	}
	json_object_put(o);
	json_tokener_free(tok);
	return rc;
}

void
reports_forget(struct reports *f, const char *scan, uint64_t shard)
{
	size_t i;

	for (i = 0; i < f->nshards; i++) {
		if (strcmp(f->shards[i].scan, scan) != 0 ||
		    f->shards[i].shard != shard)
			continue;
		free_shard(&f->shards[i]);
		f->shards[i] = f->shards[--f->nshards];
		return;
	}
}

void
reports_free(struct reports *f)
{
	size_t i;

	for (i = 0; i < f->nshards; i++)
		free_shard(&f->shards[i]);
	free(f->shards);
	json_object_put(f->options);
	json_object_put(f->defaults);
	*f = (struct reports){ .nshards = 0 };
}

/* --- asking --- */

bool
reports_ran(const struct reports_stage *g)
{
	return g != NULL && (g->last.line != NULL || g->past != NULL);
}

uint64_t
reports_count(const struct reports_stage *g, enum counter_id id)
{
	const char *name = counter_table[id].name;

	if (g == NULL)
		return 0;
	return whole(g->past, name) + whole(g->last.line, name);
}

uint64_t
reports_now(const struct reports_stage *g, enum counter_id id)
{
	const char *name = counter_table[id].name;

	return g == NULL ? 0 : whole(g->last.line, name);
}

bool
reports_has(const struct reports_stage *g, enum counter_id id)
{
	const char *name = counter_table[id].name;

	return g != NULL && g->last.line != NULL &&
	    json_object_object_get_ex(g->last.line, name, NULL);
}

uint64_t
reports_sum(const struct reports *f, enum counter_id id)
{
	const char *stage = counter_table[id].stage;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < f->nshards; i++)
		sum += reports_count(reports_stage(&f->shards[i], stage), id);
	return sum;
}

double
reports_rate(const struct reports_stage *g, enum counter_id id)
{
	const char *name = counter_table[id].name;

	double seconds;
	uint64_t a, b;

	if (g == NULL || g->final || g->last.line == NULL)
		return 0;
	b = whole(g->last.line, name);
	a = whole(g->before.line, name);
	seconds = g->last.elapsed - g->before.elapsed;
	return seconds > SECONDS_MIN && b > a ? (b - a) / seconds : 0;
}

double
reports_elapsed(const struct reports_stage *g)
{
	return g == NULL ? 0 : g->past_elapsed + g->last.elapsed;
}

bool
reports_fact(const struct reports_shard *s, const char *name, uint64_t *v)
{
	struct json_object *o;

	if (!json_object_object_get_ex(s->facts, name, &o) ||
	    !json_object_is_type(o, json_type_int))
		return false;
	*v = json_object_get_uint64(o);
	return true;
}

struct json_object *
reports_any_fact(const struct reports *f, const char *name)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < f->nshards; i++)
		if (json_object_object_get_ex(f->shards[i].facts, name, &o))
			return o;
	return NULL;
}

const char *
reports_outcome(const struct reports_stage *g)
{
	return g == NULL || !g->final ? NULL : text(g->last.line, "outcome");
}

static struct json_object *
member(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	return o != NULL && json_object_object_get_ex(o, name, &v) ? v : NULL;
}

struct json_object *
reports_given(const struct reports *f, const char *name)
{
	return member(f->options, name);
}

struct json_object *
reports_option(const struct reports *f, const char *name)
{
	struct json_object *v = member(f->options, name);

	return v != NULL ? v : member(f->defaults, name);
}

double
reports_number(const struct reports *f, const char *name, double none)
{
	struct json_object *v = reports_option(f, name);
	double d;

	if (v == NULL ||
	    !(json_object_is_type(v, json_type_int) ||
		json_object_is_type(v, json_type_double)))
		return none;
	d = json_object_get_double(v);
	return isfinite(d) ? d : none;
}

const char *
reports_text(const struct reports *f, const char *name)
{
	struct json_object *v = reports_option(f, name);

	return v != NULL && json_object_is_type(v, json_type_string) ?
	    json_object_get_string(v) :
	    NULL;
}
