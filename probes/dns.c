/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: a DNS query (RFC 1035) to each target, and its answer as nested lists.
 *
 * --probe-args is a list of questions, TYPE,name;TYPE,name...; probe k to a
 * target asks question k modulo their number, and the port to which an answer
 * comes tells which it was.  The message ID is 16 bits of validation word 2;
 * word 0, and the other 16, say which letters of the name are capitals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/dns.h"
#include "probe/probe.h"
#include "probe/template.h"
#include "stream/encode.h"

#define MAX_SIZE      (TEMPLATE_IP6 + TEMPLATE_UDP + DNS_UDP_MAX)
#define QUESTIONS_MAX 1024
#define MIXED	      48 /* letters of a name: words 0 and half of 2 */

struct query {
	size_t size;
	bool plain; /* the name as it is written */
	unsigned char bytes[DNS_HEADER + DNS_NAME_MAX + 4];
};

struct dns {
	uint16_t port_first; /* ours */
	uint32_t port_count;
	size_t nqueries;
	unsigned char *message; /* in zmap-recv: an answer, names as we wrote */
	struct query queries[];
};

/* "nr" or "plain", with a colon between them. */
static int
parse_flags(struct query *q, char *flags, char *why, size_t whysize)
{
	char *flag;

	while ((flag = strsep(&flags, ":")) != NULL) {
		if (strcmp(flag, "nr") == 0)
			q->bytes[2] = 0;
		else if (strcmp(flag, "plain") == 0)
			q->plain = true;
		else {
			snprintf(why, whysize,
			    "unknown flag '%.60s': only nr, for no recursion, and plain, for the name as it is written",
			    flag);
			return -1;
		}
	}
	return 0;
}

/* One "TYPE,name" or "TYPE:nr:plain,name". */
static int
parse_question(struct query *q, char *s, char *why, size_t whysize)
{
	static const unsigned char header[DNS_HEADER] = {
		[2] = 0x01, /* recursion desired */
		[5] = 1,    /* one question */
	};
	char *comma = strchr(s, ','), *flag;
	const char *reason = "";
	uint16_t type;
	size_t n;

	if (comma == NULL) {
		snprintf(why, whysize, "'%.60s' is not TYPE,name", s);
		return -1;
	}
	*comma = '\0';
	memcpy(q->bytes, header, sizeof header);
	flag = strchr(s, ':');
	if (flag != NULL)
		*flag++ = '\0';
	if (dns_type_parse(s, &type) == -1) {
		snprintf(why, whysize, "unknown type of record '%.60s'", s);
		return -1;
	}
	q->plain = false;
	if (flag != NULL && parse_flags(q, flag, why, whysize) == -1)
		return -1;
	n = dns_question(q->bytes + DNS_HEADER, sizeof q->bytes - DNS_HEADER,
	    comma + 1, type, &reason);
	if (n == 0) {
		snprintf(why, whysize, "'%.60s' is %s", comma + 1, reason);
		return -1;
	}
	q->size = DNS_HEADER + n;
	return 0;
}

