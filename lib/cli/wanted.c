/* SPDX-License-Identifier: Apache-2.0 */
/* From what is printed to what is needed; see wanted.h. */
#include "cli/wanted.h"

#include <stdio.h>
#include <string.h>

#include "filter/expr.h"

#define LIST_CHARACTERS                                                        \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-,?"

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
	    fields[strspn(fields, LIST_CHARACTERS)] != '\0')
		return false;
	list = fmemopen(buf, size, "w");
	if (list == NULL)
		return false;
	fputs(fields, list);
	known = expr_fields(expression, list);
	return fclose(list) == 0 && known && strlen(buf) < size - 1;
}
