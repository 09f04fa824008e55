/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: link header, IP, what ICMP quotes, and the classifier of every
 * module.  The validation words are taken from the packet itself, as a host
 * would that knew the key, so that classifiers are entered.
 *
 * The first byte chooses the module, the second the kind of link, and by its
 * top bit the family.
 */
#include <string.h>

#include <pcap/pcap.h>

#include "stream/encode.h"
#include "fuzz.h"
#include "probe/packet.h"
#include "probe/probe.h"
#include "stream/token.h"

static const int links[] = {
	DLT_EN10MB,
	DLT_RAW,
	DLT_LINUX_SLL,
	DLT_LINUX_SLL2,
	DLT_NULL,
};

static uint32_t
at(const struct reply *r, size_t offset, size_t bytes)
{
	uint32_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | (offset < r->size ? r->data[offset] : 0), offset++;
	return v;
}

static const char *
arguments(const struct probe *probe)
{
	if (strcmp(probe->name, "dns") == 0)
		return "A,example.com";
	return strcmp(probe->name, "udp") == 0 ? "text:x" : NULL;
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	static unsigned char scratch[64 << 10];
	const struct probe_config config = {
		.source_port_first = 32768,
		.source_port_count = 28233,
		.probes = 1,
		.ttl = 64,
	};
	struct probe_config with_args = config;
	struct value values[FIELD_MAX] = { { 0 } };
	struct encoder e = encoder_on(scratch, sizeof scratch);
	struct probe_thread thread = { 0 };
	const struct probe *probe;
	const char *why;
	unsigned family;
	struct reply r = { 0 };
	size_t offset, count, i;
	unsigned char *frame;

	if (n < 2)
		return -1;
	for (count = 0; probe_table[count] != NULL; count++)
		;
	probe = probe_table[p[0] % count];
	family = p[1] & 0x80 && probe->ip6 ? 6 : 4;
	frame = malloc(n - 2 + 1);
	HOLDS(frame != NULL);
	frame = realloc(frame, n - 2 > 0 ? n - 2 : 1); /* of the exact size */
	memcpy(frame, p + 2, n - 2);
	if (packet_link(links[(p[1] & 0x7f) % (sizeof links / sizeof *links)],
		family, frame, n - 2, &offset) != REFUSED_NOT ||
	    packet_parse(family, frame + offset, n - 2 - offset, n - 2 - offset,
		probe->protocol, probe->ports, &r) != REFUSED_NOT)
		goto out;
	HOLDS(r.data >= frame && r.data + r.size <= frame + n - 2);
	if (r.icmp_error)
		HOLDS(r.quote_size >= 8 && r.quote >= frame &&
		    r.quote + r.quote_size <= frame + n - 2);
	r.v[0] = r.protocol == 6 ? at(&r, 8, 4) - 1 : 0;
	r.v[1] = at(&r, 4, 2);
	r.v[2] = r.protocol == 17 ? at(&r, 8, 2) : at(&r, 6, 2);
	with_args.args = arguments(probe);
	with_args.family = family;
	HOLDS(probe->prepare(&thread, &with_args, &why) == 0);
	if (probe->classify(&thread, &r, values, &e) == REFUSED_NOT) {
		HOLDS(values[probe->classification].type == VALUE_TEXT);
		for (i = 0; probe->fields[i].name != NULL; i++)
			if (values[i].type == VALUE_LIST ||
			    values[i].type == VALUE_MAP)
				HOLDS(token_skip(values[i].bytes,
					  values[i].size) ==
				    (ssize_t)values[i].size);
	}
	if (probe->done != NULL)
		probe->done(&thread);
out:
	free(frame);
	return 0;
}

FUZZ_TARGET(fuzz_one)
