/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that strangers wrote, for a terminal: answers, streams, files, names
 * and options are quoted in messages and lists, and a terminal obeys what it
 * is shown.
 *
 *	"\033[31mred\n"  ->  "\x1b[31mred\n" in eleven printable characters
 */
#ifndef SHOWN_H
#define SHOWN_H
#include <stddef.h>
#include <stdio.h>

#define SHOWN_GROWTH 4 /* characters for a byte, at most */

/*
 * Copies n bytes: controls, U+0080 to U+009F and what is not UTF-8 become \n,
 * \r, \t and \xHH.  Unlike escape_text() it keeps a backslash, so what it has
 * made stays as it is a second time.  Returns the length.  Writes at most
 * `room` - 1 characters, never a part of one, and a NUL.
 */
size_t shown(char *out, size_t room, const void *p, size_t n);

/* The same, but newlines and tabs stay: for text of ours with such in it. */
size_t shown_lines(char *out, size_t room, const void *p, size_t n);

/* Prints text by shown(), and returns the columns that it takes at most. */
size_t shown_print(FILE *, const char *);

#endif
