/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanout: several rings for the frames of one device.
 *
 * A device with several queues hands frames over on several processors, and a
 * ring is filled by one of them at a time.  With a ring for each, none waits
 * for another one.  Each frame gets into one ring: that of the processor that
 * it came in on, or another one if that is full.  So the frames of a flow stay
 * in their order as long as there is room.
 */
#ifndef FANOUT_H
#define FANOUT_H
#include <pcap/pcap.h>
#include <stddef.h>

enum {
	FANOUT_RINGS = 8,	/* of a device, at most */
	FANOUT_LEAST = 4 << 20, /* bytes of ring, for which it is worth it */
};

/* How many rings suit a device, which share so many bytes; 1: no fanout. */
unsigned fanout_rings(const char *device, size_t buffer);

/*
 * Lets a packet socket have its share of the frames.  *group is -1 for the
 * first of a device.  It is bound and has this filter, which is put in again,
 * so that frames that this machine sends stay out.  -1 with errno.
 */
int fanout_join(int packet_socket, const struct bpf_program *, int *group);

#endif
