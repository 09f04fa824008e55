/* SPDX-License-Identifier: Apache-2.0 */
/*
 * icmp_echo_time: as icmp_echoscan, with the time of sending in the payload,
 * from which the receiver computes the round-trip time.
 *
 *	0	seconds since 1970
 *	4	microseconds of the second
 *	8	address of the target
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

#define PAYLOAD	     (TEMPLATE_IP + TEMPLATE_ICMP)
#define PAYLOAD_SIZE 12
#define MAX_SIZE     (PAYLOAD + ATTRIBUTION_MAX + PAYLOAD_SIZE)

/* What is in a probe besides. */
struct echo {
	size_t first; /* bytes of payload before the time */
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
	unsigned char payload[ATTRIBUTION_MAX + PAYLOAD_SIZE] = { 0 };
	struct echo *e;
	size_t n;

	if (c->args != NULL && c->args[0] != '\0') {
		*why = "icmp_echo_time takes no --probe-args";
		return -1;
	}
	e = calloc(1, sizeof *e);
	if (e == NULL) {
		*why = "out of memory";
		return -1;
	}
	e->first = attribution_size(c->attribution);
	t->state = e;
	if (t->packet == NULL)
		return 0;
	n = attribution_put(payload, ATTRIBUTION_MAX, c->attribution, NULL, 0);
	t->attributed = n > 0;
	t->size = template_icmp(t->packet, MAX_SIZE, c->ttl, 8, 0, payload,
	    n + PAYLOAD_SIZE, why);
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
	unsigned char *icmp = packet + TEMPLATE_IP;
	unsigned char *stamp = icmp + TEMPLATE_ICMP + e->first;
	uint64_t now = clock_wall_ns();

	template_set_ip(packet, t->size, to->v[3], to->source, to->address);
	put16(icmp + 4, to->v[1]);
	put16(icmp + 6, to->v[2]);
	put32(stamp, now / SECOND);
	put32(stamp + 4, now % SECOND / MICROSECOND);
	put32(stamp + 8, to->address);
	template_sum_icmp(icmp, t->size - TEMPLATE_IP);
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

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	const unsigned char *echo = r->icmp_error ? r->quote : r->data;
	size_t n = r->icmp_error ? r->quote_size : r->size;
	const struct echo *e = t->state;
	uint64_t sent;

	(void)scratch;
	if (n < TEMPLATE_ICMP)
		return REFUSED_TRUNCATED;
	if (echo[0] != (r->icmp_error ? 8 : 0))
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
	    r->icmp_error ? probe_icmp_class(r->icmp_type) : "echoreply");
	if (r->icmp_error)
		probe_fill_icmp(values + ICMP, r);
	/* many quote no more than the 8 bytes that RFC 792 asks for */
	if (n < TEMPLATE_ICMP + e->first + PAYLOAD_SIZE)
		return REFUSED_NOT;
	echo += TEMPLATE_ICMP + e->first;
	sent = get32(echo) * SECOND + get32(echo + 4) % 1000000 * MICROSECOND;
	values[SENT] = value_uint(sent);
	if (sent <= r->time_ns)
		values[RTT_US] = value_uint((r->time_ns - sent) / 1000);
	values[DST] = value_bytes(echo + 8, 4);
	return REFUSED_NOT;
}

const struct probe probe_icmp_echo_time = {
	.abi = PROBE_ABI,
	.name = "icmp_echo_time",
	.help =
	    "Sends an ICMP echo request with the time to each target and measures the\nround-trip time of the answer.",
	.ports = false,
	.attribution = PROBE_ATTRIBUTION_CARRIED,
	.protocol = 1,
	.max_size = MAX_SIZE,
	.filter = "icmp[0] = 0",
	.snaplen = TEMPLATE_MTU,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.done = done,
	.make = make,
	.classify = classify,
};
