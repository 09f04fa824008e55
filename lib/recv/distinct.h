/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distinct: which records of results are of answers that another record has
 * had, by the rule of dedup.h, for streams that were received apart: shards,
 * and runs of a shard that asked some targets twice.
 *
 * A record says by its fields whose answer it is: saddr, sport where the scan
 * has several ports, and success.
 */
#ifndef DISTINCT_H
#define DISTINCT_H
#include "recv/dedup.h"
#include "stream/header.h"

/* Whose further answers are repeats, and how they are found. */
struct distinct_config {
	enum dedup_method method;
	uint32_t window;   /* dedup.h */
	bool by_responder; /* of an ICMP error: who sent it */
	bool one_port;	   /* of the scan */
	unsigned char seed[16];
};

struct distinct;

/* NULL for lack of memory. */
struct distinct *distinct_new(const struct distinct_config *);
void distinct_free(struct distinct *);

/* The fields of the next records.  -1: there is no `*lacks` among them. */
int distinct_bind(struct distinct *, const struct header *, const char **lacks);

/* As dedup_seen.  A record without an address is of nothing that was seen. */
int distinct_seen(struct distinct *, const struct value *, size_t n);

#endif
