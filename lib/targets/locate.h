/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to "did you scan me?": whether, in which shard and at which
 * position a target is scanned, one line for each port.
 */
#ifndef LOCATE_H
#define LOCATE_H
#include <stdbool.h>
#include <stdio.h>

#include "addr/list.h"
#include "targets/plan.h"

/*
 * For each address of the entry, of a window those that it means; all ports of
 * the scan if it has none. -1, with nothing printed, if there are too many of
 * IPv6.
 */
int locate_print(FILE *f, const struct plan *p, const struct list_entry *e,
    bool *found);

#define LOCATE_MAX (UINT64_C(1) << 32) /* addresses in one entry */

#endif
