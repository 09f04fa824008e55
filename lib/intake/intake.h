/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text in, a stream of results out: CSV or objects of JSON become records.
 *
 *	intake_open(&in, &config, out);
 *	for each file:
 *		intake_file(in, "name of it");
 *		while (room = intake_room(in, &n), got = read(fd, room, n), got > 0)
 *			intake_took(in, got);
 *		intake_ended(in);
 *	intake_close(in);
 *
 * Each file is a segment of the stream.  The fields of CSV are those of its
 * first row.  Objects of JSON name theirs one by one: the first ones are kept,
 * 256 of them at most, until all their fields are known; when a later one has
 * a new name, a segment begins that has it, too.
 *
 * All but close return -1 with the reason in intake_error(), which names the
 * file and the line.  What came before that line has been written.
 */
#ifndef INTAKE_H
#define INTAKE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_out;

#define INTAKE_TEXT_MAX (8 << 20) /* bytes of one row or object */

enum intake_format { INTAKE_GUESS, INTAKE_CSV, INTAKE_JSON };

struct intake_config {
	enum intake_format format;
	const char *fields; /* name[:type], by commas; NULL: as they come */
	bool header_row;    /* of CSV */
	char *const *argv;  /* for the history */
};

struct intake;

/* NULL with the reason; *misused: it is in the configuration. */
struct intake *intake_open(const struct intake_config *, struct stream_out *,
    char *why, size_t size);
void intake_close(struct intake *);

int intake_file(struct intake *, const char *name);
unsigned char *intake_room(struct intake *, size_t *n); /* n > 0 */
int intake_took(struct intake *, size_t n);
int intake_ended(struct intake *); /* the file is through */

/* Nothing more may come for long: writes what is held.  -1 as above. */
int intake_idle(struct intake *);

/* Ends the stream after a failure: its reader learns that it is not all. */
void intake_fail(struct intake *);

uint64_t intake_records(const struct intake *);
const char *intake_error(const struct intake *);

#endif
