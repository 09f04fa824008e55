/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream's header says of its scan, as JSON, for formats that keep it
 * beside the records.  It never holds the key that validates answers: that is
 * taken out before there are results.
 */
#ifndef FORMATS_FACTS_H
#define FORMATS_FACTS_H
#include "base/output.h"
#include "stream/header.h"

/* The command lines, oldest first: a list of lists of text. */
void facts_history(struct output *, const struct header *);

/* The map "scan"; -1 for lack of memory. */
int facts_scan(struct output *, const struct header *);

#endif
