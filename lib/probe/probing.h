/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probing: the file probing.txt (RFC 9511, section 3), which stands at
 * https://HOST/.well-known/probing.txt and says who probes from that host.
 * Its form is that of security.txt (RFC 9116).
 */
#ifndef PROBING_H
#define PROBING_H
#include <stddef.h>
#include <stdio.h>
#include <time.h>

struct probing {
	const char *attribution; /* URI in the probes, or NULL */
	const char *contact;	 /* URI, or NULL: the attribution may be one */
	const char *languages;	 /* of those who answer, as "en, fr" */
	const char *description; /* a line, or NULL: made of what follows */
	time_t expires;
	/* how the scans are, or NULL where that is not fixed */
	const char *sources, *probe, *ports, *rate;
};

/* 0, or -1 with the reason in why and nothing printed. */
int probing_print(FILE *, const struct probing *, char *why, size_t);

#endif
