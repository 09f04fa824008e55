/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml: the form of nmap -oX, valid by its DTD, for IVRE, Metasploit and others:
 * a host element with all its ports, since readers keep the last element of a
 * host.  Answers of a host come at any time, so they are kept, sorted by host,
 * and printed at the end, or when ANSWERS_MAX of them are there.  The document
 * is whole even if the input is not: what is there is never lost to a parser.
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

/* What nmap would say of an answer. */
struct verdict {
	const char *host; /* state: up, down, unknown */
	const char *port; /* state: open, closed, filtered */
	const char *reason;
};

struct answer {
	unsigned char address[16];
	unsigned char size; /* of it */
	unsigned char ttl;
	bool has_port;
	uint16_t port;
	const char *protocol;
	struct verdict verdict;
	uint64_t time; /* seconds since 1970, or 0 */
};

#define ANSWERS_MAX (1 << 20) /* 64 bytes each */

struct state {
	const char *protocol; /* of the probe; "" without ports */
	struct answer *answers;
	size_t count, room;
	uint64_t up, total;   /* hosts */
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

	s->protocol = strncmp(probe, "tcp_", 4) == 0 ? "tcp" :
	    strncmp(probe, "icmp_", 5) == 0	     ? "" :
						       "udp";
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
	    "<!DOCTYPE nmaprun>\n<nmaprun scanner=\"nmap\"");
	attribute_history(f->out, "args", f->header);
	if (start != 0) {
		attribute_uint(f->out, "start", start);
		attribute_time(f->out, "startstr", start);
		s->first = start;
	}
	attribute_text(f->out, "version", "zmap " ZMAP_VERSION);
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
	output_text(f->out,
	    "<verbose level=\"0\"/>\n<debugging level=\"0\"/>\n");
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
xml_is_text(const struct value *v, const char *s)
{
	return v->type == VALUE_TEXT && v->size == strlen(s) &&
	    memcmp(v->bytes, s, v->size) == 0;
}

static struct verdict
xml_judge(const struct state *s, const struct value v[])
{
	const struct value *c = &v[CLASSIFICATION];

	if (v[ICMP_TYPE].type == VALUE_UINT)
		return judge_icmp(s->protocol, v[ICMP_TYPE].number,
		    v[ICMP_CODE].type == VALUE_UINT ? v[ICMP_CODE].number :
						      UINT64_MAX);
	if (xml_is_text(c, "synack"))
		return (struct verdict){ "up", "open", "syn-ack" };
	if (xml_is_text(c, "rst"))
		return (struct verdict){ "up", "closed", "reset" };
	if (xml_is_text(c, "echoreply"))
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
    const struct answer *a)
{
	output_byte(o, '<');
	output_text(o, element);
	attribute_text(o, "state", state);
	attribute_text(o, "reason", a->verdict.reason);
	attribute_uint(o, "reason_ttl", a->ttl);
	output_text(o, "/>");
}

/* The answer that says most comes first. */
static int
rank(const struct answer *a)
{
	return strcmp(a->verdict.port, "open") == 0 ? 0 :
	    strcmp(a->verdict.port, "closed") == 0  ? 1 :
	    strcmp(a->verdict.host, "unknown") == 0 ? 3 :
						      2;
}

static bool
same_host(const struct answer *a, const struct answer *b)
{
	return a->size == b->size &&
	    memcmp(a->address, b->address, a->size) == 0;
}

static bool
same_port(const struct answer *a, const struct answer *b)
{
	return a->has_port == b->has_port && a->port == b->port &&
	    strcmp(a->protocol, b->protocol) == 0;
}

/* By host, protocol and port; of one port, by what they say and when. */
static int
xml_compare(const void *x, const void *y)
{
	const struct answer *a = x, *b = y;
	int d = (int)a->size - (int)b->size;

	if (d == 0)
		d = memcmp(a->address, b->address, a->size);
	if (d == 0)
		d = strcmp(a->protocol, b->protocol);
	if (d == 0)
		d = (int)a->has_port - (int)b->has_port;
	if (d == 0)
		d = (int)a->port - (int)b->port;
	if (d == 0)
		d = rank(a) - rank(b);
	if (d == 0)
		d = a->time < b->time ? -1 : a->time > b->time;
	return d;
}

