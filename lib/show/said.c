/* SPDX-License-Identifier: Apache-2.0 */
/* What programs have said of a scan; see said.h. */
#include "show/said.h"

#include <json-c/json.h>
#include <stdio.h>
#include <time.h>

#include "addr/ports.h"

#define ADDRESSES (UINT64_C(1) << 32) /* of IPv4 */

uint64_t
said_number(const struct reports *f, const char *name, uint64_t none)
{
	struct json_object *o = reports_any_fact(f, name);

	return o != NULL && json_object_is_type(o, json_type_int) ?
	    json_object_get_uint64(o) :
	    none;
}

/* How many of all addresses the lists allow, and do not. */
uint64_t
said_allowed(const struct reports *f)
{
	uint64_t n = said_number(f, "allowed", 0);

	return n < ADDRESSES || said_number(f, "family", 4) == 6 ? n :
								   ADDRESSES;
}

const char *
said_text(const struct reports *f, const char *name)
{
	struct json_object *o = reports_any_fact(f, name);

	return o != NULL && json_object_is_type(o, json_type_string) ?
	    json_object_get_string(o) :
	    NULL;
}

/* An item of a fact that is an array of numbers. */
uint64_t
said_item(const struct reports *f, const char *name, size_t i)
{
	struct json_object *o = reports_any_fact(f, name);

	if (o == NULL || !json_object_is_type(o, json_type_array) ||
	    i >= json_object_array_length(o))
		return 0;
	return json_object_get_uint64(json_object_array_get_idx(o, i));
}

/* A number as people write it, and JSON does: 8, 0.5. */
const char *
said_number_text(double v, char *buf, size_t size)
{
	snprintf(buf, size, "%.15g", v);
	return buf;
}

/*
 * The rate that was asked for, of all shards; where none was, what it came to.
 */
double
said_rate(const struct reports *f)
{
	if (reports_number(f, "rate", -1) == -1 ||
	    reports_given(f, "rate-share") != NULL ||
	    reports_given(f, "bandwidth") != NULL)
		return reports_sum(f, COUNT_SEND_RATE);
	return reports_number(f, "rate", 0) * (f->nshards > 0 ? f->nshards : 1);
}

/* When the stage began and ended, over all shards; 0: it never ran. */
void
said_span(const struct reports *f, const char *stage, double *begin,
    double *end)
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

const char *
said_when(double t, const char *format, char *buf, size_t size)
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

/* As zmap was told, for more than fit into a line of status. */
struct json_object *
said_ports(const struct reports *f)
{
	const char *text = reports_text(f, "target-ports");
	struct json_object *all;
	struct ports ports;
	char why[128];
	size_t i;

	if (text == NULL || ports_parse(&ports, text, why, sizeof why) == -1)
		return NULL;
	all = json_object_new_array();
	for (i = 0; i < ports.n; i++)
		json_object_array_add(all, json_object_new_int(ports.v[i]));
	ports_free(&ports);
	return all;
}
