/* SPDX-License-Identifier: Apache-2.0 */
/* ZMap's metadata, as JSON; see record.h. */
#include "show/record.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "base/jsonfeed.h"
#include "show/said.h"

#define ADDRESSES (UINT64_C(1) << 32) /* of IPv4 */

/* What a program was told as a number, under ZMap's key; or none. */
static void
set_number(struct json_object *o, const char *key, double v)
{
	char text[40];

	json_object_object_add(o, key,
	    v > -1e15 && v < 1e15 && v == (int64_t)v ?
		json_object_new_int64(v) :
		json_object_new_double_s(v,
		    said_number_text(v, text, sizeof text)));
}

static bool
default_mode(const struct reports *f)
{
	return reports_given(f, "output-module") == NULL &&
	    reports_given(f, "output-fields") == NULL &&
	    reports_given(f, "output-filter") == NULL;
}

static void
metadata_set(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

static void
set_int(struct json_object *o, const char *key, int64_t v)
{
	metadata_set(o, key, json_object_new_int64(v));
}

static void
set_text(struct json_object *o, const char *key, const char *v)
{
	if (v != NULL)
		metadata_set(o, key, json_object_new_string(v));
}

/* The fact "ports" holds numbers and [first, last].  NULL: it is not said. */
static struct json_object *
metadata_ports(const struct reports *f)
{
	struct json_object *all, *o, *item;
	uint64_t p, last;
	size_t i;

	o = reports_any_fact(f, "ports");
	if (o == NULL || !json_object_is_type(o, json_type_array))
		return said_ports(f);
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
		said_span(f, stages[i], &begin, &end);
		if (begin == 0)
			continue;
		snprintf(key, sizeof key, "%s_start_time", stages[i]);
		set_text(o, key, said_when(begin, format, buf, sizeof buf));
		snprintf(key, sizeof key, "%s_end_time", stages[i]);
		set_text(o, key, said_when(end, format, buf, sizeof buf));
	}
}

int
record_parse(const char *text, struct json_object **o)
{
	struct json_tokener *tok = json_tokener_new();
	size_t taken, n = strlen(text);
	int rc;

	*o = NULL;
	if (tok == NULL)
		return -1;
	/* nothing may follow; the NUL tells it that a number is over */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	*o = json_feed(tok, text, n + 1, &taken);
	rc = -1;
	if (json_tokener_get_error(tok) == json_tokener_success && taken >= n)
		rc = 0;
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
	metadata_set(o, "user-metadata", v);
}

/* What zmap was told, and was too long to be told on. */
static void
set_destinations(struct json_object *o, const struct reports *f)
{
	struct json_object *names, *v;

	if (f->options == NULL)
		return;
	if (json_object_object_get_ex(f->options, "targets", &v))
		metadata_set(o, "cli_cidr_destinations", json_object_get(v));
	if (json_object_object_get_ex(f->options, "targets_left_out", &v))
		metadata_set(o, "cli_cidr_destinations_left_out",
		    json_object_get(v));
	names = json_object_new_array();
	json_object_object_foreach(f->options, name, value)
	{
		if (value == NULL)
			json_object_array_add(names,
			    json_object_new_string(name));
	}
	if (json_object_array_length(names) > 0)
		metadata_set(o, "options_left_out", names);
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
			 id == COUNT_RECV_APP_UNIQUE ||
			 id == COUNT_SEND_SPARED || id == COUNT_SEND_RAISES ||
			 id == COUNT_SEND_FALLS || id == COUNT_SEND_SLOWED) &&
			!counted(f, id)))
			continue;
		metadata_set(o, row->metadata,
		    json_object_new_uint64(reports_sum(f, id)));
	}
}

/*
 * How much of what answers was found, from 0 to 1.  Of several shards it is
 * their mean, by how much each has found; the interval is wide enough then.
 */
static void
set_coverage(struct json_object *o, const struct reports *f)
{
	static const struct {
		const char *key;
		enum counter_id id;
	} keys[] = {
		{ "coverage", COUNT_RECV_COVERAGE },
		{ "coverage_low", COUNT_RECV_COVERAGE_LOW },
		{ "coverage_high", COUNT_RECV_COVERAGE_HIGH },
	};
	const struct reports_stage *recv;
	double sum, found, n;
	size_t i, k;

	for (k = 0; k < sizeof keys / sizeof *keys; k++) {
		sum = found = 0;
		for (i = 0; i < f->nshards; i++) {
			recv = reports_stage(&f->shards[i], "recv");
			n = reports_count(recv, COUNT_RECV_UNIQUE);
			if (n > 0 && !reports_has(recv, keys[k].id))
				return;
			sum += n * reports_count(recv, keys[k].id);
			found += n;
		}
		if (found > 0)
			metadata_set(o, keys[k].key,
			    json_object_new_double(sum / found / 1e6));
	}
}

