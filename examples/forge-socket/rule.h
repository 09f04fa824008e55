/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule that keeps this kernel from answering a SYN-ACK, which it knows
 * nothing of, with a reset.  It drops plain resets, as a closed port sends
 * them, from the source ports of the scan; the resets by which a program ends
 * a connection of its own carry an acknowledgement and still go out.
 *
 * It stands in a table of its own, named after the process, which the kernel
 * removes together with the process that owns it (Linux 5.12).
 */
#ifndef RULE_H
#define RULE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

#define RULE_TABLE "forge_socket"
#define RULE_MAX   32	/* addresses, and ranges of ports */
#define RULE_TEXT  4096 /* bytes that are enough for the text */

/* No addresses, or no ports: all of them. */
struct rule {
	uint16_t first, last; /* our ports */
	unsigned naddresses;  /* ours */
	bool six;	      /* the addresses are of IPv6 */
	uint32_t addresses[RULE_MAX];
	struct ip6 addresses6[RULE_MAX];
	unsigned prefix; /* and prefixes of this length */
	unsigned nports; /* ranges of the targets' */
	uint16_t ports[RULE_MAX][2];
};

/*
 * Can it be a rule? Its counts are within its arrays, its ranges are none that
 * end before they begin. And are its ports of ours among those of another?
 */
bool rule_valid(const struct rule *);
bool rule_within(const struct rule *, const struct rule *bounds);

/* The table as nft(8) reads it, of a valid rule, into RULE_TEXT bytes. */
void rule_text(const struct rule *, const char *table, bool owned, char *text);

/* A table that is installed, or will be. */
struct rule_table {
	void *nft; /* libnftables' context: the owner */
	char name[32];
	bool there;
	bool plain;    /* this kernel knows no owners */
	char why[160]; /* of the last failure */
};

/* -1 for lack of memory or of netlink. */
int rule_open(struct rule_table *);

/*
 * Installs the rule, or puts it in the place of the one before, in one step;
 * -1 with why.  The first time, tables of processes that are no more go.
 */
int rule_install(struct rule_table *, const struct rule *);
int rule_remove(struct rule_table *);
void rule_close(struct rule_table *); /* the table goes as well */

/*
 * Removes tables that processes left behind that are no more; how many.
 */
int rule_remove_leftovers(struct rule_table *);

#endif
