/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of targets, as people and other tools write them.
 *
 *	192.0.2.0/24		# a prefix; bits past its length are ignored
 *	192.0.2.7 - 192.0.2.9	# a range, both ends included
 *	192.0.2.1		# an address
 *	192.0.2.1:443		# an address with a port; a comma will do too
 *	www.example.net		# a name: all of its addresses; /len, :port
 *
 * One entry a line. Comments begin with '#'; blank lines, blanks around an
 * entry, CR LF line ends and a missing last line end are fine. Anything else
 * is an error: a list that is only partly understood scans the wrong hosts.
 */
#ifndef LIST_H
#define LIST_H
#include <stddef.h>
#include <stdint.h>

#include "addr/resolver.h"

#define LIST_NOPORT (-1)

struct list_entry {
	uint32_t first, last;
	int port; /* or LIST_NOPORT */
};

enum list_result {
	LIST_ERROR = -1, /* not understood, or not readable */
	LIST_END = 0,
	LIST_ENTRY = 1,
	LIST_UNKNOWN_NAME = 2, /* skipped; the caller may go on */
};

struct list {
	const char *name;   /* of the file, for messages */
	unsigned long line; /* of the last entry; 0: no lines */
	char why[1024];	    /* what was wrong, and where */
	/*
	 * May be set after opening. Called before each read; waits until fd
	 * can be read, doing first what should not wait. Non-zero ends the
	 * list.
	 */
	int (*wait)(void *arg, int fd);
	void *arg;
	/* May be set after opening: whom to ask; NULL: names are errors. */
	struct resolver *resolver;
	/* the rest is private */
	int fd;
	char *buf;
	size_t begin, end; /* of what is not yet used of it */
	int eof, is_text;
	struct list_entry shape;  /* prefix length and port for names */
	size_t nnames, name_next; /* addresses of the last one, in resolver */
};

/* Opens a file, or stdin if path is "-". -1 and list->why. */
int list_open(struct list *l, const char *path);
/* One that is open already; list_close() closes it, but for stdin. */
int list_fd(struct list *l, const char *name, int fd);
/* A list that is given as text, as on the command line. -1 and list->why. */
int list_text(struct list *l, const char *text);
/* The next entry. After an error there is nothing more to read. */
enum list_result list_next(struct list *l, struct list_entry *e);
/* Puts the place of the last entry and a reason of the caller's into why. */
void list_blame(struct list *l, const char *reason);
void list_close(struct list *l);

#endif
