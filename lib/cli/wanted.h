/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which fields of an answer the stages behind zmap-recv look at, so that it
 * need not write the others: those of --output-fields and of --output-filter.
 */
#ifndef WANTED_H
#define WANTED_H
#include <stdbool.h>
#include <stddef.h>

#include "cli/config.h"

/*
 * A list for --only-fields in buf; expression is the filter's, "" for none.
 * False if all fields may be wanted, or it is not known which: a stage is the
 * user's own, or the format may look at more than it prints.
 */
bool wanted_fields(const struct config *, const char *expression, char *buf,
    size_t);

#endif
