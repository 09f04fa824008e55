/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --output-args of a format, as "times=ns,rows=1000", by a table:
 *
 *	static const struct format_argument arguments[] = {
 *		{ "times", .words = "us ns", .take = take_times },
 *		{ "rows", .value = "NUMBER", .take = take_rows },
 *		{ .name = NULL },
 *	};
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H
#include <stddef.h>

#include "formats/format.h"

struct format_argument {
	const char *name;
	const char *words; /* what it may be, by blanks; NULL: any text */
	const char *value; /* its name in messages; NULL: a flag */

	/* word: which of words.  -1 after format_misuse. */
	int (*take)(struct format_state *, const char *value, int word);
	size_t at; /* without take: where in the state its const char * is */
};

/*
 * Takes all; -1 with the reason if one is wrong.  values are in *text, which
 * is for free(3) even then.
 */
int format_arguments(struct format_state *, const char *format,
    const struct format_argument *table, char **text);

#endif
