/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes that answer for nearly every address: middleboxes, protection
 * against floods, IPv6 aliases.  For each port, the targets that answered with
 * success are counted in each /24; of IPv6, in each /64, /96 and /112, or, of
 * the targets of windows such as 2001:db8::/48-64, in what has 256 and 65536 of
 * these.  Windows of different lengths are counted apart.
 *
 * A prefix is dense if more answers came than chance explains: if only `share`
 * of its addresses did answer, as many or more would be seen with a probability
 * of at most DENSE_CHANCE.  The order of a scan is random, so the number seen
 * of n addresses that have been asked is binomial.  So a sample counts, and so
 * does the beginning of a scan; what is too small a sample is not called dense.
 *
 * How many have been asked of a prefix is counted, if the caller can
 * (dense_counted).  Else it is expected: n is what the scan's networks have in
 * the prefix, each has been asked with the probability `sent`, the share of the
 * scan's targets that has been sent so far, and answers with `share`.  Where
 * the networks hold more than the targets (zmap-stream(5)), n is too large and
 * less is called dense, never more.
 */
#ifndef DENSE_H
#define DENSE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "scan/scan.h"

#define DENSE_CHANCE	1e-6
#define DENSE_MEMORY	(128u << 20) /* bytes, at most */
#define DENSE_UNCOUNTED UINT64_MAX

struct dense;

/* A prefix that is dense, with what shows it. */
struct dense_prefix {
	unsigned char address[16]; /* the first 4 of IPv4 */
	unsigned length;
	const struct facts_windows *windows; /* whose targets; NULL: all */
	uint16_t port;
	uint64_t addresses; /* of the scan, that it has */
	uint64_t probed;    /* of these; DENSE_UNCOUNTED: it is expected */
	uint32_t answers;
	char text[64]; /* "192.0.2.0/24" */
};

/* share: above 0, below 1.  NULL for lack of memory.  The scan must stay. */
struct dense *dense_new(const struct scan *, double share);
void dense_free(struct dense *);

/*
 * Who knows how many addresses of a prefix, of IPv4, have been asked before a
 * position of the targets (zmap-stream(5)), or before an answer, or NULL, that
 * is about one of them.  To be said before the first answer.
 */
typedef uint64_t dense_counter(void *ctx, const struct dense_prefix *,
    const struct reply *, uint64_t position);
void dense_counted(struct dense *, dense_counter *, void *ctx);

/*
 * So much of the scan, from 0 to 1, and up to there, may have been sent by now.
 */
void dense_sent(struct dense *, double share, uint64_t position);
/*
 * All answers are in: what was thought to have been sent before it was may have
 * kept a prefix from the list.
 */
void dense_settle(struct dense *);

/*
 * Counts a target's first success, and tells in which dense prefix it is (of
 * several the shortest), or NULL.  What dense_find tells is the same without
 * the counting.  The prefix stays until the next call of dense_add.
 */
const struct dense_prefix *dense_add(struct dense *, const struct reply *);
const struct dense_prefix *dense_find(struct dense *, const struct reply *);

/* Those that are dense, in the order in which they became so. */
size_t dense_count(const struct dense *);
const struct dense_prefix *dense_at(const struct dense *, size_t);

/*
 * The least share of its addresses that is not refuted in the same way, in
 * thousandths.
 */
unsigned dense_least(const struct dense *, const struct dense_prefix *);

/* Successes that were not counted, because memory was full. */
uint64_t dense_forgotten(const struct dense *);
size_t dense_memory(const struct dense *); /* bytes allocated */

#endif
