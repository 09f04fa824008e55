/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of strangers: the first byte chooses the module, the rest is an IP
 * packet of the version that it says, where the module knows it.  Addresses and
 * ports are put right, so that no input is lost on what the receiver checks for
 * all modules, and so are the validation words, unless the first byte's top bit
 * is set.
 */
#include <stdlib.h>
#include <string.h>

#include "../tool/values.h"
#include "base/bytes.h"
#include "probe/packet.h"
#include "probe/probe.h"
#include "fuzz.h"

#define TARGET 0xc6120001
#define US     0xc0000201
#define PORT   53

static const struct ip6 target6 = { 0x20010db800000001, 1 };
static const struct ip6 us6 = { 0x20010db800000000, 2 };

static const struct {
	const char *name;
	const char *args;
} modules[] = {
	{ "bacnet", NULL },
	{ "dns", "A,a.b;MX,c.d" },
	{ "icmp_echo_time", NULL },
	{ "icmp_echoscan", NULL },
	{ "ipip", NULL },
	{ "ntp", NULL },
	{ "tcp_synackscan", NULL },
	{ "tcp_synscan", NULL },
	{ "udp", NULL },
	{ "upnp", NULL },
};

enum { MODULES = sizeof modules / sizeof *modules };

static const struct probe *
prepare(unsigned i, bool six, struct probe_thread *t)
{
	static struct probe_thread threads[2][MODULES];
	static const struct probe *probes[2][MODULES];
	static uint16_t ports[] = { PORT };
	struct probe_config c = {
		.family = six ? 6 : 4,
		.args = modules[i].args,
		.ports = ports,
		.nports = 1,
		.source_port_first = 32768,
		.source_port_count = 28233,
		.probes = 2,
		.ttl = 64,
	};
	const char *why;

	if (probes[six][i] == NULL) {
		probes[six][i] = probe_lookup(modules[i].name);
		if (probes[six][i]->prepare(&threads[six][i], &c, &why) == -1)
			abort();
	}
	*t = threads[six][i];
	return probes[six][i];
}

static void
put_ports(unsigned char *p, uint16_t from, uint16_t to)
{
	put16(p, from);
	put16(p + 2, to);
}

/* As the receiver would want them, where there is room. */
static void
put_right(const struct probe *p, unsigned char *ip, size_t n)
{
	size_t at;

	if (n < 20)
		return;
	ip[0] = 0x40 | (ip[0] & 15);
	put32(ip + 12, TARGET);
	put32(ip + 16, US);
	at = (ip[0] & 15) * 4;
	if (ip[9] != 1) {
		ip[9] = p->protocol;
		if (p->ports && n >= at + 4)
			put_ports(ip + at, PORT, 32770);
		return;
	}
	at += 8; /* an ICMP error's quote */
	if (n < at + 20)
		return;
	put32(ip + at + 12, US);
	put32(ip + at + 16, TARGET);
	if (ip[at + 9] == 4 && n >= at + 48) { /* a tunnel's */
		ip[at] = 0x45;
		at += 20;
		ip[at] = 0x40 | (ip[at] & 15);
		ip[at + 9] = p->protocol;
		put32(ip + at + 12, TARGET);
		put32(ip + at + 16, US);
		at += (ip[at] & 15) * 4;
		if (n >= at + 4)
			put_ports(ip + at, PORT, 32770);
		return;
	}
	ip[at + 9] = p->protocol;
	at += (ip[at] & 15) * 4;
	if (p->ports && n >= at + 4)
		put_ports(ip + at, 32770, PORT);
}

/* The same of IPv6: past extension headers of any kind. */
static size_t
behind6(const struct probe *p, unsigned char *ip, size_t n)
{
	const uint8_t upper = p->protocol == 1 ? 58 : p->protocol;
	unsigned char *next = ip + 6, *here;
	size_t at = 40;

	while (at + 8 <= n &&
	    (*next == 0 || *next == 43 || *next == 44 || *next == 60 ||
		*next == 135 || *next == 139 || *next == 140)) {
		here = ip + at;
		at += *next == 44 ? 8 : (here[1] + 1) * 8;
		next = here;
	}
	if (*next != 58)
		*next = upper;
	return at;
}

static void
put_right6(const struct probe *p, unsigned char *ip, size_t n)
{
	size_t at;

	if (n < 40)
		return;
	ip6_put(ip + 8, target6);
	ip6_put(ip + 24, us6);
	at = behind6(p, ip, n);
	if (p->ports && n >= at + 4 && ip[6] != 58) {
		put_ports(ip + at, PORT, 32770);
		return;
	}
	at += 8;
	if (n < at + 40)
		return;
	ip[at] = 0x60 | (ip[at] & 15);
	ip6_put(ip + at + 8, us6);
	ip6_put(ip + at + 24, target6);
	at += behind6(p, ip + at, n - at);
	if (p->ports && n >= at + 4)
		put_ports(ip + at, 32770, PORT);
}

/* Validation words that fit what the packet says. */
static void
suit(struct reply *r)
{
	const unsigned char *p = r->icmp_error ? r->quote : r->data;
	size_t n = r->icmp_error ? r->quote_size : r->size;

	if (r->protocol == 6 && n >= 20) {
		r->v[0] = get32(p + 8) - 1;
		r->v[2] = get32(p + 4);
	}
	if (r->icmp_error)
		r->v[0] = get32(p + 4);
	if (r->protocol == 1 || r->protocol == 58) {
		r->v[1] = get16(p + 4);
		r->v[2] = get16(p + 6);
	}
	if (r->protocol == 17 && n >= 8 + 32) {
		r->v[0] = get32(p + 8 + 24);
		r->v[2] = get32(p + 8 + 28);
	} else if (r->protocol == 17 && n >= 8 + 2)
		r->v[2] = get16(p + 8);
}

static int
fuzz_one(const unsigned char *data, size_t n)
{
	static unsigned char scratch[PROBE_SCRATCH];
	struct encoder e = encoder_on(scratch, sizeof scratch);
	struct value values[FIELD_MAX];
	const struct probe *p;
	struct probe_thread t;
	unsigned char *ip;
	struct reply r;
	bool right, six;

	if (n < 2)
		return 0;
	p = probe_lookup(modules[(data[0] & 31) % MODULES].name);
	six = data[1] >> 4 == 6 && p->ip6;
	p = prepare((data[0] & 31) % MODULES, six, &t);
	right = (data[0] & 0x80) == 0;
	n--;
	ip = malloc(n);
	if (ip == NULL)
		return 0;
	memcpy(ip, data + 1, n);
	if (six)
		put_right6(p, ip, n);
	else
		put_right(p, ip, n);
	memset(values, 0, sizeof values);
	if (packet_parse(six ? 6 : 4, ip, n, n + (data[0] >> 5 & 3),
		p->protocol, p->ports, &r) == REFUSED_NOT) {
		r.time_ns = UINT64_C(1700000000000000000);
		r.v[0] = 0x61626364;
		r.v[1] = 0x65666768 / 28233 * 28233 + 2;
		r.v[2] = 0x696a6b6c;
		r.v[3] = 0x6d6e6f70;
		if (right)
			suit(&r);
		if (p->classify(&t, &r, values, &e) == REFUSED_NOT)
			values_check(p, values);
	}
	free(ip);
	return 0;
}

FUZZ_TARGET(fuzz_one)
