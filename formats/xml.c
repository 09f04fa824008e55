/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml: the form of nmap -oX, as far as IVRE, Metasploit and others import it:
 * one host element with at most one port for each record.  The document is
 * whole even if the input is not: what is there is never lost to a parser.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/version.h"
#include "formats/format.h"
#include "scan/facts.h"
#include "stream/print.h"
#include "stream/token.h"

enum column_index {
	SADDR,
	SPORT,
	TTL,
	CLASSIFICATION,
	SUCCESS,
	ICMP_TYPE,
	ICMP_CODE,
	TIME,
};

struct state {
	char protocol[8]; /* of the probe; "" without ports */
	uint64_t up, total;
	uint64_t first, last; /* seconds since 1970 */
};

static void
attribute(struct output *o, const char *name, const void *p, size_t n)
{
	output_byte(o, ' ');
	output_text(o, name);
	output_text(o, "=\"");
	escape_xml(o, p, n);
	output_byte(o, '"');
}

static void
attribute_text(struct output *o, const char *name, const char *s)
{
	attribute(o, name, s, strlen(s));
}

static void
attribute_uint(struct output *o, const char *name, uint64_t v)
{
	output_byte(o, ' ');
	output_text(o, name);
	output_text(o, "=\"");
	output_uint(o, v);
	output_byte(o, '"');
}

/* As ctime(3), without the newline. */
static void
attribute_time(struct output *o, const char *name, uint64_t seconds)
{
	time_t t = seconds;
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &tm);
	attribute_text(o, name, text);
}

/* The commands of the history with a bar between them. */
static void
attribute_history(struct output *o, const char *name, const struct header *h)
{
	static const unsigned char none[1];
	const unsigned char *p = h->history_size > 0 ? h->history : none;
	const unsigned char *begin = p, *end = p + h->history_size;
	struct token t;
	ssize_t used;

	output_byte(o, ' ');
	output_text(o, name);
	output_text(o, "=\"");
	/* words of all commands in a row, a bar where an array opens */
	while (p < end && (used = token_next(p, end - p, &t)) > 0) {
		if (t.kind == TOKEN_ARRAY && p != begin)
			output_text(o, " |");
		if (t.kind == TOKEN_TEXT) {
			if (o->buf[o->len - 1] != '"')
				output_byte(o, ' ');
			escape_xml(o, t.bytes, t.number);
		}
		p += used;
	}
	output_byte(o, '"');
}

static void
attribute_ports(struct output *o, const char *name, const struct ranges *r)
{
	size_t i;

	output_byte(o, ' ');
	output_text(o, name);
	output_text(o, "=\"");
	for (i = 0; i < r->n; i++) {
		if (i > 0)
			output_byte(o, ',');
		output_uint(o, ranges_first(r->v[i]));
		if (ranges_last(r->v[i]) != ranges_first(r->v[i])) {
			output_byte(o, '-');
			output_uint(o, ranges_last(r->v[i]));
		}
	}
	output_byte(o, '"');
}

/* The protocol that the probe module's name says. */
static void
take_protocol(struct state *s, const struct facts *facts)
{
	const char *probe = facts->has & FACT_PROBE ? facts->probe :
						      "tcp_synscan";

	snprintf(s->protocol, sizeof s->protocol, "%s",
	    strncmp(probe, "tcp_", 4) == 0	? "tcp" :
		strncmp(probe, "icmp_", 5) == 0 ? "" :
						  "udp");
}

static int
open_xml(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);
	struct facts facts;
	uint64_t start;

	f->state = s;
	if (s == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	if (facts_decode(&facts, &f->header->scan,
		FACT_PROBE | FACT_START | FACT_PORTS, f->why,
		sizeof f->why) == -1) {
		facts_free(&facts);
		return -1;
	}
	take_protocol(s, &facts);
	start = facts.start_ns / SECOND;
	output_text(f->out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!DOCTYPE nmaprun>\n<nmaprun scanner=\"zmap\"");
	attribute_history(f->out, "args", f->header);
	if (start != 0) {
		attribute_uint(f->out, "start", start);
		attribute_time(f->out, "startstr", start);
		s->first = start;
	}
	attribute_text(f->out, "version", ZMAP_VERSION);
	output_text(f->out, " xmloutputversion=\"1.05\">\n");
	if (s->protocol[0] != '\0' && facts.has & FACT_PORTS) {
		output_text(f->out, "<scaninfo");
		attribute_text(f->out, "type",
		    strcmp(s->protocol, "udp") == 0		   ? "udp" :
			strcmp(facts.probe, "tcp_synackscan") == 0 ? "ack" :
								     "syn");
		attribute_text(f->out, "protocol", s->protocol);
		attribute_uint(f->out, "numservices",
		    ranges_count(&facts.ports));
		attribute_ports(f->out, "services", &facts.ports);
		output_text(f->out, "/>\n");
	}
	facts_free(&facts);
	return 0;
}

static int
segment(struct format_state *f)
{
	struct facts facts;
	int rc;

	rc = facts_decode(&facts, &f->header->scan, FACT_PROBE, f->why,
	    sizeof f->why);
	if (rc == 0)
		take_protocol(f->state, &facts);
	facts_free(&facts);
	return rc;
}

/* What nmap would say of an answer. */
struct verdict {
	const char *host; /* state: up, down, unknown */
	const char *port; /* state: open, closed, filtered */
	const char *reason;
};

