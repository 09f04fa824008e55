/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan as zmap-recv must know it, read from the header of a probes stream
 * (zmap-stream(5)): its facts, the key that validates, and tables that answer
 * at once which addresses and ports are ours, and which may answer.  Results
 * say the same but for the key.
 */
#ifndef SCAN_H
#define SCAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "base/siphash.h"
#include "scan/facts.h"
#include "stream/header.h"

struct scan {
	struct facts facts; /* sources are ascending */
	unsigned probes;    /* to each target: 1 to 65536 */
	unsigned marks;	 /* 2: probes of odd blocks have numbers behind them */
	uint16_t *ports; /* target ports, ascending */
	size_t nports;
	unsigned char port_set[8192]; /* the same, a bit each */
	uint32_t *by_16; /* first of the networks for each /16, or NULL */
	unsigned char key[SIPHASH_KEY_SIZE];
};

/* 0, or -1 with the reason in why.  scan_free in both cases. */
int scan_read(struct scan *, const struct header *, char *why, size_t);
void scan_free(struct scan *);

/* Is it one of our addresses?  Is it one that is scanned? */
bool scan_is_ours(const struct scan *, uint32_t address);
bool scan_allows(const struct scan *, uint32_t address);
bool scan_is_ours6(const struct scan *, struct ip6 address);
bool scan_allows6(const struct scan *, struct ip6 address);

static inline bool
scan_has_port(const struct scan *s, uint16_t port)
{
	return s->port_set[port / 8] >> port % 8 & 1;
}

#endif
