/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: how fast a run sends: -r, -B or its part of --rate-share as packets per
 * second, and whether that is polite.
 */
#ifndef PACE_H
#define PACE_H

struct run;

/* Once the sender is open, which knows how long frames are. */
void pace_set(struct run *);

/* A rate (0: no limit), but no more than our part of what all shards may. */
double pace_at_most_share(const struct run *, double rate);

/*
 * One packet per second and /24 is the most that a network should get, from
 * all shards, each of which probes it; an unknown rate is not known to be too
 * high.
 */
void pace_warn(struct run *);

#endif
