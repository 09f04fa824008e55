/* SPDX-License-Identifier: Apache-2.0 */
/*
 * append: results behind those that a file holds already, as a scan needs that
 * goes on after a crash.
 *
 *	lines	a crash may have left half of one: it goes, and its record
 *		comes again, because the scan asks the last targets again
 *	stream	the same of half an item; a segment without an end gets one
 *	neither	the file stays, and a new one is written beside it:
 *		found.xml, found.2.xml, ...
 */
#ifndef APPEND_H
#define APPEND_H
#include <stddef.h>
#include <sys/types.h>

struct format;
struct output;

/*
 * For a file of this format that can be read: how many of its bytes stay, and
 * into `first` what has to follow them before anything else.  -1 with the
 * reason in why.
 */
int append_keep(const struct format *, int fd, off_t *keep,
    struct output *first, char *why, size_t whysize);

/* The first of path, path with 2, 3, ... that holds nothing.  -1: too long. */
int append_number(const char *path, char *buf, size_t size);

#endif
