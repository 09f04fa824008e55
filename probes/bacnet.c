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
 * could come from anybody who guesses our port, and so is no success.
 */
#include "probe/probe.h"
#include "probe/template.h"

#define HEADERS	     (TEMPLATE_IP + TEMPLATE_UDP)
#define REQUEST_SIZE 17
#define AT_INVOKE_ID 8
#define MAX_SIZE     (HEADERS + REQUEST_SIZE)

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	static const unsigned char request[REQUEST_SIZE] = { 0x81, 0x0a, 0x00,
		0x11, 0x01, 0x04, 0x00, 0x05, 0x00, 0x0c, 0x0c, 0x02, 0x3f,
		0xff, 0xff, 0x19, 0x4b };

	if (c->args != NULL && c->args[0] != '\0') {
		*why = "bacnet takes no --probe-args";
		return -1;
	}
	if (t->packet == NULL)
		return 0;
	t->size = template_udp(t->packet, MAX_SIZE, c->ttl, request,
	    sizeof request, why);
	return t->size > 0 ? 0 : -1;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	unsigned char *request = packet + HEADERS;

	request[AT_INVOKE_ID] = to->v[1] >> 24;
	template_set_ip(packet, t->size, to->v[3], to->source, to->address);
	template_set_udp(packet, to->source_port, to->port, REQUEST_SIZE,
	    checksum_add(0, request, REQUEST_SIZE));
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

static const struct probe_udp_fields common = PROBE_UDP_COLUMNS;

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	const unsigned char *data;
	bool bacnet;
	size_t n;
	int id;

	(void)t;
	(void)scratch;
	data = probe_udp_answer(r, values, &common, &n, &refused);
	if (data == NULL)
		return refused;
	bacnet = n >= 4 && data[0] == 0x81;
	id = bacnet ? invoke_id(data, n) : -1;
	if (id != -1 && id != (int)(r->v[1] >> 24))
		return REFUSED_VALIDATION;
	values[CLASSIFICATION] = value_text(bacnet ? "bacnet" : "other");
	values[SUCCESS] = value_bool(id != -1);
	values[UDP_PAYLOAD] = value_bytes(data, n);
	return REFUSED_NOT;
}

const struct probe probe_bacnet = {
	.abi = PROBE_ABI,
	.name = "bacnet",
	.help =
	    "Asks each target for its BACnet device identifier.  Answers are bacnet, a success\nif they have our invoke ID; other, which are none of BACnet; or icmp errors.",
	.ports = true,
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
