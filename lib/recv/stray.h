/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stray: answers that come in where no capture is.
 *
 * Routes back to this machine need not lead to the device that probes leave
 * by.  So a plain packet socket listens on all other devices, with the same
 * filter and only for what is sent to this machine.  Devices that are stacked
 * with a captured one (a bridge and its ports, a macvlan and what is below it)
 * are left out, since they show the same frames once more.
 */
#ifndef STRAY_H
#define STRAY_H
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STRAY_NAMES = 64 };

struct stray {
	int fd; /* -1: nothing is watched */
	unsigned char *frame;
	size_t room;
	uint64_t seen, dropped;
	/* Of devices, since a stage without rights cannot ask. */
	struct {
		unsigned ifindex;
		char name[IF_NAMESIZE];
	} names[STRAY_NAMES];
	unsigned nnames;
};

/*
 * Listens for packets of this family where these n devices are not; filter is
 * pcap-filter(7), of up to snaplen bytes.  -1 with errno; then nothing is
 * watched.
 */
int stray_open(struct stray *, unsigned family, const unsigned *captured,
    size_t n, const char *filter, size_t snaplen);
void stray_close(struct stray *);

/* One packet, from its IP header on; 0: there is none now. */
size_t stray_read(struct stray *, size_t *len, uint64_t *time_ns,
    const char **device);

/* Brings seen (without what was dropped) and dropped up to date. */
void stray_count(struct stray *);

#endif
