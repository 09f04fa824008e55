/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata, summary and counters of a scan; see record.h. */
#include "show/record.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addr/ports.h"
#include "base/log.h"
#include "base/shown.h"

#define ADDRESSES (UINT64_C(1) << 32) /* of IPv4 */

#define LINE_TEXT 4000 /* what messages may be long, and a bit less */

/* --- asking --- */

static uint64_t
fact(const struct reports *f, const char *name, uint64_t none)
{
	struct json_object *o = reports_any_fact(f, name);

	return o != NULL && json_object_is_type(o, json_type_int) ?
	    json_object_get_uint64(o) :
	    none;
}

/* How many of all addresses the lists allow, and do not. */
static uint64_t
allowed(const struct reports *f)
{
	uint64_t n = fact(f, "allowed", 0);

	return n < ADDRESSES ? n : ADDRESSES;
}

static const char *
fact_text(const struct reports *f, const char *name)
{
	struct json_object *o = reports_any_fact(f, name);

	return o != NULL && json_object_is_type(o, json_type_string) ?
	    json_object_get_string(o) :
	    NULL;
}

/* An item of a fact that is an array of numbers. */
static uint64_t
fact_item(const struct reports *f, const char *name, size_t i)
{
	struct json_object *o = reports_any_fact(f, name);

	if (o == NULL || !json_object_is_type(o, json_type_array) ||
	    i >= json_object_array_length(o))
		return 0;
	return json_object_get_uint64(json_object_array_get_idx(o, i));
}

/* A number as people write it, and JSON does: 8, 0.5. */
static const char *
number_text(double v, char *buf, size_t size)
{
	snprintf(buf, size, "%.15g", v);
	return buf;
}

/* What a program was told as a number, under ZMap's key; or none. */
static void
set_number(struct json_object *o, const char *key, double v)
{
	char text[40];

	json_object_object_add(o, key,
	    v > -1e15 && v < 1e15 && v == (int64_t)v ?
		json_object_new_int64(v) :
		json_object_new_double_s(v, number_text(v, text, sizeof text)));
}

/* The same, of an option that some program has said to be in force. */
static void
set_number_option(struct json_object *o, const char *key,
    const struct reports *f, const char *option)
{
	if (reports_option(f, option) != NULL)
		set_number(o, key, reports_number(f, option, 0));
}

/*
 * The rate that was asked for, of all shards; where none was, what it came to.
 */
static double
rate(const struct reports *f)
{
	if (reports_given(f, "rate") == NULL ||
	    reports_given(f, "bandwidth") != NULL)
		return reports_sum(f, COUNT_SEND_RATE);
	return reports_number(f, "rate", 0) * (f->nshards > 0 ? f->nshards : 1);
}

static bool
default_mode(const struct reports *f)
{
	return reports_given(f, "output-module") == NULL &&
	    reports_given(f, "output-fields") == NULL &&
	    reports_given(f, "output-filter") == NULL;
}

/* When the stage began and ended, over all shards; 0: it never ran. */
static void
span(const struct reports *f, const char *stage, double *begin, double *end)
{
	const struct reports_stage *g;
	size_t i;

	*begin = *end = 0;
	for (i = 0; i < f->nshards; i++) {
		g = reports_stage(&f->shards[i], stage);
		if (!reports_ran(g))
			continue;
		if (*begin == 0 || g->began < *begin)
			*begin = g->began;
		if (g->begin + reports_elapsed(g) > *end)
			*end = g->begin + reports_elapsed(g);
	}
}

static const char *
when(double t, const char *format, char *buf, size_t size)
{
	time_t seconds;
	struct tm tm;

	/* 0: never; what began before it could is of no time either */
	if (!(t > 0 && t < 1e15))
		return "";
	seconds = t;
	if (localtime_r(&seconds, &tm) == NULL ||
	    strftime(buf, size, format, &tm) == 0)
		return "";
	return buf;
}

/* --- metadata --- */

