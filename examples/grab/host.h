/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts to talk to, read from whatever a scan printed.  The form of the
 * input is told from its first byte:
 *
 *	0xd9		the result stream of zmap-recv, zmap-stream(5)
 *	{		a JSON object a line, as by zmap-out -O json
 *	anything else	lines: address, address:port, or CSV; of IPv6,
 *			[address]:port
 *
 * CSV with a header row is read by its columns saddr, sport and so on;
 * without one the first column is the address and the second, if it is a
 * number, the port.
 */
#ifndef HOST_H
#define HOST_H
#include <stdbool.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "base/outcome.h"
#include "stream/header.h"

/* What a result may say of a host, each under ZMap's name for it. */
enum host_value {
	HOST_ADDRESS,	   /* saddr: the host's */
	HOST_PORT,	   /* sport: the host's */
	HOST_OWN_ADDRESS,  /* daddr: ours */
	HOST_OWN_PORT,	   /* dport: ours */
	HOST_SEQUENCE,	   /* seqnum of the SYN-ACK */
	HOST_ACKNOWLEDGED, /* acknum */
	HOST_WINDOW,
	HOST_MSS,	/* tcpopt_mss */
	HOST_SCALE,	/* tcpopt_wscale: a factor, 2^shift */
	HOST_SACK,	/* tcpopt_sack_perm */
	HOST_TIME,	/* tcpopt_ts_val: the host's clock */
	HOST_TIME_ECHO, /* tcpopt_ts_ecr: ours, sent back */
	HOST_SUCCESS,
	HOST_REPEAT,
	HOST_SECONDS,	   /* timestamp_ts: when it answered */
	HOST_MICROSECONDS, /* timestamp_us */
	HOST_VALUES
};

/*
 * Numbers in host order; bit i of has: v[i] is known.  Addresses of IPv6 stand
 * beside, and v has nothing of them.
 */
struct host {
	uint32_t has;
	uint32_t v[HOST_VALUES];
	bool six;	    /* the host's address is of IPv6 */
	struct ip6 address; /* the host's */
	struct ip6 own_address;
};

struct host_config {
	uint16_t port;	 /* of hosts that come without; 0: none */
	uint32_t needed; /* a bit for each value that must be */
	bool all;	 /* take failures and repeats too */
};

enum host_what {
	HOST_NONE, /* nothing whole is buffered: fill */
	HOST_GOT,
	HOST_SEGMENT, /* a stream's header was read: host_header() */
	HOST_SKIPPED, /* a failure or a repeat */
	HOST_BAD,     /* not a host; host_why() says where and why */
	HOST_FAILED,  /* the input is of no use from here on; host_why() */
};

struct host_source;

/* Reads from fd, which stays the caller's.  NULL for lack of memory. */
struct host_source *host_source_new(int fd, const struct host_config *);
void host_source_free(struct host_source *);

enum host_what host_next(struct host_source *, struct host *);

/* One read(2): bytes, 0 at the end of the input, -1 with errno. */
long host_fill(struct host_source *);

const char *host_why(const struct host_source *);
const struct header *host_header(const struct host_source *);

/* The last end of the stream; false if there was none. */
struct stream_item;
bool host_end(const struct host_source *, struct stream_item *);

/* What the stages before said of themselves; DONE if they cannot. */
enum outcome host_outcome(const struct host_source *);

#endif
