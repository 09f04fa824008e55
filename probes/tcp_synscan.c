/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_synscan: a TCP SYN to each target.  Open ports answer SYN-ACK, closed
 * ones RST.  The sequence number is validation word 0, so that both bring it
 * back, plus one, in their acknowledgement number.
 *
 * Where the TCP options have a timestamp (RFC 7323), its value is the time of
 * sending, which a SYN-ACK echoes: so the round-trip time costs no bit of
 * validation.  It is microseconds of the wall clock, modulo 2^32, that being
 * the clock of captures and the one that another host's zmap-recv shares, plus
 * validation word 2: an offset that differs between connections, as RFC 7323
 * 5.4 would have it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "probe/attribution.h"
#include "probe/probe.h"
#include "probe/template.h"
#include "probes/tcp.h"
#include "stream/encode.h"

#define OPTIONS_MAX 24
#define HEADERS_MAX (TEMPLATE_IP6 + TEMPLATE_TCP + OPTIONS_MAX)
#define MAX_SIZE    (HEADERS_MAX + ATTRIBUTION_MAX)
#define WINDOW	    65535

/*
 * Microseconds, about a minute: longer than a scan waits.  It is 1/64 of 2^32:
 * of 64 timestamps that are no echo of ours, 63 are found out.
 */
#define RTT_MAX (1u << 26)

struct syn {
	size_t time_at; /* of the timestamp behind IP; 0: there is none */
	uint64_t rest;	/* of all probes, for the checksum */
	size_t data;	/* bytes behind the options, for --attribution */
	bool ja4ts;
};

/*
 * TCP options in the order in which systems send them, which middleboxes look
 * at.  T stands for the timestamp and its echo.
 */
#define T 0, 0, 0, 0, 0, 0, 0, 0

static const struct layout {
	const char *name;
	size_t size;
	size_t time_at; /* of T; 0: there is none */
	unsigned char bytes[OPTIONS_MAX];
} layouts[] = {
	{ "bsd", 24, 12,
	    { 2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, T, 4, 2, 0, 0 } },
	{ "linux", 20, 8, { 2, 4, 5, 0xb4, 4, 2, 8, 10, T, 1, 3, 3, 7 } },
	{ "smallest-probes", 4, 0, { 2, 4, 5, 0xb4 } },
	{ "smallest-probes", 16, 8, { 2, 4, 5, 0xb4, 1, 1, 8, 10, T } },
	{ "windows", 12, 0, { 2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2 } },
	{ "windows", 20, 12, { 2, 4, 5, 0xb4, 1, 3, 3, 8, 4, 2, 8, 10, T } },
	{ .name = NULL },
};

static bool
tcp_synscan_is_word(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(s, word, n) == 0;
}

/* The layout of --probe-args, [LAYOUT][,rtt][,attribution][,ja4ts], or NULL. */
static const struct layout *
find_layout(const char *args, bool *attribution, bool *ja4ts)
{
	const char *name = "windows", *s;
	const struct layout *l;
	size_t n, name_size = strlen(name);
	bool named = false, rtt = false;

	*attribution = *ja4ts = false;
	for (s = args != NULL ? args : ""; *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (tcp_synscan_is_word(s, n, "rtt")) {
			rtt = true;
			continue;
		}
		if (tcp_synscan_is_word(s, n, "attribution")) {
			*attribution = true;
			continue;
		}
		if (tcp_synscan_is_word(s, n, "ja4ts")) {
			*ja4ts = true;
			continue;
		}
		if (named)
			return NULL;
		named = true;
		if (!tcp_synscan_is_word(s, n, "default")) {
			name = s;
			name_size = n;
		}
	}
	for (l = layouts; l->name != NULL; l++)
		if (tcp_synscan_is_word(name, name_size, l->name) &&
		    (!rtt || l->time_at != 0))
			return l;
	return NULL;
}

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, HEADERS_MAX, c->ttl,
		why };
	bool attribution, ja4ts;
	const struct layout *l = find_layout(c->args, &attribution, &ja4ts);
	struct syn *s;

	if (l == NULL) {
		*why =
		    "arguments are smallest-probes, windows, linux or bsd, and rtt, ja4ts and attribution, with commas between";
		return -1;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		*why = "out of memory";
		return -1;
	}
	if (attribution)
		s->data = attribution_size(c->attribution);
	s->ja4ts = ja4ts;
	if (l->time_at != 0)
		s->time_at = TEMPLATE_TCP + l->time_at;
	if (t->packet != NULL) {
		t->size = template_tcp(&place, TCP_SYN, WINDOW, l->bytes,
		    l->size);
		t->size = template_family(c->family, t->packet, t->size,
		    HEADERS_MAX, why);
		if (t->size != 0 && c->family == 6)
			put16(t->packet + TEMPLATE_IP6 + TEMPLATE_TCP + 2,
			    TCP_MSS6);
		if (t->size == 0) {
			free(s);
			return -1;
		}
		if (s->data > 0)
			t->size += attribution_put(t->packet + t->size,
			    ATTRIBUTION_MAX, c->attribution, NULL, 0);
		t->attributed = s->data > 0;
		s->rest = template_rest_tcp(t->packet,
		    t->size - template_header(t->packet));
	}
	t->state = s;
	return 0;
}

static void
done(struct probe_thread *t)
{
	free(t->state);
	t->state = NULL;
}

