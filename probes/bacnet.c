/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bacnet: a BACnet/IP read of a device's own identifier (ASHRAE 135, annex J
 * and clause 20) to each target.
 *
 *	BVLC	81 0a 00 11	BACnet/IP, unicast, 17 bytes
 *	NPDU	01 04		version 1, an answer is wanted
 *	APDU	00 05 ID 0c	confirmed request, answers of up to 1476
 *				bytes, invoke ID, readProperty
 *		0c 02 3f ff ff	of the device, whichever number it has,
 *		19 4b		the object identifier
 *
 * The invoke ID is the first byte of validation word 1. An answer without one
 * could come from any host that guesses our port, and so is no success.
 *
 * BACnet/IPv6 (annex U) sends such requests to virtual addresses, which one has
 * to ask for first; and that answer tells the device, whose number the virtual
 * address is as a rule.  So over IPv6 the probe is the question:
 *
 *	BVLC	82 06 00 07 VVVVVV		Virtual-Address-Resolution, ours
 *	answer	82 07 00 0a DDDDDD VVVVVV	the device's, and ours again
 *
 * Ours is 22 bits of validation word 2.
 */
#include <string.h>

#include "probe/probe.h"
#include "probe/template.h"

enum {
	REQUEST_SIZE = 17,
	AT_INVOKE_ID = 8,
	MAX_SIZE = TEMPLATE_IP6 + TEMPLATE_UDP + REQUEST_SIZE,
	/* of IPv6 */
	TYPE6 = 0x82,
	REQUEST6_SIZE = 7,
	AT_OURS = 4,
	ANSWER6_SIZE = 10,
	AT_OURS_AGAIN = 7,
};

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, MAX_SIZE, c->ttl,
		why };
	static const unsigned char request[REQUEST_SIZE] = { 0x81, 0x0a, 0x00,
		0x11, 0x01, 0x04, 0x00, 0x05, 0x00, 0x0c, 0x0c, 0x02, 0x3f,
		0xff, 0xff, 0x19, 0x4b };

	static const unsigned char request6[REQUEST6_SIZE] = { TYPE6, 0x06,
		0x00, 0x07 };
	const bool six = c->family == 6;

	if (c->args != NULL && c->args[0] != '\0') {
		*why = "takes no --probe-args";
		return -1;
	}
	if (t->packet == NULL)
		return 0;
	t->size = template_udp(&place, six ? request6 : request,
	    six ? sizeof request6 : sizeof request);
	t->size = template_family(c->family, t->packet, t->size, MAX_SIZE, why);
	return t->size > 0 ? 0 : -1;
}

/* Our virtual address: of the 24 bits, what device numbers have. */
static uint32_t
ours6(const uint32_t v[4])
{
	return v[2] & 0x3fffff;
}

static void
put_ours6(unsigned char *p, const uint32_t v[4])
{
	p[0] = ours6(v) >> 16;
	put16(p + 1, ours6(v));
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const size_t headers = template_header(packet) + TEMPLATE_UDP;
	const size_t n = t->size - headers;
	unsigned char *request = packet + headers;

	if (request[0] == TYPE6)
		put_ours6(request + AT_OURS, to->v);
	else
		request[AT_INVOKE_ID] = to->v[1] >> 24;
	template_set_ip(packet, t->size, to);
	template_set_udp(packet, to->source_port, to->port, n,
	    checksum_add(0, request, n));
	return t->size;
}

enum {
	SPORT,
	DPORT,
	CLASSIFICATION,
	SUCCESS,
	UDP_PAYLOAD,
	ICMP,
};

static const struct field fields[] = {
	[SPORT] = { "sport", FIELD_UINT, "UDP source port" },
	[DPORT] = { "dport", FIELD_UINT, "UDP destination port" },
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL, "is response considered success" },
	[UDP_PAYLOAD] = { "udp_payload", FIELD_BYTES, "UDP payload" },
	[ICMP] = PROBE_ICMP_FIELDS,
	{ .name = NULL },
};

/*
 * The invoke ID of an answer to a confirmed request (clause 20.1), behind a
 * network header with addresses of variable length (clause 6.2); -1 if it is
 * anything else.
 */
static int
invoke_id(const unsigned char *p, size_t n)
{
	size_t at = 4;
	unsigned char control;
	unsigned type;

	if (n < at + 2 || p[1] != 0x0a || p[at] != 1)
		return -1;
	control = p[at + 1];
	at += 2;
	if ((control & 0x80) != 0) /* a message between routers */
		return -1;
	if ((control & 0x20) != 0) { /* network, address, and later hops */
		if (n < at + 3)
			return -1;
		at += 3 + p[at + 2];
	}
	if ((control & 0x08) != 0) {
		if (n < at + 3)
			return -1;
		at += 3 + p[at + 2];
	}
	if ((control & 0x20) != 0)
		at++;
	if (n < at + 2)
		return -1;
	type = p[at] >> 4;
	/* simple ack, complex ack, error, reject, abort */
	if (type == 2 || type == 3 || (type >= 5 && type <= 7))
		return p[at + 1];
	return -1;
}

enum judgement { OTHER, BACNET, ANSWER, FORGED };

static enum judgement
bacnet_judge(const unsigned char *p, size_t n, const uint32_t v[4])
{
	int id;

	if (n < 4 || p[0] != 0x81)
		return OTHER;
	id = invoke_id(p, n);
	if (id == -1)
		return BACNET;
	return id == (int)(v[1] >> 24) ? ANSWER : FORGED;
}

static enum judgement
judge6(const unsigned char *p, size_t n, const uint32_t v[4])
{
	unsigned char ours[3];

	if (n < 4 || p[0] != TYPE6)
		return OTHER;
	if (p[1] != 0x07 || n < ANSWER6_SIZE)
		return BACNET;
	put_ours6(ours, v);
	return memcmp(p + AT_OURS_AGAIN, ours, 3) == 0 ? ANSWER : FORGED;
}

static const struct probe_udp_fields common = PROBE_UDP_COLUMNS;

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	const unsigned char *data;
	enum judgement j;
	size_t n;

	(void)t;
	(void)scratch;
	data = probe_udp_answer(r, values, &common, &n, &refused);
	if (data == NULL)
		return refused;
	j = r->family == 6 ? judge6(data, n, r->v) :
			     bacnet_judge(data, n, r->v);
	if (j == FORGED)
		return REFUSED_VALIDATION;
	values[CLASSIFICATION] = value_text(j == OTHER ? "other" : "bacnet");
	values[SUCCESS] = value_bool(j == ANSWER);
	values[UDP_PAYLOAD] = value_bytes(data, n);
	return REFUSED_NOT;
}

const struct probe probe_bacnet = {
	.abi = PROBE_ABI,
	.name = "bacnet",
	.help =
	    "Asks each target for its BACnet device identifier.  Over IPv6, it asks for the\nvirtual address, which has that number as a rule.  Answers are bacnet, a success\nif they have our invoke ID, or our own virtual address; other, which are none of BACnet; or icmp errors.",
	.ports = true,
	.ip6 = true,
	.protocol = 17,
	.max_size = MAX_SIZE,
	.snaplen = 65535,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.make = make,
	.classify = classify,
};
