/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp: a datagram to each target, with a payload that the user gives.  An
 * answer is valid by its ports, which the receiver has checked: the target's
 * own and the one of ours that the validation words choose.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/attribution.h"
#include "base/hex.h"
#include "probe/payload.h"
#include "probe/probe.h"
#include "probe/template.h"

static const char *
inform(const char *args)
{
	if (args == NULL || strcmp(args, "template-fields") != 0)
		return NULL;
	return "${SADDR}           source IP address as text\n"
	       "${SADDR_N}         source IP address in network byte order\n"
	       "${DADDR}           destination IP address as text\n"
	       "${DADDR_N}         destination IP address in network byte order\n"
	       "${SPORT}           source port in ASCII\n"
	       "${SPORT_N}         source port in network byte order\n"
	       "${DPORT}           destination port in ASCII\n"
	       "${DPORT_N}         destination port in network byte order\n"
	       "${RAND_BYTE=n}     n random bytes, 0-255\n"
	       "${RAND_DIGIT=n}    n random digits, 0-9\n"
	       "${RAND_ALPHA=n}    n random letters, A-Z and a-z\n"
	       "${RAND_ALPHANUM=n} n random letters and digits, A-Z, a-z, 0-9\n"
	       "${HEX=digits}      the bytes that these hex digits say; blanks are left out\n"
	       "${UNIXTIME_SEC}    seconds since 1970, 32 bits\n"
	       "${UNIXTIME_USEC}   microseconds of the second, 32 bits\n"
	       "${NTP_TIMESTAMP}   time as in NTP (RFC 5905), 64 bits\n"
	       "${# comment}       nothing; the line's end behind it neither\n";
}

/* The URI and its NUL, as a payload is given. */
static void
in_hex(char *to, const char *uri)
{
	to += sprintf(to, "hex:");
	*hex_put(to, uri, strlen(uri) + 1) = '\0';
}

/* The longest payload, or the first if it is the same for all. */
static size_t
udp_build(struct probe_thread *t, const struct probe_config *c,
    const struct payload_table *table, const char **why)
{
	const struct template_place place = { t->packet, TEMPLATE_MTU, c->ttl,
		why };
	static const unsigned char zeros[TEMPLATE_MTU];
	const struct payload *p = table->payloads[0];
	const void *data = p->fixed && p->size == table->size ? p->bytes :
								zeros;
	size_t size;

	size = template_udp(&place, data, table->size);
	return template_family(c->family, t->packet, size, TEMPLATE_MTU, why);
}

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	char uri[sizeof "hex:" + 2 * ATTRIBUTION_MAX];
	const size_t max = TEMPLATE_MTU - TEMPLATE_UDP -
	    (c->family == 6 ? TEMPLATE_IP6 : TEMPLATE_IP);
	const char *args = c->args;
	struct payload_rules rules;
	struct payload_table *table;

	t->state = NULL;
	if (t->packet == NULL)
		return 0; /* answers are the same for any payload */
	if (args == NULL && c->attribution != NULL) {
		in_hex(uri, c->attribution);
		args = uri;
		t->attributed = true;
	}
	if (args == NULL) {
		*why =
		    "no payload: give one by --probe-args text:, hex:, file:, template: or ports:";
		return -1;
	}
	table = calloc(1, sizeof *table);
	if (table == NULL) {
		*why = "out of memory";
		return -1;
	}
	rules = (struct payload_rules){ .forms = c->family == 6 ? PAYLOAD_IP6 :
								  0,
		.max = max,
		.ports = c->ports,
		.nports = c->nports };
	if (payload_table_init(table, args, &rules, t->reason,
		sizeof t->reason) == -1) {
		free(table);
		*why = t->reason;
		return -1;
	}
	t->size = udp_build(t, c, table, why);
	if (t->size == 0) {
		payload_table_free(table);
		free(table);
		return -1;
	}
	t->state = table;
	return 0;
}

static void
done(struct probe_thread *t)
{
	if (t->state != NULL)
		payload_table_free(t->state);
	free(t->state);
	t->state = NULL;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const struct payload_table *table = t->state;
	const struct payload *p = payload_table_get(table, to->port);
	const size_t headers = template_header(packet) + TEMPLATE_UDP;
	unsigned char *data = packet + headers;
	size_t n = p->size;
	uint64_t sum = p->sum;

	if (!p->fixed) {
		n = payload_make(p, data, to);
		sum = checksum_add(0, data, n);
	} else if (table->count > 1 && n > 0)
		memcpy(data, p->bytes, n);
	template_set_ip(packet, headers + n, to);
	template_set_udp(packet, to->source_port, to->port, n, sum);
	return headers + n;
}

enum {
	CLASSIFICATION,
	SUCCESS,
	SPORT,
	DPORT,
	UDP_PKT_SIZE,
	DATA,
	ICMP,
};

static const struct field fields[] = {
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL, "is response considered success" },
	[SPORT] = { "sport", FIELD_UINT, "UDP source port" },
	[DPORT] = { "dport", FIELD_UINT, "UDP destination port" },
	[UDP_PKT_SIZE] = { "udp_pkt_size", FIELD_UINT,
	    "length of the UDP datagram, header included" },
	[DATA] = { "data", FIELD_BYTES, "UDP payload" },
	[ICMP] = PROBE_ICMP_FIELDS,
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
	if (data == NULL)
		return refused;
	values[CLASSIFICATION] = value_text("udp");
	values[SUCCESS] = value_bool(true);
	values[SPORT] = value_uint(get16(r->data)); /* maybe another one */
	values[UDP_PKT_SIZE] = value_uint(get16(r->data + 4));
	values[DATA] = value_bytes(data, n);
	return REFUSED_NOT;
}

const struct probe probe_udp = {
	.abi = PROBE_ABI,
	.name = "udp",
	.help =
	    "Sends a UDP datagram to each target.  --probe-args says what is in it:\n"
	    "    text:STRING    these characters\n"
	    "    hex:DIGITS     these bytes\n"
	    "    file:PATH      the bytes of this file; if it ends in .tpl, a template\n"
	    "    template:PATH  this file, in which ${FIELD} stands for what\n"
	    "                   differs per target; `template-fields' lists them\n"
	    "    ports:PATH     by target port: lines of PORTS and one of the above\n"
	    "Answers are udp, a success, or icmp errors.",
	.ports = true,
	.ip6 = true,
	.attribution = PROBE_ATTRIBUTION_FREE,
	.any_port = true,
	.protocol = 17,
	.max_size = TEMPLATE_MTU,
	.snaplen = 65535,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.inform = inform,
	.prepare = prepare,
	.done = done,
	.make = make,
	.classify = classify,
};