static struct dns *
dns_parse(const char *args, char *why, size_t whysize)
{
	struct dns *d, *grown;
	char *copy, *rest, *s;
	size_t n;

	/* one semicolon too many at either end is no question */
	args += *args == ';';
	copy = strdup(args);
	d = calloc(1, sizeof *d);
	if (copy == NULL || d == NULL) {
		snprintf(why, whysize, "out of memory");
		goto fail;
	}
	n = strlen(copy);
	if (n > 0 && copy[n - 1] == ';')
		copy[n - 1] = '\0';
	for (rest = copy; (s = strsep(&rest, ";")) != NULL; d->nqueries++) {
		if (d->nqueries == QUESTIONS_MAX) {
			snprintf(why, whysize, "more than %d questions",
			    QUESTIONS_MAX);
			goto fail;
		}
		grown = realloc(d,
		    sizeof *d + (d->nqueries + 1) * sizeof *d->queries);
		if (grown == NULL) {
			snprintf(why, whysize, "out of memory");
			goto fail;
		}
		d = grown;
		if (parse_question(&d->queries[d->nqueries], s, why, whysize) ==
		    -1)
			goto fail;
	}
	free(copy);
	return d;
fail:
	free(copy);
	free(d);
	return NULL;
}

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, MAX_SIZE, c->ttl,
		why };
	static const unsigned char zeros[DNS_UDP_MAX];
	struct dns *d;
	size_t i, longest = 0;

	if (c->args == NULL) {
		*why = "no question: give some by --probe-args TYPE,name[;...]";
		return -1;
	}
	*why = t->reason;
	d = dns_parse(c->args, t->reason, sizeof t->reason);
	if (d == NULL)
		return -1;
	if (c->probes % d->nqueries != 0) {
		snprintf(t->reason, sizeof t->reason,
		    "%zu questions need a number of probes (-P) that is a multiple of %zu",
		    d->nqueries, d->nqueries);
		free(d);
		return -1;
	}
	if (c->source_port_count < d->nqueries) {
		snprintf(t->reason, sizeof t->reason,
		    "%zu questions need as many source ports (-s)",
		    d->nqueries);
		free(d);
		return -1;
	}
	d->port_first = c->source_port_first;
	d->port_count = c->source_port_count;
	t->state = d;
	if (t->packet == NULL) {
		d->message = malloc(UINT16_MAX);
		if (d->message != NULL)
			return 0;
		*why = "out of memory";
		free(d);
		t->state = NULL;
		return -1;
	}
	for (i = 0; i < d->nqueries; i++)
		if (d->queries[i].size > longest)
			longest = d->queries[i].size;
	t->size = template_udp(&place, zeros, longest);
	t->size = template_family(c->family, t->packet, t->size, MAX_SIZE, why);
	if (t->size > 0)
		return 0;
	free(d);
	t->state = NULL;
	return -1;
}

static void
done(struct probe_thread *t)
{
	struct dns *d = t->state;

	if (d != NULL)
		free(d->message);
	free(d);
	t->state = NULL;
}

/* The question of this probe as it leaves. */
static void
mix_case(const struct query *q, const uint32_t v[4], unsigned char *question)
{
	if (!q->plain)
		dns_mix(question, q->size - DNS_HEADER,
		    v[0] | (uint64_t)(v[2] >> 16) << 32, MIXED);
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	const struct dns *d = t->state;
	const struct query *q = &d->queries[to->number % d->nqueries];
	const size_t headers = template_header(packet) + TEMPLATE_UDP;
	unsigned char *message = packet + headers;

	memcpy(message, q->bytes, q->size);
	put16(message, to->v[2]);
	mix_case(q, to->v, message + DNS_HEADER);
	template_set_ip(packet, headers + q->size, to);
	template_set_udp(packet, to->source_port, to->port, q->size,
	    checksum_add(0, message, q->size));
	return headers + q->size;
}

static int
print(const struct probe_thread *t, const unsigned char *packet, size_t n,
    char *buf, size_t size)
{
	const unsigned char *udp = packet + template_header(packet),
			    *message = udp + TEMPLATE_UDP;
	char name[DNS_TEXT_MAX], type[16];
	size_t at;

	(void)t;
	n -= message - packet;
	at = dns_name(message, n, DNS_HEADER, name);
	return snprintf(buf, size,
	    "dns { id: %u | recursion: %u | name: %s | type: %s }\n"
	    "udp { source: %u | dest: %u | checksum: %#04X }\n",
	    get16(message), message[2] & 1, name,
	    dns_type_name(get16(message + at), type), get16(udp),
	    get16(udp + 2), get16(udp + 6));
}

enum {
	SPORT,
	DPORT,
	CLASSIFICATION,
	SUCCESS,
	APP_SUCCESS,
	ICMP,
	UDP_LEN = ICMP + PROBE_ICMP_COUNT,
	DNS_ID,
	DNS_RD,
	DNS_TC,
	DNS_AA,
	DNS_OPCODE,
	DNS_QR,
	DNS_RCODE,
	DNS_CD,
	DNS_AD,
	DNS_Z,
	DNS_RA,
	DNS_QDCOUNT,
	DNS_ANCOUNT,
	DNS_NSCOUNT,
	DNS_ARCOUNT,
	LIST_QUESTIONS,
	LIST_ANSWERS,
	LIST_AUTHORITIES,
	LIST_ADDITIONALS,
	DNS_PARSE_ERR,
	DNS_UNCONSUMED,
	RAW_DATA,
};

