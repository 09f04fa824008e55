/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of comma-separated values (RFC 4180), out of a buffer that fills step by
 * step.  Cells are unquoted where they lie, and each ends with a NUL besides:
 *
 *	a,"b ""c""",,""\n    ->    a | b "c" | (nothing) | (empty)
 *
 * Lines end with LF or CRLF; those in quotes belong to the cell.  Blank lines
 * are skipped.  A quote inside a cell that does not begin with one is a
 * character like any other, as most programs take it.
 */
#ifndef CSV_H
#define CSV_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv_cell {
	size_t at, size; /* bytes in the buffer */
	bool quoted;
};

struct csv {
	struct csv_cell *cells; /* the caller's room for max of them */
	size_t max, n;
	uint64_t lines;	 /* that have ended */
	uint64_t begun;	 /* the line on which the row began */
	uint64_t opened; /* and its last quote */
	size_t at, out;	 /* where reading and unquoting are */
	int where;	 /* in the grammar */
};

void csv_open(struct csv *, struct csv_cell *room, size_t max);

/*
 * Goes on with the row that begins at buf.  n bytes are there now, and one more
 * may be written to; eof: there will be no more.  Returns the bytes of the row,
 * and its n cells are read then, or, with n = 0, the bytes of blank lines; 0 if
 * no row is whole yet, or nothing is there; -1 with *why.  The next call is
 * about the next row, which begins behind those bytes.
 */
long csv_row(struct csv *, unsigned char *buf, size_t n, bool eof,
    const char **why);

#endif