/* A packet leaves when it is made, but for the rest of its batch. */
static uint32_t
tcp_synscan_put_time(unsigned char *p, uint32_t offset)
{
	uint32_t now = clock_wall_ns() / MICROSECOND + offset;

	put32(p, now);
	return now;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const struct syn *s = t->state;
	const size_t header = template_header(packet);
	uint64_t rest = s->rest;

	template_set_ip(packet, t->size, to);
	if (s->time_at != 0)
		rest += htonl(tcp_synscan_put_time(packet + header + s->time_at,
		    to->v[2]));
	template_set_tcp(packet, to, to->v[0], t->size - header, rest);
	return t->size;
}

enum {
	TCP,
	OPTIONS = TCP + TCP_COUNT,
	CLASSIFICATION = OPTIONS + TCP_OPTION_COUNT,
	SUCCESS,
	ICMP,
	RTT = ICMP + PROBE_ICMP_COUNT,
	JA4TS,
};

static const struct field fields[] = {
	[TCP] = TCP_FIELDS,
	[OPTIONS] = TCP_OPTION_FIELDS,
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL, "is response considered success" },
	[ICMP] = PROBE_ICMP_FIELDS,
	[RTT] = { "rtt", FIELD_UINT,
	    "round-trip time in microseconds (probes with TCP timestamps)" },
	[JA4TS] = { "ja4ts", FIELD_TEXT,
	    "JA4TS fingerprint of a SYN-ACK (with ja4ts in --probe-args)" },
	{ .name = NULL },
};

/*
 * A SYN-ACK acknowledges the SYN, and its data too if the host takes data
 * before the handshake is done.  A RST acknowledges both, or, from stacks that
 * do not count the SYN, the sequence number itself.
 */
static bool
acknowledges(const struct syn *s, uint32_t sequence, uint32_t ack, bool synack)
{
	return ack == sequence + 1 || ack == sequence + 1 + s->data ||
	    (!synack && (ack == sequence || ack == sequence + s->data));
}

/*
 * From a timestamp of ours that came back; null if it cannot be one, as 0,
 * which says that there is none (RFC 7323).
 */
static struct value
round_trip(const struct syn *s, const struct reply *r, uint32_t timestamp)
{
	uint32_t us = r->time_ns / 1000 - (timestamp - r->v[2]);

	if (s->time_at == 0 || timestamp == 0 || us > RTT_MAX)
		return (struct value){ .type = VALUE_NULL };
	return value_uint(us);
}

static struct value
tcp_synscan_fingerprint(const struct reply *r, struct encoder *scratch)
{
	char text[TCP_JA4TS_MAX];
	size_t n = tcp_ja4ts(r, text);
	unsigned char *room = encode_bytes_room(scratch, n);

	if (room == NULL)
		return (struct value){ .type = VALUE_NULL };
	memcpy(room, text, n);
	return (struct value){ .type = VALUE_TEXT, .bytes = room, .size = n };
}

/*
 * A quoted SYN holds its sequence number within the
 * first 8 bytes, which every ICMP error quotes; its timestamp is there if the
 * router quotes all of it.
 */
static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	const struct syn *s = t->state;
	enum refusal refused;
	struct tcp tcp;
	bool synack;

	if (r->icmp_error) {
		if (get32(r->quote + 4) != r->v[0])
			return REFUSED_VALIDATION;
		if (tcp_parse(r->quote, r->quote_size, SIZE_MAX, &tcp) ==
			REFUSED_NOT &&
		    tcp.has_timestamps)
			values[RTT] = round_trip(t->state, r, tcp.ts_val);
		tcp_fill_icmp(values + TCP, r);
		values[CLASSIFICATION] = value_text("icmp");
		values[SUCCESS] = value_bool(false);
		probe_fill_icmp(values + ICMP, r);
		return REFUSED_NOT;
	}
	refused = tcp_read(r, &tcp);
	if (refused != REFUSED_NOT)
		return refused;
	synack = (tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST)) ==
	    (TCP_SYN | TCP_ACK);
	if (!synack && !(tcp.flags & TCP_RST))
		return REFUSED_VALIDATION;
	if (!acknowledges(t->state, r->v[0], tcp.ack, synack))
		return REFUSED_VALIDATION;
	tcp_fill(values + TCP, &tcp);
	tcp_fill_options(values + OPTIONS, &tcp);
	values[CLASSIFICATION] = value_text(synack ? "synack" : "rst");
	values[SUCCESS] = value_bool(synack);
	if (tcp.has_timestamps)
		values[RTT] = round_trip(s, r, tcp.ts_ecr);
	if (synack && s->ja4ts)
		values[JA4TS] = tcp_synscan_fingerprint(r, scratch);
	return REFUSED_NOT;
}

const struct probe probe_tcp_synscan = {
	.abi = PROBE_ABI,
	.name = "tcp_synscan",
	.help =
	    "Sends a TCP SYN to each target.  Open ports answer SYN-ACK, closed ones RST.\n--probe-args chooses the TCP options: smallest-probes, windows (default), linux or bsd.\nLinux and bsd have timestamps, which measure the round-trip time (rtt) of SYN-ACKs;\nthe others have them with rtt besides, as in windows,rtt.  With ja4ts, each SYN-ACK gets its\nfingerprint.  With attribution, SYNs carry the URI\nof --attribution, which some hosts and firewalls drop.",
	.ports = true,
	.ip6 = true,
	.attribution = PROBE_ATTRIBUTION_ASKED,
	.protocol = 6,
	.max_size = MAX_SIZE,
	/* a RST, or a SYN-ACK whatever else is set in it */
	.filter = "tcp[13] & 4 != 0 or tcp[13] & 18 == 18",
	.snaplen = 60 + 60, /* longest IP and TCP headers */
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.rtt = RTT,
	.prepare = prepare,
	.done = done,
	.make = make,
	.classify = classify,
};
