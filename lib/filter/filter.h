/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filter expressions over the fields of a record, as zmap-filter(1) describes
 * them:
 *
 *	success = 1 && (sport in {80, 443, 8000-8100} || !(ttl < 64))
 *
 * A test of a field that is null, or that holds something of another type than
 * the header promised, is neither true nor false: it passes nothing, negated
 * or not.  Only `is null` and `is not null` tell.
 *
 * An expression is parsed once, bound to the fields of each segment, and then
 * is a short program of tests and jumps: nothing is allocated per record.
 */
#ifndef FILTER_H
#define FILTER_H
#include <stdbool.h>
#include <stddef.h>

#include "filter/expr.h"
#include "stream/field.h"
#include "stream/value.h"

struct filter;

/*
 * Parses text and reads the files that it names; NULL with the error filled
 * in.  The text must outlive the filter.
 */
struct filter *filter_new(const char *text, struct expr_error *);
void filter_free(struct filter *);

/*
 * Compiles for records with these n fields, which must stay.  Returns 0, or
 * -1 with the error filled in.
 */
int filter_bind(struct filter *, const struct field *, size_t n,
    struct expr_error *);

/* Does the record pass?  After filter_bind. */
bool filter_match(struct filter *, const struct value *, size_t n);

/*
 * The line of text that an error is in and a line with carets below it, in
 * two lines without a tab; what cannot be printed is a '?'.  -1, and nothing
 * in buf, for an error that is not in the text.
 */
int filter_carets(const char *text, const struct expr_error *, char *buf,
    size_t);

#endif
