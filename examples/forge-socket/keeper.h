/*
 * The keeper: a process of its own that has the privilege, so that the one
 * that reads what strangers send has none.  It makes forged sockets and hands
 * them over, and it holds the rule of nftables: however the other process
 * ends, the keeper sees it, removes the rule and ends too.  Should the keeper
 * itself be killed, the kernel removes what it owned.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "forge.h"
#include "rule.h"

struct keeper {
	int fd;	       /* to the other process */
	char why[200]; /* of the last failure */
};

/*
 * Starts it; call before there is anything that it should not inherit.
 * -1 with errno.
 */
int keeper_start(struct keeper *);

/* All of these: -1 with errno, and why for people. */
int keeper_rule(struct keeper *, const struct rule *); /* in place */

/* A socket within the rule's addresses and ports. */
int keeper_socket(struct keeper *, const struct forge *);

/* Without installing: sockets from these ports are to be made. */
int keeper_ports(struct keeper *, const struct rule *);

/* Removes the rule, and that has happened when it returns. */
int keeper_end(struct keeper *);

#endif
