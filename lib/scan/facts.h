/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a scan: the map "scan" in the header of a stream
 * (zmap-stream(5)) as a struct.  A table in facts.c says how each key is
 * written, where its value is kept and what its value may be; nothing else
 * knows them.
 *
 *	struct facts f;
 *	if (facts_decode(&f, &h->scan, FACT_PORTS, why, sizeof why) == 0 &&
 *	    f.has & FACT_PORTS)
 *		... f.ports ...
 *	facts_free(&f);
 *
 * A stage that decides something says what in a struct of its own, with a bit
 * in `has` for each, and encodes that into the header that it hands on.
 */
#ifndef FACTS_H
#define FACTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ranges.h"
#include "addr/ranges6.h"

struct dict;
struct status;

/* GNU C: an enumerator may be wider than int. */
enum {
	FACT_ID = UINT64_C(1) << 0,
	FACT_LISTS = UINT64_C(1) << 1,
	FACT_SEED = UINT64_C(1) << 2,
	FACT_SHARD = UINT64_C(1) << 3,
	FACT_SHARDS = UINT64_C(1) << 4,
	FACT_FAMILY = UINT64_C(1) << 5,
	FACT_PORTS = UINT64_C(1) << 6,
	FACT_ALLOWED = UINT64_C(1) << 7,
	FACT_TARGETS = UINT64_C(1) << 8,
	FACT_TOTAL = UINT64_C(1) << 9,
	FACT_POSITION = UINT64_C(1) << 10,
	FACT_NETWORKS = UINT64_C(1) << 11,
	FACT_START = UINT64_C(1) << 12,
	FACT_PROBE = UINT64_C(1) << 13,
	FACT_PROBE_FILE = UINT64_C(1) << 14,
	FACT_PROBE_ARGS = UINT64_C(1) << 15,
	FACT_PROBES = UINT64_C(1) << 16,
	FACT_SOURCE_IPS = UINT64_C(1) << 17,
	FACT_SOURCE_PORTS = UINT64_C(1) << 18,
	FACT_INTERFACE = UINT64_C(1) << 19,
	FACT_GATEWAY_MAC = UINT64_C(1) << 20,
	FACT_SOURCE_MAC = UINT64_C(1) << 21,
	FACT_GATEWAY_IP = UINT64_C(1) << 22,
	FACT_INTERFACES = UINT64_C(1) << 23,
	FACT_ATTRIBUTION = UINT64_C(1) << 24,
	FACT_COPIES = UINT64_C(1) << 25,
	FACT_DISTANCE = UINT64_C(1) << 26,
	FACT_PLACES = UINT64_C(1) << 27,
	FACT_MARKS = UINT64_C(1) << 28,
	FACT_COUNT = UINT64_C(1) << 29,
	FACT_SOURCE_PREFIX = UINT64_C(1) << 30,
};

#define FACT_ALL	 UINT64_MAX
#define FACTS_INTERFACES 32 /* at most */

/* IPv6 addresses, 16 bytes each. */
struct facts_wide {
	unsigned char *bytes;
	size_t n;
};

/*
 * Prefixes of one length; a scan has one address, or some, of each.  See
 * zmap-targets(1), Windows.
 */
struct facts_windows {
	unsigned length;
	unsigned identifiers; /* addresses in each prefix, at most */
	struct ranges6 prefixes;
};

#define FACTS_WINDOWS 8

struct facts {
	uint64_t has; /* FACT_... of what is known */

	/* from zmap-targets(1) */
	char id[64];	/* hash of all that fixes the targets */
	char lists[64]; /* the same before the blacklist */
	uint64_t seed, shard, shards;
	uint64_t family;     /* 4 or 6; 4 if it is not said */
	struct ranges ports; /* of the targets, normalised */
	uint64_t allowed;    /* addresses, after the blacklist */
	uint64_t targets;    /* that this stream will hold */
	uint64_t total;	     /* of all shards */
	uint64_t count;	     /* in the order; `total` of them are taken */
	uint64_t polite; /* 1: the order is that of --polite; goes with count */
	uint64_t position;	  /* where this stream begins */
	uint64_t copies;	  /* of each target, if copies are spread */
	uint64_t distance;	  /* in targets, between two copies */
	uint64_t places;	  /* of targets and copies in this stream */
	uint64_t start_ns;	  /* since 1970 UTC */
	struct ranges networks;	  /* that hold all targets, normalised */
	struct ranges6 networks6; /* the same of family 6 */
	/* of family 6, ascending; goes with the networks */
	struct facts_windows windows[FACTS_WINDOWS];
	size_t nwindows;	/* 0: none, or it is not known */
	struct ranges bounds;	/* where siblings may be, or empty; */
	struct ranges6 bounds6; /* goes with the networks */

	/* from zmap-send(1) */
	char probe[64];
	char probe_file[4096]; /* of a module that is loaded */
	char *probe_args;
	char attribution[256]; /* the URI in its probes */
	uint64_t probes;       /* to each target */
	uint64_t marks;	       /* times as many source ports */
	uint32_t *sources;
	size_t nsources;
	struct facts_wide sources6; /* of family 6 */
	uint64_t source_prefix;	    /* that these are all of; 128: themselves */
	struct {
		uint16_t first;
		uint32_t count;
	} source_ports;
	char interface[64]; /* that answers come in on */
	char interfaces[FACTS_INTERFACES]
		       [64]; /* all of them, if there are several */
	size_t ninterfaces;
	char gateway_mac[18], source_mac[18], gateway_ip[46];
};

/*
 * Takes those of the facts in `want` that the map holds.  -1 with the reason
 * in why[] if one of them has not the form that it should have, or memory is
 * short.  facts_free in both cases.
 */
int facts_decode(struct facts *, const struct dict *scan, uint64_t want,
    char *why, size_t);
void facts_free(struct facts *);

/* Puts all that f->has into the map.  -1 for lack of memory. */
int facts_encode(const struct facts *, struct dict *scan);

/*
 * May a probe go there that is to no target, such as to a sibling of one?  If
 * it is within bounds, or, where there are none, in networks that are not
 * rounded.
 */
bool facts_allow_sibling(const struct facts *, uint32_t address);
bool facts_allow_sibling6(const struct facts *, struct ip6 address);

/* Each of the ports, to be freed.  -1 for lack of memory. */
int facts_ports(const struct facts *, uint16_t **ports, size_t *n);

/* Tells status lines which scan and shard they are about. */
void facts_identify(struct status *, const struct dict *scan);

#endif
