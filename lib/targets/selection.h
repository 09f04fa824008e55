/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan may touch: lists of targets put together.
 *
 *	(whitelist, or everything)  and  (list of targets, if there is one)
 *	but not blacklist
 *
 * Targets on the command line are part of the whitelist. The blacklist wins
 * over all.
 */
#ifndef SELECTION_H
#define SELECTION_H
#include <stdbool.h>

#include "addr/list.h"
#include "addr/networks.h"
#include "scan/scanid.h"
#include "targets/extent6.h"
#include "targets/numbering.h"

enum selection_part {
	SCOPE_ALLOW,
	SCOPE_LIST,
	SCOPE_BLOCK,
};
#define SCOPE_TARGETS 2 /* parts before this one hold targets */

struct selection {			    /* { 0 } to begin with */
	struct ranges range[SCOPE_TARGETS]; /* by part; of IPv4 */
	struct numbering_pairs pair[SCOPE_TARGETS];
	struct intake6 intake[SCOPE_TARGETS]; /* of IPv6 */
	struct networks block;
	bool given[3];		     /* whether there is one */
	uint64_t entries4, entries6; /* of targets */
	/* the result */
	unsigned family; /* 4 or 6; what belongs to the other one is empty */
	struct ranges addrs;
	struct numbering_pairs pairs;
	struct extent6 six;
	uint8_t lists[SCANID_SIZE]; /* digest of what was allowed */
};

/* Adds an entry; -1 and *why, NULL if it is memory that is short. */
int selection_add(struct selection *s, enum selection_part part,
    const struct list_entry *e, const char **why);

/*
 * Decides of which family the scan is: the one that is wanted, 4 or 6, or if
 * that is 0 the one of all targets. -1 and the reason in why.
 */
int selection_decide(struct selection *s, unsigned wanted, char *why,
    size_t size);

/*
 * Puts allowed and listed targets together as the result; ports are those
 * that addresses are scanned on. The blacklist is normalised but still to be
 * taken out. -1 and the reason in why, or "" and errno.
 */
int selection_settle(struct selection *s, const struct ports *ports,
    const struct extent6_wish *wish, char *why, size_t size);
/* Takes out what is not, or what is, in `n`. -1 and errno. */
int selection_limit_to(struct selection *s, const struct networks *n);
int selection_take_out(struct selection *s, const struct networks *n);
/* How many addresses there are, pairs apart. */
unsigned __int128 selection_addresses(const struct selection *s);
/* How many pairs there are. */
size_t selection_pairs(const struct selection *s);
/* Whether all addresses, with or without a port, are in `n`. */
bool selection_is_in(const struct selection *s, const struct networks *n);

/*
 * Where probes may go that are to no target, such as to its siblings: if
 * targets were listed, wherever a list may have some; of windows, into all of
 * the prefix; blacklist taken out.  Nothing if these are the targets
 * themselves. Before the result is used up.  -1 and errno.
 */
int selection_bounds(const struct selection *s, struct networks *n);

/* A digest of the result. */
void selection_digest(const struct selection *s, struct scanid *id);
/* Makes `to` what `from` is, the lists it was made from excepted. */
int selection_copy(struct selection *to, const struct selection *from);
void selection_free(struct selection *s);

#endif
