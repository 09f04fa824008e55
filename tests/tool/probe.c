/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probe modules without a network, for tests and benchmarks:
 *
 *	probe [options] make MODULE >FILE	probes, as a pcap file
 *	probe [options] classify MODULE <FILE	answers in a pcap file, as
 *						text, one line each
 *	probe [options] cut MODULE <FILE	every answer at every length
 *						(of long ones, at many),
 *						exactly allocated: for ASan
 *	probe [options] speed MODULE		processor time per probe
 *
 * Targets are 198.18.0.1 and so on, once per port; our address is 192.0.2.1;
 * with -6 they are 2001:db8:18::1 and 2001:db8::1.
 * The validation key is always the same.
 *
 *	-a ARGS		--probe-args	-n N		targets (1)
 *	-p PORTS	(53)		-s FIRST-LAST	source ports
 *	-P N		--probes (1)	-T N		make them in N threads'
 *							states, in turn
 *	-t ADDRESS	first target	-S ADDRESS	our address
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "base/clock.h"
#include "stream/encode.h"
#include "probe/packet.h"
#include "addr/ports.h"
#include "probe/probe.h"
#include "stream/token.h"
#include "probe/validate.h"
#include "values.h"

#define THREADS_MAX 16

static const struct probe *module;
static struct probe_config config = {
	.family = 4,
	.source_port_first = 32768,
	.source_port_count = 28233,
	.probes = 1,
	.ttl = 64,
	.seed = 1,
	.start_ns = UINT64_C(1700000000000000000),
};
static struct ports ports;
static struct validate key;
static uint32_t first_target = 0xc6120001, us = 0xc0000201;
static const struct ip6 first_target6 = { 0x20010db800180000, 1 },
			us6 = { 0x20010db800000000, 1 };
static unsigned long targets = 1, threads = 1;

/* --- making --- */

static void
prepare(struct probe_thread *t, bool sends)
{
	const char *why = NULL;

	memset(t, 0, sizeof *t);
	if (sends && (t->packet = calloc(1, module->max_size)) == NULL)
		err(1, NULL);
	if (module->prepare(t, &config, &why) == -1)
		errx(2, "%s: %s", module->name, why);
}

static void
finish(struct probe_thread *t)
{
	if (module->done != NULL)
		module->done(t);
	free(t->packet);
}

static struct probe_target
target(unsigned long i, unsigned number)
{
	size_t nports = module->ports ? ports.n : 1;
	struct validate_words w;
	struct probe_target to = {
		.source = us,
		.address = first_target + i / nports,
		.source6 = us6,
		.address6 = { first_target6.hi, first_target6.lo + i / nports },
		.port = module->ports ? ports.v[i % nports] : 0,
		.number = number,
	};

	if (config.family == 6)
		validate_one6(&key, to.source6, to.address6, to.port, &w);
	else
		validate_one(&key, to.source, to.address, to.port, &w);
	memcpy(to.v, w.v, sizeof to.v);
	if (module->ports)
		to.source_port = config.source_port_first +
		    (to.v[1] + number) % config.source_port_count;
	return to;
}

static void
make(void)
{
	size_t nports = module->ports ? ports.n : 1, n;
	struct probe_thread t[THREADS_MAX];
	unsigned char *packet[THREADS_MAX];
	struct pcap_pkthdr h = { .ts = { 0, 0 } };
	struct probe_target to;
	unsigned long i, k;
	unsigned number;
	pcap_dumper_t *d;
	pcap_t *p;

	p = pcap_open_dead(DLT_RAW, 65535);
	d = p != NULL ? pcap_dump_fopen(p, stdout) : NULL;
	if (d == NULL)
		errx(1, "pcap");
	for (k = 0; k < threads; k++) {
		prepare(&t[k], true);
		packet[k] = malloc(module->max_size);
		if (packet[k] == NULL)
			err(1, NULL);
		memcpy(packet[k], t[k].packet, t[k].size);
	}
	for (i = 0; i < targets * nports; i++)
		for (number = 0; number < config.probes; number++) {
			k = i % threads;
			to = target(i, number);
			n = module->make(&t[k], packet[k], &to);
			if (n > module->max_size)
				errx(1, "%zu bytes, over max_size", n);
			h.caplen = h.len = n;
			pcap_dump((unsigned char *)d, &h, packet[k]);
		}
	for (k = 0; k < threads; k++) {
		free(packet[k]);
		finish(&t[k]);
	}
	if (pcap_dump_flush(d) == -1)
		err(1, "stdout");
	pcap_dump_close(d);
	pcap_close(p);
}

