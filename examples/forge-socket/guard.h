/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: a process of its own that has the privilege, so that the one
 * that reads what strangers send has none.  It makes forged sockets and hands
 * them over, and it holds the rule of nftables: however the other process
 * ends, the guard sees it, removes the rule and ends too.  Should the guard
 * itself be killed, the kernel removes what it owned.
 */
#ifndef GUARD_H
#define GUARD_H
#include "forge.h"
#include "rule.h"

struct guard {
	int fd;	       /* to the other process */
	char why[200]; /* of the last failure */
};

/*
 * Starts it; call before there is anything that it should not inherit.
 * -1 with errno.
 */
int guard_start(struct guard *);

/* All of these: -1 with errno, and why for people. */
int guard_rule(struct guard *, const struct rule *); /* in place */

/* A socket from one of the ports that the rule has for ours. */
int guard_socket(struct guard *, const struct forge *);

/* Without installing: sockets from these ports are to be made. */
int guard_ports(struct guard *, const struct rule *);

/* Removes the rule, and that has happened when it returns. */
int guard_end(struct guard *);

#endif
