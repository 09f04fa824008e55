/* SPDX-License-Identifier: Apache-2.0 */
/*
 * icmp_echoscan: an ICMP echo request (RFC 792) to each target.  Identifier
 * and sequence number are 16 bits each of validation words 1 and 2; a reply
 * brings them back, and so does the quote in an ICMP error.
 */
#include <string.h>

#include "probe/attribution.h"
#include "probe/payload.h"
#include "probe/probe.h"
#include "probe/template.h"

#define PAYLOAD_MAX (TEMPLATE_MTU - TEMPLATE_IP - TEMPLATE_ICMP)

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	static const unsigned char zeros[20];
	unsigned char all[PAYLOAD_MAX];
	const unsigned char *data = zeros;
	struct payload *p = NULL;
	size_t n = sizeof zeros;

	if (t->packet == NULL)
		return 0;
	if (c->args != NULL && c->args[0] != '\0') {
		p = payload_new(c->args, PAYLOAD_FIXED, PAYLOAD_MAX, NULL,
		    t->reason, sizeof t->reason);
		if (p == NULL) {
			*why = t->reason;
			return -1;
		}
		data = p->bytes;
		n = p->size;
	}
	n = attribution_put(all, sizeof all, c->attribution, data, n);
	payload_free(p);
	if (n == 0 && c->attribution != NULL) {
		*why = "no room for --attribution before this payload";
		return -1;
	}
	t->attributed = c->attribution != NULL;
	t->size = template_icmp(t->packet, TEMPLATE_MTU, c->ttl, 8, 0, all, n,
	    why);
	return t->size > 0 ? 0 : -1;
}

/* Only id and sequence change: the checksum follows by RFC 1624, equation 3. */
static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	unsigned char *icmp = packet + TEMPLATE_IP, old[4];
	uint16_t sum;
	int i;

	template_set_ip(packet, t->size, to->v[3], to->source, to->address);
	for (i = 0; i < 4; i++)
		old[i] = ~icmp[4 + i];
	put16(icmp + 4, to->v[1]);
	put16(icmp + 6, to->v[2]);
	memcpy(&sum, icmp + 2, 2);
	sum = checksum_fold(
	    checksum_add(checksum_add((uint16_t)~sum, old, 4), icmp + 4, 4));
	memcpy(icmp + 2, &sum, 2);
	return t->size;
}

enum {
	TYPE,
	CODE,
	ICMP_ID,
	SEQ,
	CLASSIFICATION,
	SUCCESS,
	DATA,
	ICMP,
};

static const struct field fields[] = {
	[TYPE] = { "type", FIELD_UINT, "ICMP message type" },
	[CODE] = { "code", FIELD_UINT, "ICMP message sub type code" },
	[ICMP_ID] = { "icmp_id", FIELD_UINT, "ICMP id number" },
	[SEQ] = { "seq", FIELD_UINT, "ICMP sequence number" },
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "ICMP message type as a word" },
	[SUCCESS] = { "success", FIELD_BOOL,
	    "did probe module classify response as "
	    "success" },
	[DATA] = { "data", FIELD_BYTES,
	    "ICMP payload, behind id and sequence" },
	[ICMP] = PROBE_ICMP_FIELDS,
	{ .name = NULL },
};

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	/* the echo: the request that an error quotes, or the reply */
	const unsigned char *echo = r->icmp_error ? r->quote : r->data;
	size_t n = r->icmp_error ? r->quote_size : r->size;

	(void)t;
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
	values[SUCCESS] = value_bool(!r->icmp_error);
	if (r->icmp_error) {
		values[CLASSIFICATION] = value_text(
		    probe_icmp_class(r->icmp_type));
		probe_fill_icmp(values + ICMP, r);
		return REFUSED_NOT;
	}
	values[CLASSIFICATION] = value_text("echoreply");
	values[DATA] = value_bytes(echo + TEMPLATE_ICMP, n - TEMPLATE_ICMP);
	return REFUSED_NOT;
}

const struct probe probe_icmp_echoscan = {
	.abi = PROBE_ABI,
	.name = "icmp_echoscan",
	.help = "Sends an ICMP echo request to each target.  Its payload is "
		"20 zero bytes, or what\n--probe-args says: text:STRING, "
		"hex:DIGITS or file:PATH.",
	.ports = false,
	.attribution = PROBE_ATTRIBUTION_CARRIED,
	.protocol = 1,
	.max_size = TEMPLATE_MTU,
	.filter = "icmp[0] = 0",
	.snaplen = TEMPLATE_MTU,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.make = make,
	.classify = classify,
};
