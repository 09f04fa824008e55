/* SPDX-License-Identifier: Apache-2.0 */
/* Who probes, in a file; see probing.h. */
#include "probe/probing.h"

#include <stdbool.h>
#include <string.h>

#include "probe/attribution.h"

/* A control character would begin a line that means something else. */
static int
check_line(const char *what, const char *s, char *why, size_t size)
{
	const unsigned char *p = (const unsigned char *)s;

	if (s == NULL)
		return 0;
	for (; *p != '\0'; p++) {
		if (*p >= ' ' && *p != 0x7f)
			continue;
		snprintf(why, size, "--%s: not a single line of text", what);
		return -1;
	}
	return 0;
}

static int
check_uri(const char *what, const char *uri, char *why, size_t size)
{
	const char *wrong;

	if (uri == NULL || attribution_check(uri, &wrong) == 0)
		return 0;
	snprintf(why, size, "--%s: %s: %s", what, uri, wrong);
	return -1;
}

static int
probing_check(const struct probing *p, char *why, size_t size)
{
	if (check_uri("attribution", p->attribution, why, size) == -1 ||
	    check_uri("contact", p->contact, why, size) == -1)
		return -1;
	if (check_line("languages", p->languages, why, size) == -1 ||
	    check_line("description", p->description, why, size) == -1 ||
	    check_line("source-ip", p->sources, why, size) == -1 ||
	    check_line("probe-module", p->probe, why, size) == -1 ||
	    check_line("target-ports", p->ports, why, size) == -1 ||
	    check_line("rate", p->rate, why, size) == -1)
		return -1;
	return 0;
}

static void
probing_describe(FILE *f, const struct probing *p)
{
	fputs("Description: ", f);
	if (p->description != NULL) {
		fprintf(f, "%s\n", p->description);
		return;
	}
	fputs("Scans of the Internet by ZMap", f);
	if (p->sources != NULL)
		fprintf(f, ", from %s", p->sources);
	if (p->probe != NULL)
		fprintf(f, ", with %s", p->probe);
	if (p->ports != NULL)
		fprintf(f, ", on ports %s", p->ports);
	if (p->rate != NULL)
		fprintf(f, ", at %s packets a second", p->rate);
	fputc('\n', f);
}

int
probing_print(FILE *f, const struct probing *p, char *why, size_t size)
{
	const char *uri = p->attribution, *contact = p->contact;
	bool here = uri != NULL && strncmp(uri, "https:", 6) == 0;
	char expires[32];
	struct tm utc;

	if (probing_check(p, why, size) == -1)
		return -1;
	if (contact == NULL && !here)
		contact = uri;
	if (contact == NULL) {
		snprintf(why, size,
		    "no contact for those who are probed: give one by --contact mailto:... or https://...");
		return -1;
	}
	if (gmtime_r(&p->expires, &utc) == NULL) {
		snprintf(why, size, "the clock of this machine is wrong");
		return -1;
	}
	strftime(expires, sizeof expires, "%Y-%m-%dT%H:%M:%SZ", &utc);
	fputs(
	    "# Write to the contact to opt out: your networks are left out of all our scans.\n",
	    f);
	if (here)
		fprintf(f, "Canonical: %s\n", uri);
	fprintf(f, "Contact: %s\nExpires: %s\nPreferred-Languages: %s\n",
	    contact, expires, p->languages);
	probing_describe(f, p);
	return 0;
}
