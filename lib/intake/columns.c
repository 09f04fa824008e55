/* SPDX-License-Identifier: Apache-2.0 */
/* Names to columns; see parts.h. */
#include "intake/parts.h"

#include <stdio.h>
#include <string.h>

static int
add_column(struct intake *in, const struct name *name, long *column)
{
	const char *why;

	*column = layout_add(&in->layout, name, &why);
	if (*column == -1)
		return intake_wrong(in, "field '%s' is %s", name->name, why);
	return 0;
}

/* Hyphens count as underscores, and what follows a colon is a type. */
static void
intake_fold(char to[FIELD_NAME_MAX], const char *text, size_t n)
{
	const char *colon = memchr(text, ':', n);
	size_t i;

	n = colon != NULL ? (size_t)(colon - text) : n;
	if (n >= FIELD_NAME_MAX)
		n = FIELD_NAME_MAX - 1;
	for (i = 0; i < n; i++)
		to[i] = text[i] == '-' ? '_' : text[i];
	to[n] = '\0';
}

int
intake_add_wanted(struct intake *in)
{
	size_t i;

	layout_clear(&in->layout);
	for (i = 0; i < in->names.nwanted; i++)
		if (add_column(in, &in->names.wanted[i],
			&in->names.wants[i].column) == -1)
			return -1;
	return 0;
}

int
intake_find_column(struct intake *in, const char *text, size_t n, bool typed,
    long *column)
{
	char folded[FIELD_NAME_MAX], why[256];
	struct name name;
	size_t i;

	*column = IGNORED;
	intake_fold(folded, text, n);
	for (i = 0; i < in->names.nwanted; i++)
		if (strcmp(in->names.wants[i].name, folded) == 0) {
			*column = in->names.wants[i].column;
			return 0;
		}
	/* a column that is always empty */
	if (!in->names.others || strcmp(folded, "blank") == 0)
		return 0;
	if (name_parse(&name, text, n, typed, why, sizeof why) == -1)
		return intake_wrong(in, "%s; %s", why,
		    typed ?
			"rows of CSV without a row of names want --no-header-row and -f" :
			"choose fields by -f");
	return add_column(in, &name, column);
}

int
intake_parse_wanted(struct intake *in, const char *spec, char *why, size_t size)
{
	size_t len;

	for (; spec != NULL; spec = *spec == '\0' ? NULL : spec + 1) {
		spec += strspn(spec, " ");
		len = strcspn(spec, ", ");
		if (len == 1 && *spec == '*')
			in->names.others = true;
		else if (in->names.nwanted == FIELD_MAX)
			return snprintf(why, size, "-f: too many names"), -1;
		else if (name_parse(&in->names.wanted[in->names.nwanted], spec,
			     len, true, why, size) == -1)
			return -1;
		else
			intake_fold(in->names.wants[in->names.nwanted++].name,
			    spec, len);
		spec += len;
		spec += strspn(spec, " ");
		if (*spec != '\0' && *spec != ',')
			spec--;
	}
	return 0;
}
