/* SPDX-License-Identifier: Apache-2.0 */
/*
 * icmp_echo_time: as icmp_echoscan, with the time of sending in the payload,
 * from which the receiver computes the round-trip time.
 *
 *	0	seconds since 1970
 *	4	microseconds of the second
 *	8	address of the target, 4 bytes or 16
 *	24	of IPv6 (RFC 4443) alone: a key, validation words 0 and 3
 *
 * With --attribution, that stands behind the URI and its NUL.
 *
 * Both ends of the trip are stamped on the wall clock of this host, the way
 * back by the capture.  A router that quotes enough of the request gives its
 * own round-trip time.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "probe/attribution.h"
#include "probe/probe.h"
#include "probe/template.h"

enum {
	AT_ADDRESS = 8,
	AT_KEY = AT_ADDRESS + IP6_SIZE,
	PAYLOAD_SIZE = AT_ADDRESS + 4,
	PAYLOAD6_SIZE = AT_KEY + 8,
	MAX_SIZE = TEMPLATE_IP6 + TEMPLATE_ICMP + ATTRIBUTION_MAX +
	    PAYLOAD6_SIZE,
};

enum { REQUEST = 8, REPLY = 0, REQUEST6 = 128, REPLY6 = 129 };

/* What is in a probe besides. */
struct echo {
	size_t first; /* bytes of payload before the time */
	size_t size;  /* from there on */
};

static void
done(struct probe_thread *t)
{
	free(t->state);
	t->state = NULL;
}

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, MAX_SIZE, c->ttl,
		why };
	unsigned char payload[ATTRIBUTION_MAX + PAYLOAD6_SIZE] = { 0 };
	const bool six = c->family == 6;
	struct echo *e;
	size_t n;

	if (c->args != NULL && c->args[0] != '\0') {
		*why = "takes no --probe-args";
		return -1;
	}
	e = calloc(1, sizeof *e);
	if (e == NULL) {
		*why = "out of memory";
		return -1;
	}
	e->first = attribution_size(c->attribution);
	e->size = six ? PAYLOAD6_SIZE : PAYLOAD_SIZE;
	t->state = e;
	if (t->packet == NULL)
		return 0;
	n = attribution_put(payload, ATTRIBUTION_MAX, c->attribution, NULL, 0);
	t->attributed = n > 0;
	t->size = template_icmp(&place, six ? REQUEST6 : REQUEST, 0, payload,
	    n + e->size);
	t->size = template_family(c->family, t->packet, t->size, MAX_SIZE, why);
	if (t->size > 0)
		return 0;
	done(t);
	return -1;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const struct echo *e = t->state;
	const size_t header = template_header(packet);
	unsigned char *icmp = packet + header;
	unsigned char *stamp = icmp + TEMPLATE_ICMP + e->first;
	uint64_t now = clock_wall_ns();

	template_set_ip(packet, t->size, to);
	put16(icmp + 4, to->v[1]);
	put16(icmp + 6, to->v[2]);
	put32(stamp, now / SECOND);
	put32(stamp + 4, now % SECOND / MICROSECOND);
	if (header == TEMPLATE_IP6) {
		ip6_put(stamp + AT_ADDRESS, to->address6);
		put32(stamp + AT_KEY, to->v[0]);
		put32(stamp + AT_KEY + 4, to->v[3]);
	} else
		put32(stamp + AT_ADDRESS, to->address);
	template_sum_icmp(packet, t->size - header);
	return t->size;
}

enum {
	TYPE,
	CODE,
	ICMP_ID,
	SEQ,
	SENT,
	RECEIVED,
	RTT_US,
	DST,
	CLASSIFICATION,
	SUCCESS,
	ICMP,
};

static const struct field fields[] = {
	[TYPE] = { "type", FIELD_UINT, "ICMP message type" },
	[CODE] = { "code", FIELD_UINT, "ICMP message sub type code" },
	[ICMP_ID] = { "icmp_id", FIELD_UINT, "ICMP id number" },
	[SEQ] = { "seq", FIELD_UINT, "ICMP sequence number" },
	[SENT] = { "sent_timestamp", FIELD_TIME, "when the request was sent" },
	[RECEIVED] = { "recv_timestamp", FIELD_TIME,
	    "when the response arrived" },
	[RTT_US] = { "rtt_us", FIELD_UINT, "round-trip time in microseconds" },
	[DST] = { "dst", FIELD_IP, "the target that the payload names" },
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "ICMP message type as a word" },
	[SUCCESS] = { "success", FIELD_BOOL,
	    "did probe module classify response as success" },
	[ICMP] = PROBE_ICMP_FIELDS,
	{ .name = NULL },
};

/* What of the payload came back, which may be less than all. */
static enum refusal
read_payload(const struct reply *r, const struct echo *e,
    const unsigned char *p, size_t n, struct value *values)
{
	const bool six = r->family == 6;
	uint64_t sent;

	/* many quote no more than the 8 bytes that RFC 792 asks for */
	if (n < e->first + e->size)
		return six && !r->icmp_error ? REFUSED_VALIDATION : REFUSED_NOT;
	p += e->first;
	if (six &&
	    (get32(p + AT_KEY) != r->v[0] || get32(p + AT_KEY + 4) != r->v[3]))
		return REFUSED_VALIDATION;
	sent = get32(p) * SECOND + get32(p + 4) % 1000000 * MICROSECOND;
	values[SENT] = value_uint(sent);
	if (sent <= r->time_ns)
		values[RTT_US] = value_uint((r->time_ns - sent) / 1000);
	values[DST] = value_bytes(p + AT_ADDRESS, six ? IP6_SIZE : 4);
	return REFUSED_NOT;
}

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	const unsigned char *echo = r->icmp_error ? r->quote : r->data;
	size_t n = r->icmp_error ? r->quote_size : r->size;
	const bool six = r->family == 6;
	const int type = r->icmp_error ? six ? REQUEST6 : REQUEST :
	    six			       ? REPLY6 :
					 REPLY;

	(void)scratch;
	if (n < TEMPLATE_ICMP)
		return REFUSED_TRUNCATED;
	if (echo[0] != type)
		return REFUSED_PROTOCOL;
	if (get16(echo + 4) != (r->v[1] & 0xffff) ||
	    get16(echo + 6) != (r->v[2] & 0xffff))
		return REFUSED_VALIDATION;
	values[TYPE] = value_uint(r->data[0]);
	values[CODE] = value_uint(r->data[1]);
	values[ICMP_ID] = value_uint(get16(echo + 4));
	values[SEQ] = value_uint(get16(echo + 6));
	values[RECEIVED] = value_uint(r->time_ns);
	values[SUCCESS] = value_bool(!r->icmp_error);
	values[CLASSIFICATION] = value_text(
	    !r->icmp_error ? "echoreply" : probe_icmp_class(r));
	if (r->icmp_error)
		probe_fill_icmp(values + ICMP, r);
	return read_payload(r, t->state, echo + TEMPLATE_ICMP,
	    n - TEMPLATE_ICMP, values);
}

const struct probe probe_icmp_echo_time = {
	.abi = PROBE_ABI,
	.name = "icmp_echo_time",
	.help =
	    "Sends an ICMP echo request with the time to each target and measures the\nround-trip time of the answer.",
	.ports = false,
	.ip6 = true,
	.attribution = PROBE_ATTRIBUTION_CARRIED,
	.protocol = 1,
	.max_size = MAX_SIZE,
	.filter = "icmp[0] = 0",
	.snaplen = TEMPLATE_MTU,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.rtt = RTT_US,
	.prepare = prepare,
	.done = done,
	.make = make,
	.classify = classify,
};
