/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels: names of prefixes that are written into the map: those of a file,
 * and those of blocks that are reserved.
 */
#ifndef LABELS_H
#define LABELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

#define LABEL_NAME 96 /* bytes of a name and its NUL */

struct label {
	struct ip6 first; /* address; IPv4: its upper bits */
	unsigned bits;	  /* length of the prefix */
	unsigned family;  /* 4 or 6 */
	char name[LABEL_NAME];
};

struct labels {
	struct label *v;
	size_t n;
};

/*
 * Reads a file: a prefix, a blank and a name on each line; what is behind a #
 * at the begin of a line is not read.  -1 with the reason and the line.
 */
int labels_read(struct labels *, const char *path, char *why, size_t size);
void labels_free(struct labels *);

/* RFC 6890 and others: ends with an empty name. */
extern const struct label labels_reserved[];

#endif