static void
set(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

static void
set_int(struct json_object *o, const char *key, int64_t v)
{
	set(o, key, json_object_new_int64(v));
}

static void
set_text(struct json_object *o, const char *key, const char *v)
{
	if (v != NULL)
		set(o, key, json_object_new_string(v));
}

/* Under this key, what is in force as that option, if anything is. */
static void
set_option(struct json_object *o, const char *key, const struct reports *f,
    const char *option)
{
	set_text(o, key, reports_text(f, option));
}

/* As zmap was told, for more than fit into a line of status. */
static struct json_object *
ports_told(const struct reports *f)
{
	const char *text = reports_text(f, "target-ports"), *why, *where;
	struct json_object *all;
	struct ports ports;
	size_t i, len;

	if (text == NULL || ports_parse(&ports, text, &why, &where, &len) == -1)
		return NULL;
	all = json_object_new_array();
	for (i = 0; i < ports.n; i++)
		json_object_array_add(all, json_object_new_int(ports.v[i]));
	ports_free(&ports);
	return all;
}

/* The fact "ports" holds numbers and [first, last].  NULL: nobody said. */
static struct json_object *
ports(const struct reports *f)
{
	struct json_object *all, *o, *item;
	uint64_t p, last;
	size_t i;

	o = reports_any_fact(f, "ports");
	if (o == NULL || !json_object_is_type(o, json_type_array))
		return ports_told(f);
	all = json_object_new_array();
	for (i = 0; i < json_object_array_length(o); i++) {
		item = json_object_array_get_idx(o, i);
		p = last = json_object_get_uint64(item);
		if (json_object_is_type(item, json_type_array) &&
		    json_object_array_length(item) == 2) {
			p = json_object_get_uint64(
			    json_object_array_get_idx(item, 0));
			last = json_object_get_uint64(
			    json_object_array_get_idx(item, 1));
		}
		for (; p <= last && last < 65536; p++)
			json_object_array_add(all, json_object_new_uint64(p));
	}
	return all;
}

static void
set_times(struct json_object *o, const struct reports *f)
{
	static const char format[] = "%Y-%m-%dT%H:%M:%S%z";
	static const char *const stages[] = { "send", "recv" };
	double begin, end;
	char key[32], buf[64];
	size_t i;

	for (i = 0; i < 2; i++) {
		span(f, stages[i], &begin, &end);
		if (begin == 0)
			continue;
		snprintf(key, sizeof key, "%s_start_time", stages[i]);
		set_text(o, key, when(begin, format, buf, sizeof buf));
		snprintf(key, sizeof key, "%s_end_time", stages[i]);
		set_text(o, key, when(end, format, buf, sizeof buf));
	}
}

int
record_parse(const char *text, struct json_object **o)
{
	struct json_tokener *tok = json_tokener_new();
	int rc;

	*o = NULL;
	if (tok == NULL)
		return -1;
	/* nothing may follow; the NUL tells it that a number is over */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	*o = json_tokener_parse_ex(tok, text, strlen(text) + 1);
	rc = json_tokener_get_error(tok) == json_tokener_success ? 0 : -1;
	json_tokener_free(tok);
	return rc;
}

/* zmap-status has made sure that it is JSON. */
static void
set_user(struct json_object *o, const struct reports *f)
{
	const char *s = reports_text(f, "user-metadata");
	struct json_object *v;

	if (s == NULL)
		return;
	if (record_parse(s, &v) == -1)
		v = json_object_new_string(s);
	set(o, "user-metadata", v);
}

/* What zmap was told, and was too long to be told on. */
static void
set_destinations(struct json_object *o, const struct reports *f)
{
	struct json_object *names, *v;

	if (f->options == NULL)
		return;
	if (json_object_object_get_ex(f->options, "targets", &v))
		set(o, "cli_cidr_destinations", json_object_get(v));
	if (json_object_object_get_ex(f->options, "targets_left_out", &v))
		set(o, "cli_cidr_destinations_left_out", json_object_get(v));
	names = json_object_new_array();
	json_object_object_foreach(f->options, name, value)
	{
		if (value == NULL)
			json_object_array_add(names,
			    json_object_new_string(name));
	}
	if (json_object_array_length(names) > 0)
		set(o, "options_left_out", names);
	else
		json_object_put(names);
}

static bool
counted(const struct reports *f, enum counter_id id)
{
	const struct counter_row *row = &counter_table[id];
	size_t i;

	for (i = 0; i < f->nshards; i++)
		if (reports_has(reports_stage(&f->shards[i], row->stage), id))
			return true;
	return false;
}

/* All that has a key; what only some modules count, if it was counted. */
static void
set_counters(struct json_object *o, const struct reports *f)
{
	const struct counter_row *row;
	enum counter_id id;

	for (id = 0; id < COUNTERS; id++) {
		row = &counter_table[id];
		if (row->metadata == NULL ||
		    ((id == COUNT_RECV_APP_SUCCESS ||
			 id == COUNT_RECV_APP_UNIQUE) &&
			!counted(f, id)))
			continue;
		set(o, row->metadata,
		    json_object_new_uint64(reports_sum(f, id)));
	}
}

static void
set_answers(struct json_object *o, const struct reports *f)
{
	uint64_t valid = reports_sum(f, COUNT_RECV_VALID);
	uint64_t success = reports_sum(f, COUNT_RECV_SUCCESS);

	set_counters(o, f);
	if (reports_any_fact(f, "allowed") != NULL) {
		set_int(o, "blocklist_total_allowed", allowed(f));
		set_int(o, "blocklist_total_not_allowed",
		    ADDRESSES - allowed(f));
	}
	set_int(o, "failure_total", valid > success ? valid - success : 0);
}

int
record_metadata(FILE *file, const struct reports *f, const struct progress *p)
{
	struct json_object *o = json_object_new_object(), *v;
	char host[256] = "";
	const char *text;

	if (o == NULL)
		return -1;
	gethostname(host, sizeof host - 1);
	set_text(o, "local_hostname", host);
	set_text(o, "full_hostname", host);
	if (reports_any_fact(f, "source_ports") != NULL) {
		set_int(o, "source_port_first",
		    fact_item(f, "source_ports", 0));
		set_int(o, "source_port_last", fact_item(f, "source_ports", 1));
	}
	v = ports(f);
	if (v != NULL)
		set(o, "target_ports", v);
	set_int(o, "max_targets",
	    reports_given(f, "max-targets") != NULL ?
		(int64_t)fact(f, "total", 0) :
		-1);
	set_number(o, "max_runtime", reports_number(f, "max-runtime", 0));
	set_number(o, "max_results", reports_number(f, "max-results", -1));
	text = fact_text(f, "interface");
	set_text(o, "iface",
	    text != NULL ? text : reports_text(f, "interface"));
	set_number(o, "rate", rate(f));
	set_number(o, "bandwidth", reports_number(f, "bandwidth", 0));
	set_number_option(o, "cooldown_secs", f, "cooldown-time");
	set_number_option(o, "senders", f, "sender-threads");
	if (reports_any_fact(f, "seed") != NULL)
		set_int(o, "seed", (int64_t)fact(f, "seed", 0));
	set(o, "seed_provided",
	    json_object_new_boolean(reports_given(f, "seed") != NULL));
	set(o, "hitrate", json_object_new_double(p->hitrate));
	set_int(o, "shard_num", fact(f, "shard", 0));
	set_int(o, "total_shards", fact(f, "shards", 1));
	set(o, "min_hitrate",
	    json_object_new_double(reports_number(f, "min-hitrate", 0)));
	set_number(o, "max_sendto_failures",
	    reports_number(f, "max-sendto-failures", -1));
	set(o, "syslog",
	    json_object_new_boolean(
		reports_given(f, "disable-syslog") == NULL));
	set(o, "default_mode", json_object_new_boolean(default_mode(f)));
	set_answers(o, f);
	set_int(o, "packet_streams", fact(f, "probes", 1));
	text = fact_text(f, "probe");
	set_text(o, "probe_module",
	    text != NULL ? text : reports_text(f, "probe-module"));
	set_option(o, "output_module", f, "output-module");
	set_times(o, f);
	set_option(o, "output_filter", f, "output-filter");
	set_option(o, "log_file", f, "log-file");
	set_option(o, "log_directory", f, "log-directory");
	set_destinations(o, f);
	set_option(o, "probe_args", f, "probe-args");
	set_number_option(o, "probe_ttl", f, "probe-ttl");
	set_option(o, "output_args", f, "output-args");
	set_text(o, "gateway_mac", fact_text(f, "gateway_mac"));
	set_text(o, "gateway_ip", fact_text(f, "gateway_ip"));
	set_text(o, "source_mac", fact_text(f, "source_mac"));
	v = reports_any_fact(f, "source_ips");
	if (v != NULL)
		set(o, "source_ips", json_object_get(v));
	set_option(o, "output_filename", f, "output-file");
	set_option(o, "blocklist_filename", f, "blacklist-file");
	set_option(o, "allowlist_filename", f, "whitelist-file");
	set_option(o, "list_of_ips_filename", f, "list-of-ips-file");
	set(o, "dryrun",
	    json_object_new_boolean(reports_given(f, "dryrun") != NULL));
	set(o, "quiet",
	    json_object_new_boolean(reports_given(f, "quiet") != NULL));
	set_number_option(o, "log_level", f, "verbosity");
	set_option(o, "deduplication_method", f, "dedup-method");
	if (reports_given(f, "dedup-window-size") != NULL)
		set_number(o, "deduplication_window_size",
		    reports_number(f, "dedup-window-size", 0));
	set_user(o, f);
	set_option(o, "notes", f, "notes");
	if (f->nshards > 0 && f->shards[0].scan[0] != '\0')
		set_text(o, "scan_id", f->shards[0].scan);
	set(o, "complete", json_object_new_boolean(p->complete));
	fprintf(file, "%s\n",
	    json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return 0;
}

/* --- summary --- */

static void
line(FILE *file, const char *group, const char *name, const char *value)
{
	int tabs = 5 - (int)strlen(name) / 8;

	fprintf(file, "%s\t%s%.*s", group, name, tabs > 1 ? tabs : 1,
	    "\t\t\t\t\t");
	shown_print(file, value);
	fputc('\n', file);
}

static void
line_uint(FILE *file, const char *group, const char *name, uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof buf, "%" PRIu64, v);
	line(file, group, name, buf);
}

/* The target ports, or how many they are if a line cannot hold them. */
static const char *
port_text(const struct reports *f, char *buf, size_t size)
{
	struct json_object *o = reports_any_fact(f, "ports");
	const char *text = reports_text(f, "target-ports");

	if (o == NULL || !json_object_is_type(o, json_type_array)) {
		if (text == NULL)
			return "";
		if (strlen(text) < LINE_TEXT || (o = ports_told(f)) == NULL)
			return text;
		snprintf(buf, size, "%zu ports", json_object_array_length(o));
		json_object_put(o);
		return buf;
	}
	if (json_object_array_length(o) == 1)
		o = json_object_array_get_idx(o, 0);
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

/* The first or the last source address. */
static const char *
source_ip(const struct reports *f, bool last)
{
	struct json_object *o = reports_any_fact(f, "source_ips");
	const char *text;
	size_t n;

	if (o == NULL || !json_object_is_type(o, json_type_array) ||
	    (n = json_object_array_length(o)) == 0)
		return "";
	text = json_object_get_string(
	    json_object_array_get_idx(o, last ? n - 1 : 0));
	return text != NULL ? text : "";
}

/* The answers that are what the probe was sent for, by this name. */
static void
successes(FILE *file, const struct reports *f, const char *name)
{
	static const struct {
		const char *name;
		enum counter_id counter;
	} counts[] = {
		{ "received-unique", COUNT_RECV_UNIQUE },
		{ "received-total", COUNT_RECV_SUCCESS },
		{ "cooldown-received-unique", COUNT_RECV_COOLDOWN_UNIQUE },
		{ "cooldown-received-total", COUNT_RECV_COOLDOWN_SUCCESS },
		{ .name = NULL },
	};
	char buf[64];
	size_t i;

	for (i = 0; counts[i].name != NULL; i++) {
		snprintf(buf, sizeof buf, "%s-%s", name, counts[i].name);
		line_uint(file, "exc", buf, reports_sum(f, counts[i].counter));
	}
}

void
record_summary(FILE *file, const struct reports *f, const struct progress *p)
{
	const char *text;
	char buf[64];
	static const char *const stages[] = { "send", "recv" };
	double at[2];
	size_t i, k;

	line(file, "cnf", "target-port", port_text(f, buf, sizeof buf));
	line_uint(file, "cnf", "source-port-range-begin",
	    fact_item(f, "source_ports", 0));
	line_uint(file, "cnf", "source-port-range-end",
	    fact_item(f, "source_ports", 1));
	line(file, "cnf", "source-addr-range-begin", source_ip(f, false));
	line(file, "cnf", "source-addr-range-end", source_ip(f, true));
	line_uint(file, "cnf", "maximum-packets",
	    fact(f, "targets", 0) * fact(f, "probes", 1));
	line(file, "cnf", "maximum-runtime",
	    number_text(reports_number(f, "max-runtime", 0), buf, sizeof buf));
	line_uint(file, "cnf", "permutation-seed", fact(f, "seed", 0));
	line(file, "cnf", "cooldown-period",
	    number_text(reports_number(f, "cooldown-time", 0), buf,
		sizeof buf));
	text = fact_text(f, "interface");
	line(file, "cnf", "send-interface", text != NULL ? text : "");
	line(file, "cnf", "rate", number_text(rate(f), buf, sizeof buf));
	line_uint(file, "env", "nprocessors", sysconf(_SC_NPROCESSORS_ONLN));
	for (i = 0; i < 2; i++) {
		span(f, stages[i], &at[0], &at[1]);
		for (k = 0; k < 2; k++) {
			char name[32];

			snprintf(name, sizeof name, "%s-%s-time", stages[i],
			    k == 0 ? "start" : "end");
			line(file, "exc", name,
			    when(at[k], "%a %b %d %H:%M:%S %Y", buf,
				sizeof buf));
		}
	}
	line_uint(file, "exc", "sent", reports_sum(f, COUNT_SEND_PACKETS));
	line_uint(file, "exc", "failures", reports_sum(f, COUNT_SEND_FAILURES));
	if (reports_any_fact(f, "allowed") != NULL)
		line_uint(file, "exc", "blacklisted", ADDRESSES - allowed(f));
	if (reports_sum(f, COUNT_SEND_EXCLUDED) > 0)
		line_uint(file, "exc", "excluded",
		    reports_sum(f, COUNT_SEND_EXCLUDED));
	snprintf(buf, sizeof buf, "%f", p->hitrate);
	line(file, "exc", "hit-rate", buf);
	successes(file, f, "success");
	text = fact_text(f, "probe");
	if (text != NULL && strcmp(text, "tcp_synscan") == 0)
		successes(file, f, "synack");
	line_uint(file, "exc", "failure-received-unique",
	    reports_sum(f, COUNT_RECV_FAILURE_UNIQUE));
	line_uint(file, "exc", "failure-received-total",
	    reports_sum(f, COUNT_RECV_VALID) -
		reports_sum(f, COUNT_RECV_SUCCESS));
	line_uint(file, "exc", "validation-failed",
	    reports_sum(f, COUNT_RECV_INVALID));
	line_uint(file, "exc", "dropped", p->drops.total);
	line(file, "adv", "scan-id", f->nshards > 0 ? f->shards[0].scan : "");
}

/* --- Prometheus --- */

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
