/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose answers a program with more rights than its user takes; see permit.h.
 */
#include "recv/permit.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "addr/sources.h"
#include "base/interface.h"
#include "scan/scan.h"

/* May only those whom the administrator has chosen run this program? */
static bool
is_restricted(void)
{
	struct stat st;

	return stat("/proc/self/exe", &st) == 0 && (st.st_mode & S_IXOTH) == 0;
}

static int
permit_one(int family, const void *address, bool one, bool named, char *why,
    size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (one && interface_owns(family, address) == 1)
		return 0;
	inet_ntop(family, address, text, sizeof text);
	if (!is_restricted())
		snprintf(why, size,
		    "%s is not this machine's: only root, or the group of 'make setcap', captures for others",
		    text);
	else if (!named)
		snprintf(why, size,
		    "%s is not this machine's, and only the stream names it: to capture for it, give -S %s",
		    text, text);
	else
		return 0;
	return -1;
}

static int
permit_wide(const struct facts *f, size_t i, const struct sources *named,
    char *why, size_t size)
{
	const unsigned char *bytes = f->sources6.bytes + IP6_SIZE * i;
	bool is_named = sources_name6(named, ip6_get(bytes), f->source_prefix);

	return permit_one(AF_INET6, bytes, f->source_prefix == IP6_BITS,
	    is_named, why, size);
}

int
permit_sources(const struct scan *s, const struct sources *named, char *why,
    size_t size)
{
	const struct facts *f = &s->facts;
	uint32_t address_be;
	size_t i;

	if (getauxval(AT_SECURE) == 0)
		return 0;
	for (i = 0; i < f->nsources; i++) {
		address_be = htonl(f->sources[i]);
		if (permit_one(AF_INET, &address_be, true,
			sources_name4(named, f->sources[i]), why, size) == -1)
			return -1;
	}
	for (i = 0; i < f->sources6.n; i++)
		if (permit_wide(f, i, named, why, size) == -1)
			return -1;
	return 0;
}
