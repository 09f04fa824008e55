/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: how fast a run sends: -r or -B as packets per second, and whether that
 * is polite.
 */
#ifndef PACE_H
#define PACE_H

struct run;

/* Once the sender is open, which knows how long frames are. */
void pace_set(struct run *);

/*
 * One packet per second and /24 is the most that a network should get; an
 * unknown rate is not known to be too high.
 */
void pace_warn(struct run *);

#endif
