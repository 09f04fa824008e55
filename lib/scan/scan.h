/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan as zmap-recv must know it, read from the header of a probes stream
 * (zmap-stream(5)): which addresses and ports are ours, which may answer, and
 * the key that validates.  Results say the same but for the key.
 */
#ifndef SCAN_H
#define SCAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/validate.h"
#include "stream/header.h"

struct scan_range {
	uint32_t first, last;
};

struct scan {
	char probe[64];
	char probe_file[4096]; /* "": ours */
	char *args;	       /* or NULL */
	char interface[64];    /* "" if it is not said */
	uint16_t *ports;       /* target ports, ascending */
	size_t nports;
	unsigned char port_set[8192]; /* the same, a bit each */
	uint32_t *sources;	      /* our addresses, ascending */
	size_t nsources;
	uint16_t source_port_first;
	uint32_t source_port_count;
	unsigned probes; /* to each target */
	uint64_t seed, start_ns;
	unsigned char key[VALIDATE_KEY_SIZE];
	struct scan_range *networks; /* ascending; none: all */
	size_t nnetworks;
	uint32_t *by_16; /* first range for each /16 */
};

/* 0, or -1 with the reason in why.  scan_free in both cases. */
int scan_read(struct scan *, const struct header *, char *why, size_t);
void scan_free(struct scan *);

/*
 * The target ports of a scan alone, ascending, to be freed; none if it has no
 * ports.  -1 if they are malformed or memory is short.
 */
int scan_ports(const struct header *, uint16_t **ports, size_t *n);

/* Is it one of our addresses?  Is it one that is scanned? */
bool scan_is_ours(const struct scan *, uint32_t address);
bool scan_allows(const struct scan *, uint32_t address);

static inline bool
scan_has_port(const struct scan *s, uint16_t port)
{
	return s->port_set[port / 8] >> port % 8 & 1;
}

#endif
