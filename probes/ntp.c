/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntp: an NTP version 4 client request (RFC 5905) to each target.  All of it
 * is 0 but for the first byte and the transmit timestamp, which a server
 * copies into the originate timestamp of its answer: validation words 0 and 2.
 */
#include "probe/probe.h"
#include "probe/template.h"

#define NTP_SIZE 48
#define MAX_SIZE (TEMPLATE_IP6 + TEMPLATE_UDP + NTP_SIZE)

#define CLIENT 0xe3 /* leap unknown, version 4, mode 3 */

/* Offsets in the NTP header, RFC 5905 figure 8. */
enum {
	AT_STRATUM = 1,
	AT_POLL = 2,
	AT_PRECISION = 3,
	AT_DELAY = 4,
	AT_DISPERSION = 8,
	AT_REFERENCE_ID = 12,
	AT_REFERENCE = 16,
	AT_ORIGINATE = 24,
	AT_RECEIVE = 32,
	AT_TRANSMIT = 40,
};

/* ZMap asks for arguments here and makes nothing of them; so do we. */
static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, MAX_SIZE, c->ttl,
		why };
	static const unsigned char request[NTP_SIZE] = { CLIENT };

	if (t->packet == NULL)
		return 0;
	t->size = template_udp(&place, request, sizeof request);
	t->size = template_family(c->family, t->packet, t->size, MAX_SIZE, why);
	return t->size > 0 ? 0 : -1;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	unsigned char *ntp = packet + template_header(packet) + TEMPLATE_UDP;

	put32(ntp + AT_TRANSMIT, to->v[0]);
	put32(ntp + AT_TRANSMIT + 4, to->v[2]);
	template_set_ip(packet, t->size, to);
	template_set_udp(packet, to->source_port, to->port, NTP_SIZE,
	    checksum_add(0, ntp, NTP_SIZE));
	return t->size;
}

enum {
	CLASSIFICATION,
	SUCCESS,
	SPORT,
	DPORT,
	ICMP,
	LI_VN_MODE = ICMP + PROBE_ICMP_COUNT,
	STRATUM,
	POLL,
	PRECISION,
	ROOT_DELAY,
	ROOT_DISPERSION,
	REFERENCE_ID,
	REFERENCE,
	ORIGINATE,
	RECEIVE,
	TRANSMIT,
};

static const struct field fields[] = {
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL, "is response considered success" },
	[SPORT] = { "sport", FIELD_UINT, "UDP source port" },
	[DPORT] = { "dport", FIELD_UINT, "UDP destination port" },
	[ICMP] = PROBE_ICMP_FIELDS,
	[LI_VN_MODE] = { "LI_VN_MODE", FIELD_UINT,
	    "leap indication, version number, mode" },
	[STRATUM] = { "stratum", FIELD_UINT, "stratum" },
	[POLL] = { "poll", FIELD_INT, "poll interval, log2 of seconds" },
	[PRECISION] = { "precision", FIELD_INT, "precision, log2 of seconds" },
	[ROOT_DELAY] = { "root_delay", FIELD_UINT,
	    "root delay, 2^-16 seconds" },
	[ROOT_DISPERSION] = { "root_dispersion", FIELD_UINT,
	    "root dispersion, 2^-16 seconds" },
	[REFERENCE_ID] = { "reference_clock_identifier", FIELD_UINT,
	    "code of the clock source or IP address of the server" },
	[REFERENCE] = { "reference_timestamp", FIELD_UINT,
	    "last time the clock was set, NTP timestamp" },
	[ORIGINATE] = { "originate_timestamp", FIELD_UINT,
	    "our transmit timestamp, from the validation words" },
	[RECEIVE] = { "receive_timestamp", FIELD_UINT,
	    "when the request arrived, NTP timestamp" },
	[TRANSMIT] = { "transmit_timestamp", FIELD_UINT,
	    "when the response left, NTP timestamp" },
	{ .name = NULL },
};

/* A server's answer to our request, kiss-o'-death packets included. */
static bool
is_answer(const unsigned char *ntp, size_t n, const uint32_t v[4])
{
	return n >= NTP_SIZE && (ntp[0] & 7) == 4 &&
	    get32(ntp + AT_ORIGINATE) == v[0] &&
	    get32(ntp + AT_ORIGINATE + 4) == v[2];
}

static void
ntp_fill(struct value *values, const unsigned char *ntp)
{
	values[LI_VN_MODE] = value_uint(ntp[0]);
	values[STRATUM] = value_uint(ntp[AT_STRATUM]);
	values[POLL] = value_int((int8_t)ntp[AT_POLL]);
	values[PRECISION] = value_int((int8_t)ntp[AT_PRECISION]);
	values[ROOT_DELAY] = value_uint(get32(ntp + AT_DELAY));
	values[ROOT_DISPERSION] = value_uint(get32(ntp + AT_DISPERSION));
	values[REFERENCE_ID] = value_uint(get32(ntp + AT_REFERENCE_ID));
	values[REFERENCE] = value_uint(get64(ntp + AT_REFERENCE));
	values[ORIGINATE] = value_uint(get64(ntp + AT_ORIGINATE));
	values[RECEIVE] = value_uint(get64(ntp + AT_RECEIVE));
	values[TRANSMIT] = value_uint(get64(ntp + AT_TRANSMIT));
}

static const struct probe_udp_fields common = PROBE_UDP_COLUMNS;

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	const unsigned char *ntp;
	bool answer;
	size_t n;

	(void)t;
	(void)scratch;
	ntp = probe_udp_answer(r, values, &common, &n, &refused);
	if (ntp == NULL)
		return refused;
	answer = is_answer(ntp, n, r->v);
	values[CLASSIFICATION] = value_text(answer ? "ntp" : "other");
	values[SUCCESS] = value_bool(answer);
	if (n >= NTP_SIZE)
		ntp_fill(values, ntp);
	return REFUSED_NOT;
}

const struct probe probe_ntp = {
	.abi = PROBE_ABI,
	.name = "ntp",
	.help =
	    "Sends an NTP client request to each target and takes the answer apart.  Answers\nare ntp, a success; other, which did not come from NTP or not to this request;\nor icmp errors.",
	.ports = true,
	.ip6 = true,
	.protocol = 17,
	.max_size = MAX_SIZE,
	.snaplen = TEMPLATE_MTU,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.make = make,
	.classify = classify,
};
