/* SPDX-License-Identifier: Apache-2.0 */
/* Whose answers a program with more rights than its user takes; see permit.h. */
#include "recv/permit.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "base/interface.h"
#include "scan/scan.h"

static bool
is_named(uint32_t address, const uint32_t *named, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (named[i] == address)
			return true;
	return false;
}

/* May only those whom the administrator has chosen run this program? */
static bool
is_restricted(void)
{
	struct stat st;

	return stat("/proc/self/exe", &st) == 0 && (st.st_mode & S_IXOTH) == 0;
}

static int
permit_one(int family, const void *address, bool named, char *why, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (interface_owns(family, address) == 1)
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

int
permit_sources(const struct scan *s, const uint32_t *named, unsigned n,
    char *why, size_t size)
{
	const struct facts *f = &s->facts;
	uint32_t address_be;
	size_t i;

	if (getauxval(AT_SECURE) == 0)
		return 0;
	for (i = 0; i < f->nsources; i++) {
		address_be = htonl(f->sources[i]);
		if (permit_one(AF_INET, &address_be,
			is_named(f->sources[i], named, n), why, size) == -1)
			return -1;
	}
	for (i = 0; i < f->sources6.n; i++)
		if (permit_one(AF_INET6, f->sources6.bytes + 16 * i, false, why,
			size) == -1)
			return -1;
	return 0;
}