/* What the rate cost, from 0 to 1, of one scan. */
static void
set_loss(struct json_object *o, const struct reports *f)
{
	static const struct {
		const char *key;
		enum counter_id id;
	} keys[] = {
		{ "loss", COUNT_SEND_LOSS },
		{ "loss_low", COUNT_SEND_LOSS_LOW },
		{ "loss_high", COUNT_SEND_LOSS_HIGH },
	};
	size_t k;

	for (k = 0; k < sizeof keys / sizeof *keys; k++)
		if (f->nshards == 1 && counted(f, keys[k].id))
			metadata_set(o, keys[k].key,
			    json_object_new_double(
				reports_sum(f, keys[k].id) / 1e6));
}

/*
 * What --check found, and how likely it is that a verdict of aliases is wrong.
 */
static void
set_checks(struct json_object *o, const struct reports *f)
{
	static const struct {
		const char *key;
		enum counter_id id;
		bool bound; /* the same in all shards; from 0 to 1 */
	} keys[] = {
		{ "wildcard_hosts_asked", COUNT_RECV_CHECKS_ASKED, false },
		{ "wildcard_hosts", COUNT_RECV_WILDCARDS, false },
		{ "alias_prefixes_asked", COUNT_RECV_ALIAS_PREFIXES, false },
		{ "alias_prefixes", COUNT_RECV_ALIASED, false },
		{ "alias_probes", COUNT_RECV_ALIAS_ASKED, false },
		{ "alias_false_at_most", COUNT_RECV_ALIAS_WRONG, true },
		{ "alias_missed_at_most", COUNT_RECV_ALIAS_MISSED, true },
		{ "injected", COUNT_RECV_INJECTED, false },
	};
	const struct reports_stage *recv;
	uint64_t n;
	size_t k;

	for (k = 0; k < sizeof keys / sizeof *keys; k++) {
		if (!counted(f, keys[k].id))
			continue;
		recv = reports_stage(&f->shards[0], "recv");
		n = reports_count(recv, keys[k].id);
		metadata_set(o, keys[k].key,
		    keys[k].bound ?
			json_object_new_double(n / 1e9) :
			json_object_new_uint64(reports_sum(f, keys[k].id)));
	}
}

static void
set_answers(struct json_object *o, const struct reports *f)
{
	uint64_t valid = reports_sum(f, COUNT_RECV_VALID);
	uint64_t success = reports_sum(f, COUNT_RECV_SUCCESS);

	set_counters(o, f);
	set_coverage(o, f);
	set_loss(o, f);
	set_checks(o, f);
	if (reports_any_fact(f, "allowed") != NULL) {
		set_int(o, "blocklist_total_allowed", said_allowed(f));
		/* of IPv6, the rest is no number that means anything */
		if (said_number(f, "family", 4) == 4)
			set_int(o, "blocklist_total_not_allowed",
			    ADDRESSES - said_allowed(f));
	}
	set_int(o, "failure_total", valid > success ? valid - success : 0);
}

/* What of the options is metadata, by ZMap's key. */
static const struct {
	const char *key, *option;
	enum { TEXT, NUMBER, GIVEN, NOT_GIVEN } kind;
	bool always;	/* with this value, where it is not said */
	double without; /* of a number */
} options[] = {
	{ "max_runtime", "max-runtime", NUMBER, true, 0 },
	{ "max_results", "max-results", NUMBER, true, -1 },
	{ "bandwidth", "bandwidth", NUMBER, true, 0 },
	{ "cooldown_secs", "cooldown-time", NUMBER, false, 0 },
	{ "senders", "sender-threads", NUMBER, false, 0 },
	{ "seed_provided", "seed", GIVEN, true, 0 },
	{ "max_sendto_failures", "max-sendto-failures", NUMBER, true, -1 },
	{ "syslog", "disable-syslog", NOT_GIVEN, true, 0 },
	{ "output_module", "output-module", TEXT, false, 0 },
	{ "output_filter", "output-filter", TEXT, false, 0 },
	{ "log_file", "log-file", TEXT, false, 0 },
	{ "log_directory", "log-directory", TEXT, false, 0 },
	{ "probe_args", "probe-args", TEXT, false, 0 },
	{ "probe_ttl", "probe-ttl", NUMBER, false, 0 },
	{ "output_args", "output-args", TEXT, false, 0 },
	{ "output_filename", "output-file", TEXT, false, 0 },
	{ "blocklist_filename", "blacklist-file", TEXT, false, 0 },
	{ "allowlist_filename", "whitelist-file", TEXT, false, 0 },
	{ "list_of_ips_filename", "list-of-ips-file", TEXT, false, 0 },
	{ "dryrun", "dryrun", GIVEN, true, 0 },
	{ "quiet", "quiet", GIVEN, true, 0 },
	{ "log_level", "verbosity", NUMBER, false, 0 },
	{ "deduplication_method", "dedup-method", TEXT, false, 0 },
	{ "notes", "notes", TEXT, false, 0 },
};

