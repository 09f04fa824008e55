/* SPDX-License-Identifier: Apache-2.0 */
/* Names of columns, by the tables of receiver and modules; see names.h. */
#include "intake/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"
#include "probe/probe.h"
#include "probe/receiver-fields.h"

static const struct field *
find_in(const struct field *f, const char *name)
{
	for (; f != NULL && f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* The field that is called so by a receiver or any module. */
static const struct field *
names_find(const char *name)
{
	const struct field *f = find_in(receiver_first, name);
	size_t i;

	if (f == NULL)
		f = find_in(receiver_last, name);
	for (i = 0; f == NULL && probe_table[i] != NULL; i++)
		f = find_in(probe_table[i]->fields, name);
	return f;
}

static void
names_become(struct name *name, const struct field *f, enum field_view view)
{
	snprintf(name->name, sizeof name->name, "%s", f->name);
	name->type = f->type;
	name->help = f->help;
	name->view = view;
	name->known = true;
}

/* Is it a view of a known field?  That is what it becomes then. */
static bool
names_is_view(struct name *name)
{
	char base[FIELD_NAME_MAX];
	enum field_view view;
	enum field_type of;
	const struct field *f;
	size_t n = field_view_suffix(name->name, &view, &of);

	if (n == 0)
		return false;
	snprintf(base, sizeof base, "%.*s", (int)n, name->name);
	f = names_find(base);
	if (f == NULL || f->type != of)
		return false;
	names_become(name, f, view);
	return true;
}

static void
names_look_up(struct name *name)
{
	const char *canonical = field_alias(name->name);
	const struct field *f = names_find(name->name);

	if (f == NULL && canonical != NULL)
		snprintf(name->name, sizeof name->name, "%s", canonical);
	if (f == NULL)
		f = names_find(name->name);
	if (f != NULL)
		names_become(name, f, VIEW_SELF);
	else
		names_is_view(name);
}

/*
 * Letters, digits, underscores, hyphens, points; hyphens count as underscores.
 */
static bool
names_fold(struct name *name, const char *text, size_t n)
{
	size_t i;

	if (n == 0 || n >= sizeof name->name || isdigit((unsigned char)text[0]))
		return false;
	for (i = 0; i < n; i++) {
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("_-.", text[i]) == NULL)
			return false;
		name->name[i] = text[i] == '-' ? '_' : text[i];
	}
	name->name[n] = '\0';
	return true;
}

int
name_parse(struct name *name, const char *text, size_t n, bool typed, char *why,
    size_t size)
{
	const char *colon = typed ? memchr(text, ':', n) : NULL;
	size_t len = colon != NULL ? (size_t)(colon - text) : n;
	enum field_type type;
	char clean[FIELD_NAME_MAX * 2];

	*name = (struct name){ .type = FIELD_TEXT, .help = "" };
	if (memchr(text, '\0', n) != NULL || !names_fold(name, text, len)) {
		shown(clean, sizeof clean, text, n);
		snprintf(why, size, "'%s' is no name of a field", clean);
		return -1;
	}
	if (colon == NULL) {
		names_look_up(name);
		return 0;
	}
	colon++;
	if (field_type_parse(colon, n - len - 1, &type) == -1) {
		shown(clean, sizeof clean, colon, n - len - 1);
		snprintf(why, size,
		    "'%s' is no type; types are ip, uint, int, bool, text, bytes, time, list and map",
		    clean);
		return -1;
	}
	name->type = type;
	name->known = true;
	return 0;
}
