/* SPDX-License-Identifier: Apache-2.0 */
/*
 * icmp_echoscan: an ICMP echo request (RFC 792) to each target.  Identifier
 * and sequence number are 16 bits each of validation words 1 and 2; a reply
 * brings them back, and so does the quote in an ICMP error.  Of IPv6 (RFC 4443)
 * the payload is longer by a key, words 0 and 3, in front of it.
 */
#include <stdlib.h>
#include <string.h>

#include "probe/attribution.h"
#include "probe/payload.h"
#include "probe/probe.h"
#include "probe/template.h"

#define PAYLOAD_MAX  (TEMPLATE_MTU - TEMPLATE_IP - TEMPLATE_ICMP)
#define KEY	     8
#define PAYLOAD6_MAX (TEMPLATE_MTU - TEMPLATE_IP6 - TEMPLATE_ICMP - KEY)

enum { REQUEST = 8, REPLY = 0, REQUEST6 = 128, REPLY6 = 129 };

/* Of IPv6 alone. */
struct echo {
	size_t key; /* where it is, behind the ICMP header */
};

static void
done(struct probe_thread *t)
{
	free(t->state);
	t->state = NULL;
}

/* The template with this data, behind the URI of --attribution. */
static int
icmp_echoscan_build(struct probe_thread *t, const struct probe_config *c,
    const void *data, size_t n, const char **why)
{
	const struct template_place place = { t->packet, TEMPLATE_MTU, c->ttl,
		why };
	const bool six = c->family == 6;
	unsigned char all[PAYLOAD_MAX];

	n = attribution_put(all, six ? PAYLOAD6_MAX + KEY : PAYLOAD_MAX,
	    c->attribution, data, n);
	if (n == 0 && c->attribution != NULL) {
		*why = "no room for --attribution before this payload";
		return -1;
	}
	t->attributed = c->attribution != NULL;
	t->size = template_icmp(&place, six ? REQUEST6 : REQUEST, 0, all, n);
	t->size = template_family(c->family, t->packet, t->size, TEMPLATE_MTU,
	    why);
	return t->size > 0 ? 0 : -1;
}

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	unsigned char data[KEY + PAYLOAD_MAX] = { 0 };
	const bool six = c->family == 6;
	size_t key = six ? KEY : 0, n = 20;
	struct payload *p = NULL;
	struct echo *e;

	if (t->packet != NULL && c->args != NULL && c->args[0] != '\0') {
		p = payload_new(c->args,
		    &(struct payload_rules){ .forms = PAYLOAD_FIXED,
			.max = six ? PAYLOAD6_MAX : PAYLOAD_MAX },
		    t->reason, sizeof t->reason);
		if (p == NULL) {
			*why = t->reason;
			return -1;
		}
		n = p->size;
		if (n > 0)
			memcpy(data + key, p->bytes, n);
		payload_free(p);
	}
	if (t->packet != NULL &&
	    icmp_echoscan_build(t, c, data, key + n, why) == -1)
		return -1;
	if (!six)
		return 0;
	e = malloc(sizeof *e);
	if (e == NULL) {
		*why = "out of memory";
		return -1;
	}
	e->key = attribution_size(c->attribution);
	t->state = e;
	return 0;
}

static size_t
make6(const struct echo *e, unsigned char *packet, size_t size,
    const struct probe_target *to)
{
	unsigned char *icmp = packet + TEMPLATE_IP6;

	template_set_ip(packet, size, to);
	put16(icmp + 4, to->v[1]);
	put16(icmp + 6, to->v[2]);
	put32(icmp + TEMPLATE_ICMP + e->key, to->v[0]);
	put32(icmp + TEMPLATE_ICMP + e->key + 4, to->v[3]);
	template_sum_icmp(packet, size - TEMPLATE_IP6);
	return size;
}

/* Only id and sequence change: the checksum follows by RFC 1624, equation 3. */
static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	unsigned char *icmp = packet + TEMPLATE_IP, old[4];
	uint16_t sum;
	int i;

	if (packet[0] >> 4 == 6)
		return make6(t->state, packet, t->size, to);
	template_set_ip(packet, t->size, to);
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
	    "did probe module classify response as success" },
	[DATA] = { "data", FIELD_BYTES,
	    "ICMP payload, behind id and sequence" },
	[ICMP] = PROBE_ICMP_FIELDS,
	{ .name = NULL },
};

/* A router may quote less than all of the key. */
static bool
has_key(const struct echo *e, const struct reply *r, const unsigned char *echo,
    size_t n)
{
	const unsigned char *key = echo + TEMPLATE_ICMP + e->key;

	if (n < TEMPLATE_ICMP + e->key + KEY)
		return r->icmp_error;
	return get32(key) == r->v[0] && get32(key + 4) == r->v[3];
}

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	/* the echo: the request that an error quotes, or the reply */
	const unsigned char *echo = r->icmp_error ? r->quote : r->data;
	size_t n = r->icmp_error ? r->quote_size : r->size;
	const bool six = r->family == 6;
	const int type = r->icmp_error ? six ? REQUEST6 : REQUEST :
	    six			       ? REPLY6 :
					 REPLY;
	const struct echo *e = t->state;
	size_t data = TEMPLATE_ICMP + (six ? e->key + KEY : 0);

	(void)scratch;
	if (n < TEMPLATE_ICMP)
		return REFUSED_TRUNCATED;
	if (echo[0] != type)
		return REFUSED_PROTOCOL;
	if (get16(echo + 4) != (r->v[1] & 0xffff) ||
	    get16(echo + 6) != (r->v[2] & 0xffff) ||
	    (six && !has_key(e, r, echo, n)))
		return REFUSED_VALIDATION;
	values[TYPE] = value_uint(r->data[0]);
	values[CODE] = value_uint(r->data[1]);
	values[ICMP_ID] = value_uint(get16(echo + 4));
	values[SEQ] = value_uint(get16(echo + 6));
	values[SUCCESS] = value_bool(!r->icmp_error);
	if (r->icmp_error) {
		values[CLASSIFICATION] = value_text(probe_icmp_class(r));
		probe_fill_icmp(values + ICMP, r);
		return REFUSED_NOT;
	}
	values[CLASSIFICATION] = value_text("echoreply");
	values[DATA] = value_bytes(echo + data, n - data);
	return REFUSED_NOT;
}

const struct probe probe_icmp_echoscan = {
	.abi = PROBE_ABI,
	.name = "icmp_echoscan",
	.help =
	    "Sends an ICMP echo request to each target.  Its payload is 20 zero bytes, or what\n--probe-args says: text:STRING, hex:DIGITS or file:PATH.",
	.ports = false,
	.ip6 = true,
	.attribution = PROBE_ATTRIBUTION_CARRIED,
	.protocol = 1,
	.max_size = TEMPLATE_MTU,
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
