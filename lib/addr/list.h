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
 *	2001:db8::/32		# the same of IPv6
 *	2001:db8::1 - 2001:db8::9
 *	2001:db8::1
 *	[2001:db8::1]:443	# or 2001:db8::1,443
 *	2001:db8::/32-64	# a window: one address in each /64 of it
 *
 * One entry a line. Comments begin with '#' or ';'; blank lines, blanks around
 * an entry, a byte order mark, line ends of LF, CR LF or CR, and a missing last
 * line end are fine. Anything else is an error: a list that is only partly
 * understood scans the wrong hosts.
 *
 * A file may also be binary: IPv6 addresses of 16 bytes each, ascending and
 * different, and nothing else.  It is mapped, not read.
 */
#ifndef LIST_H
#define LIST_H
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "addr/resolver.h"

#define LIST_NOPORT (-1)

struct list_entry {
	unsigned family; /* 4 or 6, which of the next two lines holds */
	uint32_t first, last;
	struct ip6 first6, last6;
	/* Of a window, the length of its parts; else IP6_BITS. */
	unsigned part;
	int port; /* or LIST_NOPORT */
};

enum list_result {
	LIST_ERROR = -1, /* not understood, or not readable */
	LIST_END = 0,
	LIST_ENTRY = 1,
	LIST_UNKNOWN_NAME = 2, /* skipped; the caller may go on, */
	LIST_BAD_LINE = 3,     /* and here, if it knows what it does */
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
	/* May be set after opening.  NULL: names are errors. */
	struct resolver *resolver;
	/*
	 * May be set after opening: 4 or 6 is the family of the entries that
	 * are wanted; the others are skipped and counted. 0: both, and names
	 * mean their IPv4 addresses, if they have any.
	 */
	unsigned family;
	uint64_t skipped;
	/* May be set after opening: names mean all of their addresses. */
	int all;
	/* May be set after opening: a last line without its end is not read. */
	int whole_lines;
	/* The addresses of a binary file, or NULL; their taker unmaps them. */
	unsigned char *map;
	size_t mapped; /* addresses */
	/* the rest is private */
	int fd;
	char *buf;
	size_t begin, end; /* of what is not yet used of it */
	int eof, is_text;
	struct list_suffix { /* what stood behind a name; -1: nothing */
		int length, part, port;
	} suffix;
	size_t name_next, name_end; /* of the resolver's addresses */
	size_t name_more;	    /* of IPv6 after these */
	unsigned name_family;
	size_t map_next;
};

/* Opens a file, or stdin if path is "-". -1 and list->why. */
int list_open(struct list *l, const char *path);
/*
 * One that is open already; closed with the list or on failure, if not stdin.
 */
int list_fd(struct list *l, const char *name, int fd);
/* A list that is given as text, as on the command line. -1 and list->why. */
int list_text(struct list *l, const char *text);
/* The next entry. After an error there is nothing more to read. */
enum list_result list_next(struct list *l, struct list_entry *e);
/* Puts the place of the last entry and a reason of the caller's into why. */
void list_blame(struct list *l, const char *reason);
void list_close(struct list *l);

#endif
