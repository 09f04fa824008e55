/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of --output-fields; see columns.h. */
#include "formats/columns.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
columns_no_memory(char *why, size_t size)
{
	snprintf(why, size, "%s", strerror(ENOMEM));
	return -1;
}

static int
columns_add(struct columns *c, const char *name, size_t len, char *why,
    size_t size)
{
	bool optional = len > 0 && name[len - 1] == '?';
	struct column *grown;

	len -= optional;
	if (len == 0 || len >= FIELD_NAME_MAX) {
		snprintf(why, size,
		    len == 0 ? "a name is empty" : "name '%.*s' is too long",
		    (int)len, name);
		return -1;
	}
	grown = realloc(c->list, (c->count + 1) * sizeof *grown);
	if (grown == NULL)
		return columns_no_memory(why, size);
	c->list = grown;
	memset(&grown[c->count], 0, sizeof *grown);
	memcpy(grown[c->count].name, name, len);
	grown[c->count].optional = optional;
	c->count++;
	return 0;
}

static int
parse_list(struct columns *c, const char *spec, char *why, size_t size)
{
	size_t len;

	for (;;) {
		spec += strspn(spec, " ");
		len = strcspn(spec, ", ");
		if (columns_add(c, spec, len, why, size) == -1)
			return -1;
		spec += len;
		spec += strspn(spec, " ");
		if (*spec == '\0')
			return 0;
		if (*spec == ',')
			spec++;
	}
}

static bool
in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Appends to the text before the next column. */
static void
literal(char *text, char c)
{
	size_t n = strlen(text);

	text[n] = c;
	text[n + 1] = '\0';
}

/* \n, \t, \r and \\ in the text of a template. */
static char
unescape(const char **s)
{
	static const char codes[] = "n\nt\tr\r\\\\{{}}";
	const char *at;

	if (**s == '\\' && (*s)[1] != '\0' &&
	    (at = strchr(codes, (*s)[1])) != NULL && (at - codes) % 2 == 0) {
		*s += 2;
		return at[1];
	}
	return *(*s)++;
}

static int
parse_template(struct columns *c, const char *spec, char *why, size_t size)
{
	bool braces = strchr(spec, '{') != NULL;
	char *text = calloc(1, strlen(spec) + 1);
	const char *end;

	if (text == NULL)
		return columns_no_memory(why, size);
	while (*spec != '\0') {
		if (braces ? *spec != '{' : !in_name(*spec)) {
			literal(text, unescape(&spec));
			continue;
		}
		if (braces) {
			end = strchr(++spec, '}');
			if (end == NULL) {
				snprintf(why, size,
				    "'{' without a '}' in the template");
				goto fail;
			}
		} else
			for (end = spec; in_name(*end); end++)
				;
		if (columns_add(c, spec, end - spec, why, size) == -1)
			goto fail;
		c->list[c->count - 1].before = strdup(text);
		if (c->list[c->count - 1].before == NULL) {
			columns_no_memory(why, size);
			goto fail;
		}
		text[0] = '\0';
		spec = end + braces;
	}
	c->after = text;
	if (c->count > 0)
		return 0;
	snprintf(why, size, "no name in the template");
	return -1;
fail:
	free(text);
	return -1;
}

int
columns_parse(struct columns *c, const char *spec, bool template, char *why,
    size_t size)
{
	*c = (struct columns){ 0 };
	if (strcmp(spec, "*") == 0 && !template) {
		c->all = true;
		return 0;
	}
	if ((template ? parse_template : parse_list)(c, spec, why, size) ==
	    -1) {
		columns_free(c);
		return -1;
	}
	return 0;
}

void
columns_free(struct columns *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		free(c->list[i].before);
	free(c->list);
	free(c->after);
	*c = (struct columns){ 0 };
}

/* All fields of the first segment. */
static int
bind_all(struct columns *c, const struct header *h, char *why, size_t size)
{
	struct field_ref ref;
	const char *help;
	size_t i;

	for (i = 0; c->stored && i < h->nfields; i++)
		if (columns_add(c, h->fields[i].name, strlen(h->fields[i].name),
			why, size) == -1)
			return -1;
	for (i = 0;
	     !c->stored && field_at(h->fields, h->nfields, i, &ref, &help) == 0;
	     i++)
		if (columns_add(c, ref.name, strlen(ref.name), why, size) == -1)
			return -1;
	c->all = false;
	return 0;
}

static int
columns_find(const struct columns *c, const struct header *h,
    struct column *column)
{
	size_t i;

	for (i = 0; c->stored && i < h->nfields; i++)
		if (strcmp(h->fields[i].name, column->name) == 0) {
			column->ref = (struct field_ref){ .index = i,
				.view = VIEW_SELF,
				.type = h->fields[i].type,
				.second = -1 };
			snprintf(column->ref.name, sizeof column->ref.name,
			    "%s", column->name);
			return 0;
		}
	return field_find(h->fields, h->nfields, column->name, &column->ref);
}

int
columns_bind(struct columns *c, const struct header *h, bool first,
    const char **missing, char *why, size_t size)
{
	struct column *column;
	int lacking = 0;
	size_t i;

	if (first && h->nfields == 0) {
		snprintf(why, size,
		    "the records of a stream of %s have no fields; -O diag shows them",
		    h->kind);
		return -1;
	}
	if (c->all && bind_all(c, h, why, size) == -1)
		return -1;
	for (i = 0; i < c->count; i++) {
		column = &c->list[i];
		if (columns_find(c, h, column) == 0) {
			column->type = column->ref.type;
			continue;
		}
		column->ref = (struct field_ref){ .index = SIZE_MAX };
		if (column->optional || strcmp(column->name, "blank") == 0)
			continue;
		if (first) {
			snprintf(why, size, "unknown field '%s'", column->name);
			return -1;
		}
		if (lacking++ == 0)
			*missing = column->name;
	}
	return lacking;
}
