/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks of both families: a blacklist, or what a scan may touch. A scan has
 * one family, and for it the other part is empty, which costs nothing.
 */
#ifndef NETWORKS_H
#define NETWORKS_H
#include <stdbool.h>
#include <stddef.h>

#include "addr/ranges.h"
#include "addr/ranges6.h"

struct list_entry;

struct networks { /* { 0 } is empty */
	struct ranges four;
	struct ranges6 six;
};

/* What ranges.h says of functions of these names; -1 with errno. */
int networks_add(struct networks *n, const struct list_entry *e);
int networks_copy(struct networks *to, const struct networks *from);
int networks_intersect(struct networks *n, const struct networks *with);
void networks_normalise(struct networks *n);
bool networks_empty(const struct networks *n);
/* How many ranges there are. */
size_t networks_ranges(const struct networks *n);
void networks_free(struct networks *n);

#endif