static void
xml_put_ports(struct output *o, const struct answer *a, size_t n)
{
	const struct answer *last = NULL, *end = a + n;
	bool any = false;

	for (; a < end; a++) {
		if (!a->has_port || (last != NULL && same_port(last, a)))
			continue;
		last = a;
		output_text(o, any ? "" : "<ports>");
		any = true;
		output_text(o, "<port");
		attribute_text(o, "protocol", a->protocol);
		attribute_uint(o, "portid", a->port);
		output_byte(o, '>');
		state_element(o, "state", a->verdict.port, a);
		output_text(o, "</port>");
	}
	output_text(o, any ? "</ports>" : "");
}

/* n answers of one host. */
static void
xml_put_host(struct state *s, struct output *o, const struct answer *a,
    size_t n)
{
	const struct answer *best = a;
	uint64_t first = 0, last = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (rank(&a[i]) < rank(best))
			best = &a[i];
		if (a[i].time != 0 && (first == 0 || a[i].time < first))
			first = a[i].time;
		if (a[i].time > last)
			last = a[i].time;
	}
	s->total++;
	s->up += strcmp(best->verdict.host, "up") == 0;
	output_text(o, "<host");
	if (first != 0) {
		attribute_uint(o, "starttime", first);
		attribute_uint(o, "endtime", last);
	}
	output_byte(o, '>');
	state_element(o, "status", best->verdict.host, best);
	output_text(o, "<address addr=\"");
	print_address(o, a->address, a->size);
	output_text(o,
	    a->size == 4 ? "\" addrtype=\"ipv4\"/>" : "\" addrtype=\"ipv6\"/>");
	xml_put_ports(o, a, n);
	output_text(o, "</host>\n");
}

static void
xml_put_hosts(struct state *s, struct output *o)
{
	size_t i, n;

	if (s->count > 0)
		qsort(s->answers, s->count, sizeof *s->answers, xml_compare);
	for (i = 0; i < s->count; i += n) {
		for (n = 1; i + n < s->count &&
		     same_host(&s->answers[i], &s->answers[i + n]);
		     n++)
			;
		xml_put_host(s, o, &s->answers[i], n);
	}
	s->count = 0;
}

/* Room for one more: more memory, or what is there is printed. */
static int
make_room(struct state *s, struct output *o)
{
	size_t more = s->room == 0 ? 1024 : 2 * s->room;
	struct answer *grown = NULL;

	if (s->count < s->room)
		return 0;
	if (s->room < ANSWERS_MAX)
		grown = realloc(s->answers, more * sizeof *grown);
	if (grown != NULL) {
		s->answers = grown;
		s->room = more;
	}
	if (s->room == 0)
		return -1;
	if (grown == NULL)
		xml_put_hosts(s, o);
	return 0;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct value v[TIME + 1];
	struct answer *a;
	size_t i;

	for (i = 0; i <= TIME; i++)
		v[i] = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
	if (v[SADDR].type != VALUE_BYTES ||
	    (v[SADDR].size != 4 && v[SADDR].size != 16)) {
		format_fail(f, "a host needs an address");
		return 0;
	}
	if (make_room(s, f->out) == -1)
		return format_fail(f, "%s", strerror(ENOMEM));
	a = &s->answers[s->count++];
	*a = (struct answer){ .size = v[SADDR].size,
		.protocol = s->protocol,
		.verdict = xml_judge(s, v) };
	memcpy(a->address, v[SADDR].bytes, a->size);
	if (v[TTL].type == VALUE_UINT && v[TTL].number < 256)
		a->ttl = v[TTL].number;
	if (s->protocol[0] != '\0' && v[SPORT].type == VALUE_UINT &&
	    v[SPORT].number < 65536) {
		a->has_port = true;
		a->port = v[SPORT].number;
	}
	if (v[TIME].type == VALUE_UINT) {
		a->time = v[TIME].number;
		if (s->first == 0)
			s->first = a->time;
		if (a->time > s->last)
			s->last = a->time;
	}
	return 1;
}

static int
close_xml(struct format_state *f)
{
	struct state *s = f->state;
	uint64_t end;

	if (s == NULL)
		return 0;
	xml_put_hosts(s, f->out);
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
	free(s->answers);
	free(s);
	return 0;
}

const struct format format_xml = {
	.name = "xml",
	.help = "XML as nmap writes it, for IVRE, Metasploit and others",
	.fields =
	    "saddr,sport?,ttl?,classification?,success?,icmp_type?,icmp_code?,timestamp_ts?",
	.fixed = true,
	.open = open_xml,
	.segment = segment,
	.record = record,
	.close = close_xml,
};