static void
speed(void)
{
	size_t nports = module->ports ? ports.n : 1;
	static struct probe_target to[4096];
	struct probe_thread t;
	clock_t start, spent;
	unsigned long i, total = 0, bytes = 0;

	prepare(&t, true);
	for (i = 0; i < 4096; i++)
		to[i] = target(i * nports / 4096 + i, 0);
	start = clock();
	do {
		for (i = 0; i < 4096; i++)
			bytes += module->make(&t, t.packet, &to[i]);
		total += 4096;
		spent = clock() - start;
	} while (spent < 3 * CLOCKS_PER_SEC / 10);
	printf("%-16s %6.1f ns, %lu bytes\n", module->name,
	    1e9 * spent / CLOCKS_PER_SEC / total, bytes / total);
	finish(&t);
}

/* --- classifying --- */

/* What zmap-recv checks for all modules. */
static enum refusal
validate(struct reply *r)
{
	struct validate_words w;
	uint32_t ahead;
	size_t at;

	if (r->family == 6 ? !ip6_equal(r->source6, us6) : r->source != us)
		return REFUSED_ADDRESS;
	if (module->ports && !ports_find(&ports, r->target_port, &at))
		return REFUSED_PORT;
	if (r->family == 6)
		validate_one6(&key, r->source6, r->target6, r->target_port, &w);
	else
		validate_one(&key, r->source, r->target, r->target_port, &w);
	memcpy(r->v, w.v, sizeof r->v);
	if (!module->ports)
		return REFUSED_NOT;
	ahead = (uint32_t)r->source_port + config.source_port_count -
	    config.source_port_first - w.v[1] % config.source_port_count;
	if (r->source_port < config.source_port_first ||
	    r->source_port - config.source_port_first >=
		(int)config.source_port_count ||
	    ahead % config.source_port_count >= config.probes)
		return REFUSED_PORT;
	return REFUSED_NOT;
}

static size_t
print_item(const unsigned char *p, size_t n)
{
	struct token t;
	size_t used = token_next(p, n, &t), i;

	switch (t.kind) {
	case TOKEN_ARRAY:
		putchar('[');
		for (i = 0; i < t.number; i++) {
			if (i > 0)
				putchar(',');
			used += print_item(p + used, n - used);
		}
		putchar(']');
		break;
	case TOKEN_MAP:
		putchar('{');
		for (i = 0; i < t.number; i++) {
			if (i > 0)
				putchar(',');
			used += print_item(p + used, n - used);
			putchar(':');
			used += print_item(p + used, n - used);
		}
		putchar('}');
		break;
	case TOKEN_TEXT:
		putchar('"');
		for (i = 0; i < t.number; i++)
			printf(t.bytes[i] == 0 ? "\\u0000" : "%c", t.bytes[i]);
		putchar('"');
		break;
	case TOKEN_BYTES:
		for (i = 0; i < t.number; i++)
			printf("%02x", t.bytes[i]);
		break;
	case TOKEN_UINT:
		printf("%lu", t.number);
		break;
	case TOKEN_NEGINT:
		printf("-%lu", t.number + 1);
		break;
	case TOKEN_BOOL:
		printf("%s", t.number ? "true" : "false");
		break;
	default:
		printf("null");
	}
	return used;
}

static void
print(const struct value *values)
{
	unsigned char buf[PROBE_SCRATCH * 2];
	const struct field *f;
	struct encoder e;
	size_t i, n;

	printf("valid");
	for (i = 0; module->fields[i].name != NULL; i++) {
		f = &module->fields[i];
		if (values[i].type == VALUE_NULL)
			continue;
		printf(" %s=", f->name);
		e = encoder_on(buf, sizeof buf);
		value_encode(&e, &values[i]);
		n = encode_size(&e);
		if (n == 0 || token_skip(buf, n) != (ssize_t)n)
			errx(1, "%s: no CBOR item", f->name);
		print_item(buf, n);
	}
	putchar('\n');
}

static enum refusal
classify(struct probe_thread *t, const unsigned char *ip, size_t n, size_t wire,
    const struct timeval *when, struct value *values)
{
	static unsigned char scratch[PROBE_SCRATCH];
	struct encoder e = encoder_on(scratch, sizeof scratch);
	enum refusal why;
	struct reply r;

	memset(values, 0, FIELD_MAX * sizeof *values);
	why = packet_parse(config.family, ip, n, wire, module->protocol,
	    module->ports, &r);
	r.time_ns = when->tv_sec * SECOND + when->tv_usec * UINT64_C(1000);
	if (why == REFUSED_NOT)
		why = validate(&r);
	if (why == REFUSED_NOT)
		why = module->classify(t, &r, values, &e);
	if (why == REFUSED_NOT)
		values_check(module, values);
	return why;
}

