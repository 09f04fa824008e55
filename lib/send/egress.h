/* SPDX-License-Identifier: Apache-2.0 */
/*
 * egress: which way packets leave this machine: device, addresses, link
 * header and way out, from what the user has given and what the kernel says.
 * What cannot be known is said, with the option that settles it.
 */
#ifndef EGRESS_H
#define EGRESS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ranges.h"
#include "send/io.h"
#include "send/route.h"

/* An address that is nobody's: RFC 5737. */
#define EGRESS_NOWHERE 0xc0000201u

struct egress_query {
	const char *interface; /* or NULL */
	const char *way;       /* a name, or "auto" */
	bool iplayer;
	const uint32_t *sources; /* given; nsources may be 0 */
	unsigned nsources;
	const uint8_t *gateway_mac; /* given, or NULL */
	const uint8_t *source_mac;
	const uint32_t *targets; /* some of them */
	size_t ntargets;
};

struct egress {
	struct io_args io;
	const char *way;
	uint8_t ethernet[IO_ETHERNET]; /* header, if io.ethernet */
	uint32_t source;	       /* ours, where none was given */
	struct route route;
	char capture[IF_NAMESIZE]; /* where answers come in */
	const char *because;	   /* auto means IP packets; or NULL */
	char says[512];		   /* for -v 4 */
	char warns[512];	   /* for -v 2, or empty */
};

/* 0, or -1 with the reason in why. */
int egress_find(struct egress *, const struct egress_query *, char *why,
    size_t size);

/* "02:00:00:00:00:01" -> mac; NULL or what is wrong. */
const char *egress_mac(const char *s, uint8_t mac[6]);

/*
 * Addresses to try routes with, out of a scan's networks: at most max, which
 * is even.
 */
size_t egress_samples(const struct ranges *networks, uint32_t *samples,
    size_t max);

#endif
