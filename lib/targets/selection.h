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
#include "addr/list.h"
#include "addr/ranges.h"
#include "scan/scanid.h"
#include "targets/numbering.h"

enum selection_part {
	SCOPE_ALLOW,
	SCOPE_LIST,
	SCOPE_BLOCK,
};

struct selection {		/* { 0 } to begin with */
	struct ranges range[3]; /* by part */
	struct numbering_pairs pair[3];
	int given[3]; /* whether there is one */
	/* the result */
	struct ranges addrs;
	struct numbering_pairs pairs;
	uint8_t lists[SCANID_SIZE]; /* digest of what was allowed */
};

/* Adds an entry; -1 and *why, NULL if it is memory that is short. */
int selection_add(struct selection *s, enum selection_part part,
    const struct list_entry *e, const char **why);

/*
 * Puts allowed and listed targets together in s->addrs and s->pairs; ports
 * are those that addresses are scanned on. The blacklist is normalised but
 * still to be taken out. -1 and errno.
 */
int selection_settle(struct selection *s, const struct ports *ports);
/* Takes out what is not, or what is, in `r`. -1 and errno. */
int selection_limit_to(struct selection *s, const struct ranges *r);
int selection_take_out(struct selection *s, const struct ranges *r);

/* A digest of what is in s->addrs and s->pairs. */
void selection_digest(const struct selection *s, struct scanid *id);
/* Makes `to` what `from` is, the lists it was made from excepted. */
int selection_copy(struct selection *to, const struct selection *from);
void selection_free(struct selection *s);

#endif
