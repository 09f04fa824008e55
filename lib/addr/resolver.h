/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver: addresses of host names, asked for by a process of its own.
 *
 * What resolves names needs files, sockets and whatever nsswitch.conf(5)
 * loads, and reads what strangers answer.  A small process does it that is
 * started before the caller gives up its rights; it has no capabilities,
 * knows nothing of the scan, and ends with its caller.
 *
 *	resolver_start()
 *	rights_drop()
 *	...
 *	resolver_ask(), poll(2) for fd, resolver_answer()
 */
#ifndef RESOLVER_H
#define RESOLVER_H
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

#define RESOLVER_NAME 253  /* bytes in a name; RFC 1035, section 2.3.4 */
#define RESOLVER_MAX  4096 /* of a family; an answer of DNS holds no more */

struct resolver {
	int fd; /* -1: not started */
	/* the answer */
	size_t n, n6;
	uint32_t addr[RESOLVER_MAX];
	struct ip6 addr6[RESOLVER_MAX];
};

/* -1 with errno.  Before other threads are started. */
int resolver_start(struct resolver *);
void resolver_stop(struct resolver *);

/* One question at a time.  Both return 0, or -1 with *why. */
int resolver_ask(struct resolver *, const char *name, const char **why);
/* Waits for the answer: all addresses of the name, of both families. */
int resolver_answer(struct resolver *, const char **why);

#endif
