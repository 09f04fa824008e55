/* SPDX-License-Identifier: Apache-2.0 */
/* --output-args by a table; see arguments.h. */
#include "formats/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"

/* "x: a=b: the arguments are table=NAME; times=text or ns" */
static int
refuse_argument(struct format_state *f, const char *format, const char *arg,
    const struct format_argument *table)
{
	char all[200] = "", words[80];
	const char *value;
	size_t at = 0;

	for (; table->name != NULL && at < sizeof all; table++) {
		value = table->value;
		if (table->words != NULL) {
			words_list(table->words, words, sizeof words);
			value = words;
		}
		at += snprintf(all + at, sizeof all - at, "%s%s%s%s",
		    at > 0 ? "; " : "", table->name, value != NULL ? "=" : "",
		    value != NULL ? value : "");
	}
	return format_misuse(f, "%s: %s: the arguments are %s", format, arg,
	    all);
}

/* The value of an argument of this row; NULL: it is not one. */
static const char *
argument_value(const struct format_argument *row, const char *arg)
{
	size_t n = strlen(row->name);
	bool valued = row->words != NULL || row->value != NULL;

	if (strncmp(arg, row->name, n) != 0 || arg[n] != (valued ? '=' : '\0'))
		return NULL;
	arg += n + valued;
	return valued && *arg == '\0' ? NULL : arg;
}

static int
take_one(struct format_state *f, const char *format, const char *arg,
    const struct format_argument *table)
{
	const struct format_argument *row;
	const char *value;
	int word = 0;

	for (row = table; row->name != NULL; row++) {
		value = argument_value(row, arg);
		if (value == NULL)
			continue;
		if (row->words != NULL)
			word = words_find(row->words, value);
		if (word == -1)
			break;
		if (row->take != NULL)
			return row->take(f, value, word);
		memcpy((char *)f->state + row->at, &value, sizeof value);
		return 0;
	}
	return refuse_argument(f, format, arg, table);
}

int
format_arguments(struct format_state *f, const char *format,
    const struct format_argument *table, char **text)
{
	char *arg, *rest;

	*text = strdup(f->config->args != NULL ? f->config->args : "");
	if (*text == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	for (arg = strtok_r(*text, ",", &rest); arg != NULL;
	     arg = strtok_r(NULL, ",", &rest))
		if (take_one(f, format, arg, table) == -1)
			return -1;
	return 0;
}