static void
set_options(struct json_object *o, const struct reports *f)
{
	const char *option, *method = reports_text(f, "dedup-method");
	size_t i;

	for (i = 0; i < sizeof options / sizeof *options; i++) {
		option = options[i].option;
		if (!options[i].always && reports_option(f, option) == NULL)
			continue;
		switch (options[i].kind) {
		case TEXT:
			set_text(o, options[i].key, reports_text(f, option));
			break;
		case NUMBER:
			set_number(o, options[i].key,
			    reports_number(f, option, options[i].without));
			break;
		case GIVEN:
			set_int(o, options[i].key,
			    reports_given(f, option) != NULL);
			break;
		case NOT_GIVEN:
			set_int(o, options[i].key,
			    reports_given(f, option) == NULL);
			break;
		}
	}
	metadata_set(o, "min_hitrate",
	    json_object_new_double(reports_number(f, "min-hitrate", 0)));
	if (reports_given(f, "dedup-window-size") != NULL ||
	    (method != NULL && strcmp(method, "window") == 0))
		set_number(o, "deduplication_window_size",
		    reports_number(f, "dedup-window-size", 0));
	set_int(o, "default_mode", default_mode(f));
}

/* A fact that is a text, or else what was said as an option. */
static void
set_either(struct json_object *o, const char *key, const struct reports *f,
    const char *fact, const char *option)
{
	const char *text = said_text(f, fact);

	set_text(o, key, text != NULL ? text : reports_text(f, option));
}

static void
set_scan(struct json_object *o, const struct reports *f)
{
	struct json_object *v = metadata_ports(f);

	if (reports_any_fact(f, "source_ports") != NULL) {
		set_int(o, "source_port_first",
		    said_item(f, "source_ports", 0));
		set_int(o, "source_port_last", said_item(f, "source_ports", 1));
	}
	if (v != NULL)
		metadata_set(o, "target_ports", v);
	set_int(o, "max_targets",
	    reports_given(f, "max-targets") != NULL ?
		(int64_t)said_number(f, "total", 0) :
		-1);
	set_number(o, "rate", said_rate(f));
	/* as ZMap prints it: a number with a sign */
	if (reports_any_fact(f, "seed") != NULL)
		set_int(o, "seed", (int64_t)said_number(f, "seed", 0));
	set_int(o, "shard_num", said_number(f, "shard", 0));
	set_int(o, "total_shards", said_number(f, "shards", 1));
	set_int(o, "packet_streams", said_number(f, "probes", 1));
	set_either(o, "iface", f, "interface", "interface");
	set_either(o, "probe_module", f, "probe", "probe-module");
	if (reports_any_fact(f, "attribution") != NULL)
		set_text(o, "attribution", said_text(f, "attribution"));
	set_text(o, "gateway_mac", said_text(f, "gateway_mac"));
	set_text(o, "gateway_ip", said_text(f, "gateway_ip"));
	set_text(o, "source_mac", said_text(f, "source_mac"));
	v = reports_any_fact(f, "source_ips");
	if (v != NULL)
		metadata_set(o, "source_ips", json_object_get(v));
	if (reports_any_fact(f, "source_prefix") != NULL)
		set_int(o, "source_prefix",
		    said_number(f, "source_prefix", 128));
	if (f->nshards > 0 && f->shards[0].scan[0] != '\0')
		set_text(o, "scan_id", f->shards[0].scan);
}

int
record_metadata(FILE *file, const struct reports *f, const struct progress *p)
{
	struct json_object *o = json_object_new_object();
	char host[256] = "";

	if (o == NULL)
		return -1;
	gethostname(host, sizeof host - 1);
	set_text(o, "local_hostname", host);
	set_text(o, "full_hostname", host);
	set_scan(o, f);
	set_options(o, f);
	set_answers(o, f);
	set_times(o, f);
	set_destinations(o, f);
	set_user(o, f);
	metadata_set(o, "hitrate", json_object_new_double(p->hitrate));
	metadata_set(o, "complete", json_object_new_boolean(p->complete));
	fprintf(file, "%s\n",
	    json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return 0;
}