static const struct field fields[] = {
	[SPORT] = { "sport", FIELD_UINT, "UDP source port" },
	[DPORT] = { "dport", FIELD_UINT, "UDP destination port" },
	[CLASSIFICATION] = { "classification", FIELD_TEXT,
	    "packet classification" },
	[SUCCESS] = { "success", FIELD_BOOL,
	    "is this an answer to our question, whatever it says" },
	[APP_SUCCESS] = { "app_success", FIELD_BOOL,
	    "did the server answer without error" },
	[ICMP] = PROBE_ICMP_FIELDS,
	[UDP_LEN] = { "udp_len", FIELD_UINT,
	    "length of the UDP datagram, header included" },
	[DNS_ID] = { "dns_id", FIELD_UINT, "DNS transaction ID" },
	[DNS_RD] = { "dns_rd", FIELD_UINT, "DNS recursion desired" },
	[DNS_TC] = { "dns_tc", FIELD_UINT, "DNS packet truncated" },
	[DNS_AA] = { "dns_aa", FIELD_UINT, "DNS authoritative answer" },
	[DNS_OPCODE] = { "dns_opcode", FIELD_UINT, "DNS opcode (query type)" },
	[DNS_QR] = { "dns_qr", FIELD_UINT, "DNS query (0) or response (1)" },
	[DNS_RCODE] = { "dns_rcode", FIELD_UINT, "DNS response code" },
	[DNS_CD] = { "dns_cd", FIELD_UINT, "DNS checking disabled" },
	[DNS_AD] = { "dns_ad", FIELD_UINT, "DNS authenticated data" },
	[DNS_Z] = { "dns_z", FIELD_UINT, "DNS reserved" },
	[DNS_RA] = { "dns_ra", FIELD_UINT, "DNS recursion available" },
	[DNS_QDCOUNT] = { "dns_qdcount", FIELD_UINT,
	    "DNS number of questions" },
	[DNS_ANCOUNT] = { "dns_ancount", FIELD_UINT,
	    "DNS number of answer RRs" },
	[DNS_NSCOUNT] = { "dns_nscount", FIELD_UINT,
	    "DNS number of NS RRs in authority" },
	[DNS_ARCOUNT] = { "dns_arcount", FIELD_UINT,
	    "DNS number of additional RRs" },
	[LIST_QUESTIONS] = { "dns_questions", FIELD_LIST, "DNS questions" },
	[LIST_ANSWERS] = { "dns_answers", FIELD_LIST, "DNS answers" },
	[LIST_AUTHORITIES] = { "dns_authorities", FIELD_LIST,
	    "DNS authorities" },
	[LIST_ADDITIONALS] = { "dns_additionals", FIELD_LIST,
	    "DNS additionals" },
	[DNS_PARSE_ERR] = { "dns_parse_err", FIELD_UINT,
	    "1 if some of the packet could not be read as DNS" },
	[DNS_UNCONSUMED] = { "dns_unconsumed_bytes", FIELD_UINT,
	    "bytes behind what was read" },
	[RAW_DATA] = { "raw_data", FIELD_BYTES, "UDP payload" },
	{ .name = NULL },
};

/* RFC 1035 4.1.1, RFC 2535 6.1: two bytes of flags. */
static void
fill_header(struct value *values, const unsigned char *m)
{
	int i;

	values[DNS_ID] = value_uint(get16(m));
	values[DNS_RD] = value_uint(m[2] & 1);
	values[DNS_TC] = value_uint(m[2] >> 1 & 1);
	values[DNS_AA] = value_uint(m[2] >> 2 & 1);
	values[DNS_OPCODE] = value_uint(m[2] >> 3 & 15);
	values[DNS_QR] = value_uint(m[2] >> 7);
	values[DNS_RCODE] = value_uint(m[3] & 15);
	values[DNS_CD] = value_uint(m[3] >> 4 & 1);
	values[DNS_AD] = value_uint(m[3] >> 5 & 1);
	values[DNS_Z] = value_uint(m[3] >> 6 & 1);
	values[DNS_RA] = value_uint(m[3] >> 7);
	for (i = 0; i < DNS_SECTIONS; i++)
		values[DNS_QDCOUNT + i] = value_uint(get16(m + 4 + 2 * i));
}

