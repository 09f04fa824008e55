/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solicited: neighbours who ask for source addresses that this machine has not.
 *
 * A scan of IPv6 may be sent from addresses of one's own link that no interface
 * has, or from all of a prefix (zmap-send -S).  A router that has an answer for
 * one asks the link who has it, by neighbour solicitation (RFC 4861), and the
 * kernel says nothing.  So this does, for as long as answers are waited for.
 * Questions whether an address is free (RFC 4862, from no address) are left to
 * the host that really has it.
 */
#ifndef SOLICITED_H
#define SOLICITED_H
#include <stdint.h>

#include "scan/scan.h"

enum { SOLICITED_LINKS = 32 };

struct solicited {
	int fd; /* for poll(2); -1: no question is answered */
	const struct scan *scan;
	struct solicited_link {
		unsigned ifindex;
		uint8_t mac[6];
	} links[SOLICITED_LINKS];
	unsigned nlinks;
};

/*
 * Listens on these n devices if an address of the scan is borrowed.  -1 with
 * errno; then no question is answered, as if no address were borrowed.
 */
int solicited_open(struct solicited *, const struct scan *,
    const char *const names[], unsigned n);
void solicited_close(struct solicited *);

/* Answers all that have asked by now. */
void solicited_answer(struct solicited *);

#endif
