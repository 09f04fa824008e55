/* SPDX-License-Identifier: Apache-2.0 */
/* The table of probe modules, and what they share; see probe.h. */
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "probe/probe.h"
#include "stream/encode.h"

extern const struct probe probe_bacnet;
extern const struct probe probe_dns;
extern const struct probe probe_icmp_echo_time;
extern const struct probe probe_icmp_echoscan;
extern const struct probe probe_ipip;
extern const struct probe probe_ntp;
extern const struct probe probe_tcp_synackscan;
extern const struct probe probe_tcp_synscan;
extern const struct probe probe_udp;
extern const struct probe probe_upnp;

const struct probe *const probe_table[] = { &probe_bacnet, &probe_dns,
	&probe_icmp_echo_time, &probe_icmp_echoscan, &probe_ipip, &probe_ntp,
	&probe_tcp_synackscan, &probe_tcp_synscan, &probe_udp, &probe_upnp,
	NULL };

/* What others call modules that know IPv6: ZMapv6 and XMap. */
static const struct {
	const char *alias, *name;
} aliases[] = {
	{ "icmp6_echoscan", "icmp_echoscan" },
	{ "icmp_echo", "icmp_echoscan" },
	{ "ipv6_tcp_synscan", "tcp_synscan" },
	{ "ipv6_udp", "udp" },
	{ "ipv6_udp_dns", "dns" },
	{ "tcp_syn", "tcp_synscan" },
	{ .alias = NULL },
};

const struct probe *
probe_lookup(const char *name)
{
	size_t i;

	for (i = 0; aliases[i].alias != NULL; i++)
		if (strcmp(aliases[i].alias, name) == 0)
			return probe_lookup(aliases[i].name);
	for (i = 0; probe_table[i] != NULL; i++)
		if (strcmp(probe_table[i]->name, name) == 0)
			return probe_table[i];
	return NULL;
}

/* Codes of type 3, destination unreachable: RFC 792, RFC 1122, RFC 1812. */
static const char *const unreachable[] = {
	"network unreachable",
	"host unreachable",
	"protocol unreachable",
	"port unreachable",
	"fragments required",
	"source route failed",
	"network unknown",
	"host unknown",
	"source host isolated",
	"network admin. prohibited",
	"host admin. prohibited",
	"network unreachable TOS",
	"host unreachable TOS",
	"communication admin. prohibited",
	"host presdence violation", /* ZMap's spelling: people match it */
	"precedence cutoff",
};

/* Codes of type 1 of ICMPv6: RFC 4443 3.1, RFC 6550, RFC 8883. */
static const char *const unreachable6[] = {
	"no route to destination",
	"communication admin. prohibited",
	"beyond scope of source address",
	"address unreachable",
	"port unreachable",
	"source address failed ingress/egress policy",
	"reject route to destination",
	"error in source routing header",
	"headers too long",
};

static void
fill_icmp6(struct value values[PROBE_ICMP_COUNT], const struct reply *r)
{
	const size_t known = sizeof unreachable6 / sizeof *unreachable6;

	values[PROBE_ICMP_RESPONDER] = value_bytes(r->ip + 8, IP6_SIZE);
	if (r->icmp_type == 1)
		values[PROBE_ICMP_UNREACH_STR] = value_text(
		    r->icmp_code < known ? unreachable6[r->icmp_code] :
					   "unknown");
}

void
probe_fill_icmp(struct value values[PROBE_ICMP_COUNT], const struct reply *r)
{
	const size_t known = sizeof unreachable / sizeof *unreachable;

	values[PROBE_ICMP_TYPE] = value_uint(r->icmp_type);
	values[PROBE_ICMP_CODE] = value_uint(r->icmp_code);
	if (r->family == 6) {
		fill_icmp6(values, r);
		return;
	}
	/* the outer header: who sent the error */
	values[PROBE_ICMP_RESPONDER] = value_bytes(r->ip + 12, 4);
	if (r->icmp_type == 3)
		values[PROBE_ICMP_UNREACH_STR] = value_text(
		    r->icmp_code < known ? unreachable[r->icmp_code] :
					   "unknown");
}

static const char *
class_of(uint8_t type)
{
	switch (type) {
	case 3:
		return "unreach";
	case 4:
		return "sourcequench";
	case 5:
		return "redirect";
	case 11:
		return "timxceed";
	default:
		return "other";
	}
}

static const char *
class_of6(uint8_t type)
{
	static const char *const names[] = { [1] = "unreach",
		[2] = "toobig",
		[3] = "timxceed",
		[4] = "paramprob" };

	return type >= 1 && type <= 4 ? names[type] : "other";
}

const char *
probe_icmp_class(const struct reply *r)
{
	return r->family == 6 ? class_of6(r->icmp_type) :
				class_of(r->icmp_type);
}

const unsigned char *
probe_udp_payload(const struct reply *r, size_t *n)
{
	size_t length;

	if (r->size < 8)
		return NULL;
	length = get16(r->data + 4);
	if (length < 8 || (length > r->wire_size && !r->fragment))
		return NULL;
	*n = (length < r->size ? length : r->size) - 8;
	return r->data + 8;
}

const unsigned char *
probe_udp_answer(const struct reply *r, struct value *values,
    const struct probe_udp_fields *at, size_t *n, enum refusal *refused)
{
	const unsigned char *data;

	values[at->sport] = value_uint(r->target_port);
	values[at->dport] = value_uint(r->source_port);
	if (r->icmp_error) {
		values[at->classification] = value_text("icmp");
		values[at->success] = value_bool(false);
		probe_fill_icmp(values + at->icmp, r);
		*refused = REFUSED_NOT;
		return NULL;
	}
	data = probe_udp_payload(r, n);
	*refused = data != NULL ? REFUSED_NOT : REFUSED_TRUNCATED;
	return data;
}

struct value
probe_text(const unsigned char *p, size_t n, struct encoder *scratch)
{
	struct value v = { .type = VALUE_TEXT, .bytes = p, .size = n };
	size_t room = scratch->end - scratch->at;

	if (utf8_valid(p, n))
		return v;
	v.bytes = scratch->at;
	v.size = utf8_clean(scratch->at, room, p, n);
	if (v.size > room)
		return (struct value){ .type = VALUE_NULL };
	scratch->at += v.size;
	return v;
}
