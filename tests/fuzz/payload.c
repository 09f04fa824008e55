/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What users give to udp and dns: payloads, templates, tables, names.  The
 * first byte chooses which, the rest is the text or the file.  A payload that
 * is taken must fit into the size that it says.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/dns.h"
#include "probe/payload.h"
#include "probe/probe.h"
#include "fuzz.h"

static void
run(const struct payload *p)
{
	struct probe_target to = {
		.source = 0xffffffff,
		.address = 0xdededede,
		.port = 65535,
		.source_port = 65535,
		.number = 3,
		.v = { 1, 2, 3, 4 },
	};
	unsigned char *out = malloc(p->size > 0 ? p->size : 1);

	if (p->size > 1472)
		abort();
	if (out != NULL && payload_make(p, out, &to) > p->size)
		abort();
	free(out);
}

static void
from_file(const unsigned char *data, size_t n, const char *form)
{
	static const uint16_t ports[] = { 7, 53, 65535 };
	struct payload_table t;
	struct payload *p;
	char spec[64], why[256];
	static int fd = -1;

	if (fd == -1)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd == -1 || ftruncate(fd, 0) == -1 ||
	    pwrite(fd, data, n, 0) != (ssize_t)n)
		return;
	snprintf(spec, sizeof spec, "%s:/proc/self/fd/%d", form, fd);
	if (strcmp(form, "ports") != 0) {
		p = payload_new(spec,
		    &(struct payload_rules){ .forms = PAYLOAD_FIXED |
			    PAYLOAD_TEMPLATE,
			.max = 1472 },
		    why, sizeof why);
		if (p != NULL)
			run(p);
		payload_free(p);
		return;
	}
	if (payload_table_init(&t, spec,
		&(struct payload_rules){ .max = 1472,
		    .ports = ports,
		    .nports = 3 },
		why, sizeof why) == -1)
		return;
	run(payload_table_get(&t, 53));
	run(payload_table_get(&t, 54));
	payload_table_free(&t);
}

static void
from_text(const char *s)
{
	struct payload *p;
	char why[256];

	/* not files: their names are no input of strangers */
	if (strncmp(s, "file:", 5) == 0 || strncmp(s, "template:", 9) == 0)
		return;
	p = payload_new(s,
	    &(struct payload_rules){ .forms = PAYLOAD_FIXED, .max = 1472 }, why,
	    sizeof why);
	if (p != NULL)
		run(p);
	payload_free(p);
}

/* A question that is made must read back as one name. */
static void
question(const char *s)
{
	unsigned char m[DNS_HEADER + DNS_NAME_MAX + 4] = { [5] = 1 };
	char text[DNS_TEXT_MAX];
	const char *why;
	size_t n;

	n = dns_question(m + DNS_HEADER, sizeof m - DNS_HEADER, s, 1, &why);
	if (n == 0)
		return;
	if (n > DNS_NAME_MAX + 4 ||
	    dns_name(m, DNS_HEADER + n, DNS_HEADER, text) !=
		DNS_HEADER + n - 4 ||
	    !dns_asks(m, DNS_HEADER + n, m + DNS_HEADER, n))
		abort();
}

static int
fuzz_one(const unsigned char *data, size_t n)
{
	char *s;

	if (n == 0)
		return 0;
	s = malloc(n);
	if (s == NULL)
		return 0;
	memcpy(s, data + 1, n - 1);
	s[n - 1] = '\0';
	switch (data[0] % 4) {
	case 0:
		from_file(data + 1, n - 1, "template");
		break;
	case 1:
		from_file(data + 1, n - 1, "ports");
		break;
	case 2:
		from_text(s);
		break;
	case 3:
		question(s);
		break;
	}
	free(s);
	return 0;
}

FUZZ_TARGET(fuzz_one)
