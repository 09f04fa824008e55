/* SPDX-License-Identifier: Apache-2.0 */
/* From what is printed to what is needed; see wanted.h. */
#include "cli/wanted.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_CHARACTERS                                                        \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* Behind the string that begins with a quote; NULL: it has no end. */
static const char *
skip_string(const char *s)
{
	const char quote = *s++;

	for (; *s != '\0' && *s != quote; s++)
		if (s[0] == '\\' && s[1] != '\0')
			s++;
	return *s == quote ? s + 1 : NULL;
}

/*
 * Adds the fields of a filter's expression (filter/expr.h): the words that
 * stand where a test begins, which is at the start and behind "(", "!", "&&"
 * and "||".  Each may be missing here, as the filter says it best.
 */
static bool
add_tested(const char *s, FILE *list)
{
	bool begins = true; /* a test */
	size_t n;

	while (s != NULL && *s != '\0') {
		n = strspn(s, NAME_CHARACTERS);
		if (n > 0) {
			if (begins)
				fprintf(list, ",%.*s", (int)n, s);
			begins = false;
			s += n;
		} else if (*s == '"' || *s == '\'') {
			begins = false;
			s = skip_string(s);
		} else {
			begins |= strchr("(&|", *s) != NULL;
			s++;
		}
	}
	return s != NULL;
}

/* Formats that look at the columns that they print, and at nothing else. */
static bool
prints_columns(const char *format)
{
	static const char *const formats[] = { "csv", "json" };
	size_t i;

	if (format == NULL)
		return true;
	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(format, formats[i]) == 0)
			return true;
	return false;
}

bool
wanted_fields(const struct config *config, const char *expression, char *buf,
    size_t size)
{
	const char *fields = config_value(config, OPT_OUTPUT_FIELDS);
	FILE *list;
	bool known;

	if (fields == NULL)
		fields = "saddr,sport?"; /* of formats that say nothing else */
	if (config_has(config, OPT_STAGE) || config_has(config, OPT_ALIASED) ||
	    config_has(config, OPT_NON_ALIASED) ||
	    !prints_columns(config_value(config, OPT_OUTPUT_MODULE)) ||
	    fields[strspn(fields, NAME_CHARACTERS ",?")] != '\0')
		return false;
	list = fmemopen(buf, size, "w");
	if (list == NULL)
		return false;
	fputs(fields, list);
	known = add_tested(expression, list);
	return fclose(list) == 0 && known && strlen(buf) < size - 1;
}