/*
 * The next length to cut at.  Reading all of 60 KiB 60,000 times takes
 * minutes, and shows what the first 2 KiB have shown: behind them come a
 * sample, whose distance is a prime so that records of any size are cut
 * anywhere, and what is near the end.
 */
static size_t
next_length(size_t n, size_t size)
{
	if (n < 2048 || n + 64 >= size)
		return n + 1;
	return n + 509 < size - 64 ? n + 509 : size - 64;
}

static void
receive(bool cut)
{
	struct value values[FIELD_MAX];
	struct pcap_pkthdr *h;
	struct probe_thread t;
	unsigned long answers = 0, valid = 0;
	const unsigned char *frame;
	char error[PCAP_ERRBUF_SIZE];
	unsigned char *copy;
	size_t at, n, size;
	enum refusal why;
	pcap_t *p;

	p = pcap_fopen_offline(stdin, error);
	if (p == NULL)
		errx(1, "%s", error);
	prepare(&t, false);
	while (pcap_next_ex(p, &h, &frame) == 1) {
		why = packet_link(pcap_datalink(p), config.family, frame,
		    h->caplen, &at);
		if (why != REFUSED_NOT) {
			printf("%s\n", refusal_name(why));
			continue;
		}
		size = h->caplen - at;
		for (n = cut ? 0 : size; n <= size; n = next_length(n, size)) {
			copy = malloc(n > 0 ? n : 1);
			if (copy == NULL)
				err(1, NULL);
			memcpy(copy, frame + at, n);
			why = classify(&t, copy, n, h->len - at, &h->ts,
			    values);
			answers++;
			valid += why == REFUSED_NOT;
			if (!cut && why != REFUSED_NOT)
				printf("%s\n", refusal_name(why));
			else if (why == REFUSED_NOT && (!cut || n == size))
				print(values);
			free(copy);
		}
	}
	if (cut)
		printf("%lu lengths, %lu valid\n", answers, valid);
	finish(&t);
	pcap_close(p);
}

static unsigned long
number(const char *s, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (end == s || *end != '\0' || n > max)
		errx(2, "%s: not a number up to %lu", s, max);
	return n;
}

static uint32_t
address(const char *s)
{
	struct in_addr a;

	if (inet_pton(AF_INET, s, &a) != 1)
		errx(2, "%s: not an address", s);
	return ntohl(a.s_addr);
}

int
main(int argc, char *argv[])
{
	const char *list = "53";
	char why[128];
	unsigned char bytes[VALIDATE_KEY_SIZE];
	unsigned first, last;
	int c;

	while ((c = getopt(argc, argv, "6a:n:p:P:s:S:t:T:")) != -1)
		switch (c) {
		case '6':
			config.family = 6;
			break;
		case 'a':
			config.args = optarg;
			break;
		case 'n':
			targets = number(optarg, 1 << 24);
			break;
		case 'p':
			list = optarg;
			break;
		case 'P':
			config.probes = number(optarg, 1000);
			break;
		case 's':
			if (sscanf(optarg, "%u-%u", &first, &last) != 2)
				errx(2, "-s %s", optarg);
			config.source_port_first = first;
			config.source_port_count = last - first + 1;
			break;
		case 'S':
			us = address(optarg);
			break;
		case 't':
			first_target = address(optarg);
			break;
		case 'T':
			threads = number(optarg, THREADS_MAX);
			break;
		default:
			return 2;
		}
	if (argc - optind != 2)
		errx(2,
		    "usage: probe [options] make|classify|cut|speed MODULE");
	for (c = 0; c < VALIDATE_KEY_SIZE; c++)
		bytes[c] = c;
	validate_init(&key, bytes);
	if (ports_parse(&ports, list, why, sizeof why) == -1)
		errx(2, "%s: %s", list, why);
	config.ports = ports.v;
	config.nports = ports.n;
	module = probe_lookup(argv[optind + 1]);
	if (module == NULL)
		errx(2, "%s: no such module", argv[optind + 1]);
	if (strcmp(argv[optind], "make") == 0)
		make();
	else if (strcmp(argv[optind], "speed") == 0)
		speed();
	else if (strcmp(argv[optind], "classify") == 0)
		receive(false);
	else if (strcmp(argv[optind], "cut") == 0)
		receive(true);
	else
		errx(2, "%s: no such command", argv[optind]);
	return 0;
}
