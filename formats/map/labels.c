/* SPDX-License-Identifier: Apache-2.0 */
/* A file of names for prefixes; see labels.h. */
#include "formats/map/labels.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/shown.h"

#define LABELS_MAX 65536

#define FOUR(a)                                                                \
	{                                                                      \
		UINT64_C(a) << 32, 0                                           \
	}

const struct label labels_reserved[] = {
	{ FOUR(0x00000000), 8, 4, "this network" },
	{ FOUR(0x0a000000), 8, 4, "private" },
	{ FOUR(0x64400000), 10, 4, "carriers' NAT" },
	{ FOUR(0x7f000000), 8, 4, "loopback" },
	{ FOUR(0xa9fe0000), 16, 4, "link-local" },
	{ FOUR(0xac100000), 12, 4, "private" },
	{ FOUR(0xc0000000), 24, 4, "protocols" },
	{ FOUR(0xc0000200), 24, 4, "examples" },
	{ FOUR(0xc0a80000), 16, 4, "private" },
	{ FOUR(0xc6120000), 15, 4, "benchmarks" },
	{ FOUR(0xc6336400), 24, 4, "examples" },
	{ FOUR(0xcb007100), 24, 4, "examples" },
	{ FOUR(0xe0000000), 4, 4, "multicast" },
	{ FOUR(0xf0000000), 4, 4, "reserved" },
	{ .name = "" },
};

/* 10.1.0.0/16, or an address; its bits behind the length do not count. */
static int
parse_prefix(struct label *l, char *text)
{
	char *slash = strchr(text, '/');
	unsigned char be[IP6_SIZE] = { 0 };
	uint64_t bits, whole;

	if (slash != NULL)
		*slash++ = '\0';
	l->family = strchr(text, ':') != NULL ? 6 : 4;
	bits = whole = l->family == 6 ? IP6_BITS : 32;
	if (inet_pton(l->family == 6 ? AF_INET6 : AF_INET, text, be) != 1 ||
	    (slash != NULL && number_whole(slash, 0, whole, &bits) == -1))
		return -1;
	l->bits = bits;
	l->first = ip6_first(ip6_get(be), l->bits);
	return 0;
}

/* 1, or 0 if the line has none, or -1 with *why. */
static int
parse_line(struct label *l, char *line, const char **why)
{
	char *name;

	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	name = line + strcspn(line, " \t,");
	if (*name != '\0')
		*name++ = '\0';
	name += strspn(name, " \t,");
	*why = "no prefix";
	if (parse_prefix(l, line) == -1)
		return -1;
	*why = "a prefix without a name behind it";
	if (*name == '\0')
		return -1;
	shown(l->name, sizeof l->name, name, strlen(name));
	return 1;
}

static int
labels_add(struct labels *labels, const struct label *l)
{
	struct label *grown;

	/* by powers of two */
	if ((labels->n & (labels->n - 1)) == 0) {
		grown = realloc(labels->v,
		    (labels->n == 0 ? 1 : 2 * labels->n) * sizeof *grown);
		if (grown == NULL)
			return -1;
		labels->v = grown;
	}
	labels->v[labels->n++] = *l;
	return 0;
}

int
labels_read(struct labels *labels, const char *path, char *why, size_t size)
{
	FILE *f = fopen(path, "re");
	char line[1024];
	const char *reason = NULL;
	struct label l;
	size_t n = 0;
	int rc;

	*labels = (struct labels){ .n = 0 };
	if (f == NULL)
		return snprintf(why, size, "%s: %s", path, strerror(errno)), -1;
	while (reason == NULL && fgets(line, sizeof line, f) != NULL) {
		n++;
		if (strlen(line) == sizeof line - 1)
			reason = "a line that is too long";
		else if ((rc = parse_line(&l, line, &reason)) == 0)
			reason = NULL;
		else if (rc == 1)
			reason = labels->n == LABELS_MAX ? "too many labels" :
			    labels_add(labels, &l) == -1 ? strerror(ENOMEM) :
							   NULL;
	}
	if (reason != NULL)
		snprintf(why, size, "%s:%zu: %s", path, n, reason);
	else if (ferror(f))
		snprintf(why, size, "%s: %s", path, strerror(errno));
	rc = reason != NULL || ferror(f) ? -1 : 0;
	fclose(f);
	return rc;
}

void
labels_free(struct labels *labels)
{
	free(labels->v);
}
