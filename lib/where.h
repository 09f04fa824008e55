/*
 * Answers to "did you scan me?": whether, in which shard and at which
 * position a target is scanned, one line for each port.
 */
#ifndef WHERE_H
#define WHERE_H

#include <stdio.h>

#include "list.h"
#include "plan.h"

/* For each address of the entry; all ports of the scan if it has none. */
void where_print(FILE *f, const struct plan *p, const struct list_entry *e,
    int *found);

#endif