static struct verdict
judge_icmp(const char *protocol, uint64_t type, uint64_t code)
{
	/* of destination unreachable, by code (RFC 1122, RFC 1812) */
	static const char *const reasons[] = {
		"net-unreach",
		"host-unreach",
		"proto-unreach",
		"port-unreach",
		"unknown-response",
		"source-route-failed",
		"net-unknown",
		"host-unknown",
		"unknown-response",
		"net-prohibited",
		"host-prohibited",
		"net-unreach-tos",
		"host-unreach-tos",
		"admin-prohibited",
	};

	if (type == 11)
		return (
		    struct verdict){ "unknown", "filtered", "time-exceeded" };
	if (type != 3)
		return (struct verdict){ "unknown", "filtered",
			type == 4 ? "source-quench" : "unknown-response" };
	/* only the host itself knows its ports and protocols */
	if (code == 3)
		return (struct verdict){ "up",
			strcmp(protocol, "udp") == 0 ? "closed" : "filtered",
			reasons[code] };
	return (struct verdict){ code == 2 ? "up" : "unknown", "filtered",
		code < sizeof reasons / sizeof *reasons ? reasons[code] :
							  "admin-prohibited" };
}

static bool
is_text(const struct value *v, const char *s)
{
	return v->type == VALUE_TEXT && v->size == strlen(s) &&
	    memcmp(v->bytes, s, v->size) == 0;
}

static struct verdict
judge(const struct state *s, const struct value v[])
{
	const struct value *c = &v[CLASSIFICATION];

	if (v[ICMP_TYPE].type == VALUE_UINT)
		return judge_icmp(s->protocol, v[ICMP_TYPE].number,
		    v[ICMP_CODE].type == VALUE_UINT ? v[ICMP_CODE].number :
						      UINT64_MAX);
	if (is_text(c, "synack"))
		return (struct verdict){ "up", "open", "syn-ack" };
	if (is_text(c, "rst"))
		return (struct verdict){ "up", "closed", "reset" };
	if (is_text(c, "echoreply"))
		return (struct verdict){ "up", "open", "echo-reply" };
	if (strcmp(s->protocol, "udp") == 0)
		return (struct verdict){ "up", "open", "udp-response" };
	return (struct verdict){ "up",
		v[SUCCESS].type != VALUE_NULL && v[SUCCESS].number != 0 ?
		    "open" :
		    "filtered",
		"unknown-response" };
}

static void
state_element(struct output *o, const char *element, const char *state,
    const char *reason, const struct value *ttl)
{
	output_byte(o, '<');
	output_text(o, element);
	attribute_text(o, "state", state);
	attribute_text(o, "reason", reason);
	attribute_uint(o, "reason_ttl",
	    ttl->type == VALUE_UINT ? ttl->number : 0);
	output_text(o, "/>");
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct output *o = f->out;
	struct value v[TIME + 1];
	struct verdict verdict;
	size_t i;

	for (i = 0; i <= TIME; i++)
		v[i] = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
	if (v[SADDR].type != VALUE_BYTES ||
	    (v[SADDR].size != 4 && v[SADDR].size != 16)) {
		format_fail(f, "a host needs an address");
		return 0;
	}
	verdict = judge(s, v);
	s->total++;
	s->up += strcmp(verdict.host, "up") == 0;
	output_text(o, "<host");
	if (v[TIME].type == VALUE_UINT) {
		if (s->first == 0)
			s->first = v[TIME].number;
		s->last = v[TIME].number;
		attribute_uint(o, "starttime", v[TIME].number);
		attribute_uint(o, "endtime", v[TIME].number);
	}
	output_byte(o, '>');
	state_element(o, "status", verdict.host, verdict.reason, &v[TTL]);
	output_text(o, "<address addr=\"");
	print_address(o, v[SADDR].bytes, v[SADDR].size);
	output_text(o,
	    v[SADDR].size == 4 ? "\" addrtype=\"ipv4\"/>" :
				 "\" addrtype=\"ipv6\"/>");
	if (s->protocol[0] != '\0' && v[SPORT].type == VALUE_UINT) {
		output_text(o, "<ports><port");
		attribute_text(o, "protocol", s->protocol);
		attribute_uint(o, "portid", v[SPORT].number);
		output_byte(o, '>');
		state_element(o, "state", verdict.port, verdict.reason,
		    &v[TTL]);
		output_text(o, "</port></ports>");
	}
	output_text(o, "</host>\n");
	return 1;
}

static int
close_xml(struct format_state *f)
{
	struct state *s = f->state;
	uint64_t end;

	if (s == NULL)
		return 0;
	end = s->last > s->first ? s->last : s->first;
	output_text(f->out, "<runstats><finished");
	attribute_uint(f->out, "time", end);
	attribute_time(f->out, "timestr", end);
	attribute_uint(f->out, "elapsed", end - s->first);
	attribute_text(f->out, "exit", f->complete ? "success" : "error");
	output_text(f->out, "/><hosts");
	attribute_uint(f->out, "up", s->up);
	attribute_uint(f->out, "down", s->total - s->up);
	attribute_uint(f->out, "total", s->total);
	output_text(f->out, "/></runstats>\n</nmaprun>\n");
	free(s);
	return 0;
}

const struct format format_xml = {
	.name = "xml",
	.help = "XML as nmap writes it, for IVRE, Metasploit and others",
	.fields = "saddr,sport?,ttl?,classification?,success?,icmp_type?,"
		  "icmp_code?,timestamp_ts?",
	.fixed = true,
	.open = open_xml,
	.segment = segment,
	.record = record,
	.close = close_xml,
};
