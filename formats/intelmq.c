/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intelmq: events of IntelMQ, as CERTs take them: one JSON object a line, in
 * the keys of its data format.  An open port is "potentially unwanted
 * accessible" there.  Answers that are no success, and repeats, are no events.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/escape.h"
#include "formats/arguments.h"
#include "formats/format.h"
#include "stream/print.h"

enum column_index {
	SADDR,
	SPORT,
	TIME,
	SUCCESS,
	REPEAT,
	CLASSIFICATION,
	TTL,
};

struct state {
	char *args; /* a copy, cut at its commas */
	const char *feed, *type, *taxonomy, *identifier;
	char protocol[8]; /* of the probe; "" for none */
};

static const struct format_argument arguments[] = {
	{ "feed", .value = "NAME", .at = offsetof(struct state, feed) },
	{ "type", .value = "TYPE", .at = offsetof(struct state, type) },
	{ "taxonomy", .value = "NAME", .at = offsetof(struct state, taxonomy) },
	{ "identifier", .value = "NAME",
	    .at = offsetof(struct state, identifier) },
	{ .name = NULL },
};

static int
prepare(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);

	f->state = s;
	if (s == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	s->feed = "zmap";
	s->type = "potentially-unwanted-accessible";
	s->taxonomy = "vulnerable";
	return format_arguments(f, "intelmq", arguments, &s->args);
}

/* The protocol that the probe module's name says. */
static int
segment(struct format_state *f)
{
	struct state *s = f->state;
	char probe[64] = "";

	dict_text(&f->header->scan, "probe", probe, sizeof probe);
	strcpy(s->protocol,
	    strncmp(probe, "tcp_", 4) == 0	? "tcp" :
		strncmp(probe, "icmp_", 5) == 0 ? "icmp" :
		probe[0] != '\0'		? "udp" :
						  "");
	return 0;
}

static void
intelmq_put_text(struct output *o, const char *key, const char *value)
{
	output_text(o, ",\"");
	output_text(o, key);
	output_text(o, "\":");
	escape_json(o, value, strlen(value));
}

/* To the second, with a colon in the offset, as IntelMQ writes it. */
static void
put_time(struct output *o, const char *key, uint64_t ns)
{
	time_t t = (time_t)(ns / SECOND);
	char text[40];
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL &&
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+00:00", &tm) > 0)
		intelmq_put_text(o, key, text);
}

static void
put_value(struct output *o, const char *key, const struct value *v)
{
	if (v->type == VALUE_NULL)
		return;
	output_text(o, ",\"");
	output_text(o, key);
	output_text(o, "\":");
	print_json(o, v, FIELD_TEXT);
}

static void
put_identifier(struct output *o, const struct state *s,
    const struct value *port)
{
	if (s->identifier != NULL)
		intelmq_put_text(o, "classification.identifier", s->identifier);
	else if (port->type == VALUE_UINT && s->protocol[0] != '\0') {
		output_text(o, ",\"classification.identifier\":\"open-");
		output_text(o, s->protocol);
		output_byte(o, '-');
		output_uint(o, port->number);
		output_byte(o, '"');
	}
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct output *o = f->out;
	struct value v[TTL + 1];
	size_t i;

	for (i = 0; i <= TTL; i++)
		v[i] = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
	if (v[SADDR].type != VALUE_BYTES ||
	    (v[SADDR].size != 4 && v[SADDR].size != 16)) {
		format_fail(f, "an event needs an address");
		return 0;
	}
	if ((v[SUCCESS].type != VALUE_NULL && v[SUCCESS].number == 0) ||
	    (v[REPEAT].type != VALUE_NULL && v[REPEAT].number != 0)) {
		format_fail(f, "only a success that is no repeat is an event");
		return 0;
	}
	output_text(o, "{\"feed.name\":");
	escape_json(o, s->feed, strlen(s->feed));
	intelmq_put_text(o, "classification.taxonomy", s->taxonomy);
	intelmq_put_text(o, "classification.type", s->type);
	put_identifier(o, s, &v[SPORT]);
	if (v[TIME].type == VALUE_UINT) {
		put_time(o, "time.source", v[TIME].number);
		put_time(o, "time.observation", v[TIME].number);
	}
	output_text(o, ",\"source.ip\":\"");
	print_address(o, v[SADDR].bytes, v[SADDR].size);
	output_byte(o, '"');
	put_value(o, "source.port", &v[SPORT]);
	if (s->protocol[0] != '\0')
		intelmq_put_text(o, "protocol.transport", s->protocol);
	put_value(o, "extra.classification", &v[CLASSIFICATION]);
	put_value(o, "extra.ttl", &v[TTL]);
	output_bytes(o, "}\n", 2);
	return 1;
}

static int
close_intelmq(struct format_state *f)
{
	struct state *s = f->state;

	if (s != NULL)
		free(s->args);
	free(s);
	return 0;
}

const struct format format_intelmq = {
	.name = "intelmq",
	.help = "events of IntelMQ, one JSON object a line, for CERTs",
	.fields =
	    "saddr,sport?,timestamp?,success?,repeat?,classification?,ttl?",
	.fixed = true,
	.stored = true,
	.prepare = prepare,
	.open = segment,
	.segment = segment,
	.appends = FORMAT_LINES,
	.record = record,
	.close = close_intelmq,
};
