/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: how fast a run sends: -r, -B or its part of --rate-share as packets per
 * second, and whether that is polite.
 */
#ifndef PACE_H
#define PACE_H

#include <stddef.h>

struct run;

/* Once the sender is open, which knows how long frames are. */
void pace_set(struct run *);

/* Before that, roughly; 0: no limit. */
double pace_about(const struct run *);

/* A rate (0: no limit), but no more than our part of what all shards may. */
double pace_at_most_share(const struct run *, double rate);

/*
 * More than a /8 is not scanned by one who cannot be found: -1 and why, unless
 * there is a contact, an attribution, or the user says that this is meant.
 */
int pace_check_name(const struct run *, char *why, size_t size);

/*
 * One packet per second and /24 is the most that a network should get, from
 * all shards, each of which probes it.  Private networks are their owner's
 * business, and a scan that is over in seconds disturbs no network.
 */
void pace_warn(struct run *);

#endif
