/* SPDX-License-Identifier: Apache-2.0 */
/*
 * register: who asked to be left alone, in a file that is a blacklist too.
 *
 *	192.0.2.0/24	# owner: Example Ltd; since: 2026-11-28; verified: by mail
 *	`----------'      `--------------------------------------------------
 *	any program       what this reads of it, and writes
 *	reads this
 *
 * So there is one list, and not two that drift apart. An entry holds until it
 * is taken out: one whose time is over still is in the blacklist, and is named
 * by those who ask for such. Lines that are not ours stay: comments before the
 * entry that they stand above, names of hosts at the end.
 *
 * The file is locked while it is changed, and replaced as a whole.
 */
#ifndef REGISTER_H
#define REGISTER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "addr/list.h"

enum register_field {
	REGISTER_OWNER,
	REGISTER_SINCE,	   /* dates are YYYY-MM-DD, of UTC */
	REGISTER_UNTIL,	   /* the last day, or none: for ever */
	REGISTER_VERIFIED, /* how we know that the owner asked */
	REGISTER_NOTE,
	REGISTER_FIELDS
};

/* owner, since, until, verified, note */
extern const char *const register_names[REGISTER_FIELDS];

struct register_entry {
	char *network;	       /* as it stands in the file */
	struct list_entry net; /* what that means */
	char *field[REGISTER_FIELDS];
	char *above; /* comments before it, whole lines, or NULL */
};

struct reg {
	struct register_entry *v; /* sorted by address, larger ones first */
	size_t n, room;
	char *head;  /* comments of the whole, up to a blank line, or NULL */
	char *names; /* lines that name hosts, or NULL */
	char *below; /* comments after the last entry, or NULL */
	char why[640];

	/* private */
	char path[4096];
	int fd;
	bool changes;
};

/*
 * Reads it; to change it, waits for others who do. What is there must be
 * understood, every line; a file to change need not be there. -1 and why.
 */
int register_open(struct reg *, const char *path, bool changes);

/* Writes what was changed; 0, or -1, why, and the file is as it was. */
int register_save(struct reg *);
void register_close(struct reg *);

/* One network: an address, a prefix or a range. -1 and why. */
int register_network(struct reg *, const char *text, struct list_entry *);

/*
 * Adds a network with what is known of it, or changes what is known of one that
 * is there: its first day stays, and a field that is NULL. Those of the same
 * owner that lie in it go. -1 and why; 1 if a larger one of the owner's has it
 * already.
 */
int register_add(struct reg *, const char *network,
    const char *const field[REGISTER_FIELDS]);

/* Takes an entry out. */
void register_remove(struct reg *, size_t i);

/* Is b in a?  Of the same first and last address, too. */
bool register_covers(const struct list_entry *a, const struct list_entry *b);
bool register_touches(const struct list_entry *a, const struct list_entry *b);

/* 0, or -1 and why this is no value of the field. */
int register_check(enum register_field, const char *value, const char **why);

#endif
