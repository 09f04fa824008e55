/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is new in one stream of results, beside an older one: which targets
 * appeared, which went, and which changed.
 *
 *	c = compare_new(old, new, "saddr,sport", "classification", &error);
 *	compare_bind(c, COMPARE_OLD, header);		for each segment
 *	compare_put(c, COMPARE_OLD, sorter, values, n);	for each record
 *	...						and the same of new
 *	sorter_finish(sorter);
 *	while ((rc = compare_next(c, sorter)) == 1)
 *		compare_write(c, out);
 *
 * Records with the same key fields are of the same target.  Of several in one
 * stream a success counts rather than another answer, and of these the first.
 */
#ifndef COMPARE_H
#define COMPARE_H
#include <stdint.h>

#include "base/sorter.h"
#include "stream/header.h"
#include "stream/stream.h"

enum compare_side { COMPARE_OLD, COMPARE_NEW, COMPARE_SIDES };

enum compare_change {
	COMPARE_SAME,
	COMPARE_APPEARED,
	COMPARE_WENT,
	COMPARE_CHANGED,
	COMPARE_CHANGES
};

struct compare_counts {
	uint64_t records[COMPARE_SIDES];
	uint64_t changes[COMPARE_CHANGES]; /* targets */
};

struct compare;

/* Why two streams cannot be compared. */
struct compare_error {
	enum compare_side lacks; /* the field, or COMPARE_SIDES: neither */
	char why[256];
};

/*
 * keys, fields: names, separated by commas.  NULL: saddr, and sport where both
 * have it; classification and success, where both have them.  fields may be
 * empty.  NULL with the reason in the error.
 */
struct compare *compare_new(const struct header *old,
    const struct header *fresh, const char *keys, const char *fields,
    struct compare_error *);
void compare_free(struct compare *);

/* What the records written hold; ends with a NULL name. */
const struct field *compare_fields(const struct compare *);

/*
 * A segment begins.  -1 with the reason in why: a field that is compared is
 * not there, or a field is of another type than in the first segment.
 */
int compare_bind(struct compare *, enum compare_side, const struct header *,
    char *why, size_t);

/* -1 with errno, as sorter_add. */
int compare_put(struct compare *, enum compare_side, struct sorter *,
    const struct value *, size_t n);

/* The next target that is not the same in both: 1; 0: there is none. */
int compare_next(struct compare *, struct sorter *);
int compare_write(struct compare *, struct stream_out *); /* as stream_commit */

const struct compare_counts *compare_count(const struct compare *);

#endif
