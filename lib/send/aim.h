/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aim: which targets a batch of frames is for: those of a chunk in their order,
 * but for the ones that asked to be left alone and those that no way leads to;
 * and the way that each takes.
 */
#ifndef AIM_H
#define AIM_H

struct thread;

/*
 * Goes on with the thread's last chunk, at most n packets.  Returns how many;
 * their targets and outlets are in t->frames.
 */
unsigned aim_choose(struct thread *t, unsigned n);

#endif
