/* SPDX-License-Identifier: Apache-2.0 */
/* ZMap's summary, for people and grep; see record.h. */
#include "show/record.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "base/shown.h"
#include "show/said.h"

#define ADDRESSES (UINT64_C(1) << 32) /* of IPv4 */
#define LINE_TEXT 4000 /* what messages may be long, and a bit less */

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
		if (strlen(text) < LINE_TEXT || (o = said_ports(f)) == NULL)
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

/* One of the source ports; empty if there is no word of them. */
static void
source_port(FILE *file, const struct reports *f, const char *name, size_t i)
{
	if (reports_any_fact(f, "source_ports") == NULL)
		line(file, "cnf", name, "");
	else
		line_uint(file, "cnf", name, said_item(f, "source_ports", i));
}

/* Of one scan; shards have one each. */
static void
coverage(FILE *file, const struct reports *f)
{
	static const struct {
		const char *name;
		enum counter_id id;
	} lines[] = {
		{ "coverage", COUNT_RECV_COVERAGE },
		{ "coverage-low", COUNT_RECV_COVERAGE_LOW },
		{ "coverage-high", COUNT_RECV_COVERAGE_HIGH },
	};
	char buf[32];
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (f->nshards != 1 ||
		    !reports_has(reports_stage(&f->shards[0], "recv"),
			lines[i].id))
			return;
		snprintf(buf, sizeof buf, "%.6f",
		    reports_sum(f, lines[i].id) / 1e6);
		line(file, "exc", lines[i].name, buf);
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
	source_port(file, f, "source-port-range-begin", 0);
	source_port(file, f, "source-port-range-end", 1);
	line(file, "cnf", "source-addr-range-begin", source_ip(f, false));
	line(file, "cnf", "source-addr-range-end", source_ip(f, true));
	line_uint(file, "cnf", "maximum-packets",
	    said_number(f, "targets", 0) * said_number(f, "probes", 1));
	line(file, "cnf", "maximum-runtime",
	    said_number_text(reports_number(f, "max-runtime", 0), buf,
		sizeof buf));
	line_uint(file, "cnf", "permutation-seed", said_number(f, "seed", 0));
	line(file, "cnf", "cooldown-period",
	    said_number_text(reports_number(f, "cooldown-time", 0), buf,
		sizeof buf));
	text = said_text(f, "interface");
	line(file, "cnf", "send-interface", text != NULL ? text : "");
	line(file, "cnf", "rate",
	    said_number_text(said_rate(f), buf, sizeof buf));
	line_uint(file, "env", "nprocessors", sysconf(_SC_NPROCESSORS_ONLN));
	for (i = 0; i < 2; i++) {
		said_span(f, stages[i], &at[0], &at[1]);
		for (k = 0; k < 2; k++) {
			char name[32];

			snprintf(name, sizeof name, "%s-%s-time", stages[i],
			    k == 0 ? "start" : "end");
			line(file, "exc", name,
			    said_when(at[k], "%a %b %d %H:%M:%S %Y", buf,
				sizeof buf));
		}
	}
	line_uint(file, "exc", "sent", reports_sum(f, COUNT_SEND_PACKETS));
	line_uint(file, "exc", "failures", reports_sum(f, COUNT_SEND_FAILURES));
	if (reports_any_fact(f, "allowed") != NULL &&
	    said_number(f, "family", 4) == 4)
		line_uint(file, "exc", "blacklisted",
		    ADDRESSES - said_allowed(f));
	if (reports_sum(f, COUNT_SEND_EXCLUDED) > 0)
		line_uint(file, "exc", "excluded",
		    reports_sum(f, COUNT_SEND_EXCLUDED));
	snprintf(buf, sizeof buf, "%f", p->hitrate);
	line(file, "exc", "hit-rate", buf);
	coverage(file, f);
	successes(file, f, "success");
	text = said_text(f, "probe");
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
