/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of sources and of ports.  Sources are of one kind if the same rules
 * mean them ("from"), ports if they are in the same ranges of all rules.  The
 * kernel is asked for one of each kind.
 */
#ifndef ROUTES_KINDS_H
#define ROUTES_KINDS_H
#include <stdbool.h>
#include <stdint.h>

#include "send/network.h"
#include "send/routes.h"

enum { ROUTES_KINDS = 255 }; /* of ports */

/*
 * Sets source_kind and nsource_kinds.  first gets the number of one source of
 * each kind; it has room for all sources.  -1 for lack of memory.
 */
int routes_sort_sources(struct routes *, const struct network *,
    const struct routes_query *, unsigned *first);

/*
 * The same of the scan's ports.  Where there are more kinds than ROUTES_KINDS,
 * the note says so.
 */
int routes_sort_ports(struct routes *, const struct network *,
    const struct routes_query *, uint16_t first[ROUTES_KINDS]);

/* Does any rule look at protocols or ports? */
bool routes_by_port(const struct network *);

/* Writes a note if a rule's range holds only some of our source ports. */
void routes_note_ports(struct routes *, const struct network *,
    const struct routes_query *);

#endif
