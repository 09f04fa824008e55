/*
 * What a scan may touch: lists of targets put together.
 *
 *	(whitelist, or everything)  and  (list of targets, if there is one)
 *	but not blacklist
 *
 * Targets on the command line are part of the whitelist. The blacklist wins
 * over all.
 */
#ifndef SCOPE_H
#define SCOPE_H

#include "list.h"
#include "ranges.h"
#include "scanid.h"
#include "space.h"

enum scope_part {
	SCOPE_ALLOW,
	SCOPE_LIST,
	SCOPE_BLOCK,
};

struct scope {			/* { 0 } to begin with */
	struct ranges range[3]; /* by part */
	struct space_pairs pair[3];
	int given[3]; /* whether there is one */
	/* the result */
	struct ranges addrs;
	struct space_pairs pairs;
	uint8_t lists[SCANID_SIZE]; /* digest of what was allowed */
};

/* Adds an entry; -1 and *why, NULL if it is memory that is short. */
int scope_add(struct scope *s, enum scope_part part, const struct list_entry *e,
    const char **why);

/*
 * Puts allowed and listed targets together in s->addrs and s->pairs; ports
 * are those that addresses are scanned on. The blacklist is normalised but
 * still to be taken out. -1 and errno.
 */
int scope_settle(struct scope *s, const struct ports *ports);
/* Takes out what is not, or what is, in `r`. -1 and errno. */
int scope_limit_to(struct scope *s, const struct ranges *r);
int scope_take_out(struct scope *s, const struct ranges *r);

/* A digest of what is in s->addrs and s->pairs. */
void scope_digest(const struct scope *s, struct scanid *id);
/* Makes `to` what `from` is, the lists it was made from excepted. */
int scope_copy(struct scope *to, const struct scope *from);
void scope_free(struct scope *s);

#endif
