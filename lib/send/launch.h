/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch: queueing disciplines that keep packets until a time that their sender
 * has given them (SO_TXTIME of socket(7)).
 *
 * With one, a thread hands packets over ahead of time, in groups, and each
 * leaves when it is due, though the thread is late.  The one that does this for
 * a socket without privilege is fq (tc-fq(8)), by the clock of clock_ns().
 */
#ifndef LAUNCH_H
#define LAUNCH_H

/*
 * How many packets may wait in the queues of a device; 0: not all of them are
 * fq's, or that is not known.
 */
unsigned launch_room(unsigned ifindex);

/*
 * Lets the packets of a socket have times, in control messages of type
 * SCM_TXTIME.  How many may wait for them, room at most; 0: none, they leave at
 * once.
 */
unsigned launch_enable(int socket, unsigned room);

#endif
