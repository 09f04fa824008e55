/* SPDX-License-Identifier: Apache-2.0 */
/*
 * announce: the header of the stream of probes: what this stage has decided,
 * for zmap-recv and all behind it.
 */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H

struct run;

/* Writes it, and forgets the key.  -1 with errno. */
int announce(struct run *);

#endif
