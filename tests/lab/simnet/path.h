/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path: what is lost on the way to the hosts, and what is late.
 *
 *	police=PPS[/BURST]	a token bucket: what is over the rate is lost
 *	police=PPS@SECS		from then on, as often as it is said
 *	queue=PPS/MS		a queue that is served at this rate: it delays up
 *				to so many milliseconds, and then loses
 *	outage=PERCENT/MS	all is lost, in outages that last so long at the
 *				mean (Gilbert and Elliott, in time)
 *	net=NET/BITS:PERCENT	of probes to this prefix of IPv4
 *
 * Words are separated by commas.  Time is that of the kernel, by frame, and
 * begins with the first one.
 */
#ifndef LAB_PATH_H
#define LAB_PATH_H
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

enum {
	PATH_STEPS = SIMNET_POLICES, /* rates of a policer */
	PATH_NETS = 8,
};

struct path {
	bool set;
	uint64_t begin, now; /* ns; begin is 0 before the first frame */
	uint32_t dice;

	struct {
		double rate;
		uint64_t from; /* ns after begin */
	} police[PATH_STEPS];
	unsigned int polices;
	double burst, tokens;
	uint64_t refilled;

	double queue_rate;
	uint64_t queue_ns, free_at;

	double outage, outage_ns; /* share of time, mean length */
	bool out;
	uint64_t turn; /* when it changes */

	struct {
		uint32_t base, mask;
		double share;
	} nets[PATH_NETS];
	unsigned int nets_count;

	uint64_t delay; /* ns, of the frame at hand */
	uint64_t policed, overflowed, outages, in_nets; /* lost, by these */
};

/* NULL, or what is wrong with it. */
const char *path_parse(struct path *, const char *spec);

/* Is a policer all that it has? */
bool path_polices_alone(const struct path *);

/* A frame that came at this time, to this address (0: not IPv4): is it lost? */
bool path_loses(struct path *, uint64_t time, uint32_t target);

#endif
