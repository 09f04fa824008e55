/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket for a connection that is half open: the scan has sent the SYN, the
 * host has answered SYN-ACK, and no kernel on our side knows.  TCP_REPAIR,
 * made for moving processes between machines, lets an established socket be
 * put together from its ports, sequence numbers and options.
 */
#ifndef FORGE_H
#define FORGE_H
#include <stdbool.h>
#include <stdint.h>

#include "addr/ip6.h"

struct forge {
	bool six;
	uint32_t address, own_address;
	struct ip6 address6, own_address6; /* of IPv6 */
	uint16_t port, own_port;
	uint32_t sequence;     /* of the SYN-ACK */
	uint32_t acknowledged; /* by it: what we send next */
	uint32_t window;       /* as it stands in the SYN-ACK */
	uint32_t mss;	       /* 0: not said */
	uint8_t scale;	       /* shift of the host's window */
	uint8_t own_scale;     /* what our SYN offered */
	bool scaled;	       /* both have said one */
	bool sack;
	bool timed;    /* timestamps, RFC 7323 */
	uint32_t time; /* the one that our SYN carried */
	/*
	 * The first packet acknowledges the SYN-ACK.  If we are to speak
	 * first that is our request; if not, a bare ACK has to be sent.
	 */
	bool acknowledge;
};

/*
 * The connected, nonblocking socket, or -1 with errno.  Needs CAP_NET_ADMIN,
 * and for own ports below 1024 CAP_NET_BIND_SERVICE.
 */
int forge_socket(const struct forge *);

/* 0 if this process may, here and now; -1 with errno. */
int forge_check(void);

#endif