/* The question that the probe to whose port an answer came has asked. */
static const struct query *
asked(const struct dns *d, const struct reply *r)
{
	uint32_t first = r->v[1] % d->port_count,
		 port = r->source_port - d->port_first;

	return &d->queries[(port + d->port_count - first) % d->port_count %
	    d->nqueries];
}

/*
 * Does it ask our question, with every letter as we sent it?
 */
static bool
dns_is_ours(const struct query *q, const struct reply *r,
    const unsigned char *m, size_t n)
{
	unsigned char question[DNS_NAME_MAX + 4];
	size_t size = q->size - DNS_HEADER;

	if (get16(m) != (r->v[2] & 0xffff) ||
	    !dns_asks(m, n, q->bytes + DNS_HEADER, size))
		return false;
	if (q->plain)
		return true;
	memcpy(question, q->bytes + DNS_HEADER, size);
	mix_case(q, r->v, question);
	return memcmp(m + DNS_HEADER, question, size) == 0;
}

/*
 * The message with the question as the user wrote it, for names that point
 * into it.
 */
static const unsigned char *
written(struct dns *d, const struct query *q, const unsigned char *m, size_t n)
{
	if (!dns_asks(m, n, q->bytes + DNS_HEADER, q->size - DNS_HEADER))
		return m;
	memcpy(d->message, m, n);
	memcpy(d->message + DNS_HEADER, q->bytes + DNS_HEADER,
	    q->size - DNS_HEADER);
	return d->message;
}

static const struct probe_udp_fields common = PROBE_UDP_COLUMNS;

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	enum refusal refused;
	struct dns *d = t->state;
	const struct query *q = asked(d, r);
	const unsigned char *m;
	struct dns_message read;
	bool success;
	size_t n;
	int i;

	values[SUCCESS] = values[APP_SUCCESS] = value_bool(false);
	m = probe_udp_answer(r, values, &common, &n, &refused);
	if (m == NULL)
		return refused;
	values[CLASSIFICATION] = value_text("dns");
	values[UDP_LEN] = value_uint(get16(r->data + 4));
	values[RAW_DATA] = value_bytes(m, n);
	if (n < DNS_HEADER) {
		values[DNS_PARSE_ERR] = value_uint(1);
		values[DNS_UNCONSUMED] = value_uint(n);
		return REFUSED_NOT;
	}
	success = dns_is_ours(q, r, m, n);
	values[SUCCESS] = value_bool(success);
	values[APP_SUCCESS] = value_bool(
	    success && (m[2] & 0x80) != 0 && (m[3] & 15) == 0);
	fill_header(values, m);
	dns_read(&read, written(d, q, m, n), n, scratch);
	for (i = 0; i < DNS_SECTIONS; i++)
		values[LIST_QUESTIONS + i] = read.sections[i];
	values[DNS_PARSE_ERR] = value_uint(read.error);
	values[DNS_UNCONSUMED] = value_uint(read.unread);
	return REFUSED_NOT;
}

const struct probe probe_dns = {
	.abi = PROBE_ABI,
	.name = "dns",
	.help =
	    "Sends DNS queries to each target and takes the answers apart. --probe-args is\nTYPE,name, or several of them with semicolons between them; then as many probes\n(-P), or a multiple, are needed.  Types are A, NS, CNAME, SOA, PTR, MX, TXT, AAAA,\nRRSIG, ALL and others, or TYPEn; TYPE:nr asks without recursion, TYPE:plain without\ncapitals at random, which answers must bring back.  An answer to our question is a\nsuccess, one without an error an app_success as well.",
	.ports = true,
	.ip6 = true,
	.protocol = 17,
	.max_size = MAX_SIZE,
	.snaplen = 65535,
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.app_success = APP_SUCCESS,
	.prepare = prepare,
	.done = done,
	.make = make,
	.print = print,
	.classify = classify,
};
