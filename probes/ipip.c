/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipip: finds hosts that unwrap IP in IP (RFC 2003) from any sender and forward
 * its contents.  The inner packet is a UDP datagram that pretends to come
 * from the target, from the target port, to us, so that a host which forwards
 * it answers with it.
 *
 *	IP	us -> target, protocol 4
 *	IP	target -> us, protocol 17
 *	UDP	target port -> our port
 */
#include <stdio.h>

#include "probe/payload.h"
#include "probe/probe.h"
#include "probe/template.h"

#define INNER	    TEMPLATE_IP /* where it begins */
#define HEADERS	    (2 * TEMPLATE_IP + TEMPLATE_UDP)
#define PAYLOAD_MAX 200
#define MAX_SIZE    (HEADERS + PAYLOAD_MAX)
#define INNER_TTL   255

static const char request[] = "text:GET / HTTP/1.1\r\nHost: www\r\n\r\n";

static int
ipip_build(struct probe_thread *t, const struct probe_config *c,
    const struct payload *p, const char **why)
{
	unsigned char inner[MAX_SIZE];
	size_t n;
	const struct template_place within = { inner, sizeof inner, INNER_TTL,
		why };
	const struct template_place place = { t->packet, MAX_SIZE, c->ttl,
		why };

	n = template_udp(&within, p->bytes, p->size);
	if (n == 0)
		return -1;
	t->size = template_ip(&place, 4, inner, n);
	return t->size > 0 ? 0 : -1;
}

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const char *args = c->args;
	struct payload *p;
	int rc;

	if (t->packet == NULL)
		return 0;
	if (args == NULL || args[0] == '\0')
		args = request;
	p = payload_new(args,
	    &(struct payload_rules){ .forms = PAYLOAD_FIXED,
		.max = PAYLOAD_MAX },
	    t->reason, sizeof t->reason);
	if (p == NULL) {
		*why = t->reason;
		return -1;
	}
	rc = ipip_build(t, c, p, why);
	payload_free(p);
	return rc;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	unsigned char *inner = packet + INNER;
	size_t n = t->size - HEADERS;

	template_set_ip4(inner, t->size - INNER, to->v[3], to->address,
	    to->source);
	template_set_udp(inner, to->port, to->source_port, n,
	    checksum_add(0, packet + HEADERS, n));
	template_set_ip(packet, t->size, to);
	return t->size;
}

/* "ip { ... }" of the inner packet, after the layer above it. */
static int
print(const struct probe_thread *t, const unsigned char *packet, size_t n,
    char *buf, size_t size)
{
	const unsigned char *ip = packet + INNER, *udp = ip + TEMPLATE_IP;

	(void)t;
	(void)n;
	return snprintf(buf, size,
	    "udp { source: %u | dest: %u | checksum: %#04X }\n"
	    "ip { saddr: %u.%u.%u.%u | daddr: %u.%u.%u.%u | checksum: %#04X }\n",
	    get16(udp), get16(udp + 2), get16(udp + 6), ip[12], ip[13], ip[14],
	    ip[15], ip[16], ip[17], ip[18], ip[19], get16(ip + 10));
}

enum {
	CLASSIFICATION,
	SUCCESS,
	SPORT,
	DPORT,
	ICMP,
	UDP_PKT_SIZE = ICMP + PROBE_ICMP_COUNT,
	DATA,
};

static const struct field fields[] = {
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL, "is response considered success" },
	[SPORT] = { "sport", FIELD_UINT, "UDP source port" },
	[DPORT] = { "dport", FIELD_UINT, "UDP destination port" },
	[ICMP] = PROBE_ICMP_FIELDS,
	[UDP_PKT_SIZE] = { "udp_pkt_size", FIELD_UINT,
	    "length of the UDP datagram, header included" },
	[DATA] = { "data", FIELD_BYTES, "UDP payload" },
	{ .name = NULL },
};

static const struct probe_udp_fields common = PROBE_UDP_COLUMNS;

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	const unsigned char *data;
	size_t n;

	(void)t;
	(void)scratch;
	data = probe_udp_answer(r, values, &common, &n, &refused);
	if (data == NULL) {
		/* also of the inner packet, from a router on its way to us */
		if (r->icmp_error)
			values[CLASSIFICATION] = value_text(
			    r->icmp_type == 3 ? "icmp-unreach" : "other");
		return refused;
	}
	values[CLASSIFICATION] = value_text("udp");
	values[SUCCESS] = value_bool(true);
	values[UDP_PKT_SIZE] = value_uint(get16(r->data + 4));
	values[DATA] = value_bytes(data, n);
	return REFUSED_NOT;
}

const struct probe probe_ipip = {
	.abi = PROBE_ABI,
	.name = "ipip",
	.help =
	    "Sends each target an IP packet inside an IP packet, a UDP datagram from the\ntarget to us, which an open tunnel sends back.  Its payload is an HTTP request, or\nwhat --probe-args says: text:STRING, hex:DIGITS or file:PATH of up to 200 bytes.\n"
	    "Answers are udp, a success; icmp-unreach; or other, which are other ICMP errors.",
	.ports = true,
	.protocol = 17,
	.max_size = MAX_SIZE,
	.snaplen = TEMPLATE_MTU,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.make = make,
	.print = print,
	.classify = classify,
};
