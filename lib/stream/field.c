/* SPDX-License-Identifier: Apache-2.0 */
/* Names of fields to values of records; see field.h. */
#include "stream/field.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/shown.h"

static const struct {
	const char *name;
	const char *zmap;
} types[] = {
	[FIELD_IP] = { "ip", "string" },
	[FIELD_UINT] = { "uint", "int" },
	[FIELD_INT] = { "int", "int" },
	[FIELD_BOOL] = { "bool", "bool" },
	[FIELD_TEXT] = { "text", "string" },
	[FIELD_BYTES] = { "bytes", "binary" },
	[FIELD_TIME] = { "time", "int" },
	[FIELD_LIST] = { "list", "repeated" },
	[FIELD_MAP] = { "map", "fieldset" },
};

/* The views that listings show for a type, in order. */
static const struct view {
	enum field_type of;
	enum field_view view;
	const char *suffix;
	enum field_type type;
	const char *help;
} views[] = {
	{ FIELD_IP, VIEW_RAW, "_raw", FIELD_UINT,
	    "the same address, network order integer form" },
	{ FIELD_TIME, VIEW_STR, "_str", FIELD_TEXT,
	    "timestamp of when response arrived in ISO8601 format" },
	{ FIELD_TIME, VIEW_TS, "_ts", FIELD_UINT,
	    "timestamp of when response arrived in seconds since Epoch" },
	{ FIELD_TIME, VIEW_US, "_us", FIELD_UINT,
	    "microsecond part of timestamp" },
};

static const struct {
	const char *alias;
	const char *name;
} aliases[] = {
	{ "ack", "acknum" },
	{ "hlim", "ttl" },
	{ "in_cooldown", "cooldown" },
	{ "is_repeat", "repeat" },
	{ "outersaddr", "icmp_responder" },
	{ "response", "classification" },
	{ "seq", "seqnum" },
	{ "timestamp", "timestamp_str" },
};

const char *
field_type_name(enum field_type type)
{
	return types[type].name;
}

const char *
field_type_zmap_name(enum field_type type)
{
	return types[type].zmap;
}

int
field_type_parse(const char *s, size_t len, enum field_type *type)
{
	size_t i;

	for (i = 0; i < sizeof types / sizeof *types; i++)
		if (strlen(types[i].name) == len &&
		    memcmp(types[i].name, s, len) == 0) {
			*type = i;
			return 0;
		}
	return -1;
}

static void
refer(struct field_ref *ref, const struct field *f, size_t index,
    const struct view *v)
{
	snprintf(ref->name, sizeof ref->name, "%s%s", f->name,
	    v != NULL ? v->suffix : "");
	ref->index = index;
	ref->view = v != NULL ? v->view : VIEW_SELF;
	ref->type = v != NULL ? v->type : f->type;
	ref->second = -1;
}

int
field_at(const struct field *f, size_t n, size_t i, struct field_ref *ref,
    const char **help)
{
	const struct view *v;
	size_t k;

	for (k = 0; k < n; k++) {
		/* a time is listed by its views only, as ZMap does */
		if (f[k].type != FIELD_TIME && i-- == 0) {
			refer(ref, &f[k], k, NULL);
			*help = f[k].help;
			return 0;
		}
		for (v = views; v < views + sizeof views / sizeof *views; v++)
			if (v->of == f[k].type && i-- == 0) {
				refer(ref, &f[k], k, v);
				*help = v->help;
				return 0;
			}
	}
	return -1;
}

void
field_names(FILE *out, const struct field *f, size_t n)
{
	struct field_ref ref;
	const char *help;
	size_t i, column;

	column = fprintf(out, "fields:");
	for (i = 0; field_at(f, n, i, &ref, &help) == 0; i++) {
		if (column + 1 + strlen(ref.name) > 78)
			column = fprintf(out, "\n       ") - 1;
		fputc(' ', out);
		column += 1 + shown_print(out, ref.name);
	}
	fputc('\n', out);
}

static int
find_exactly(const struct field *f, size_t n, const char *name,
    struct field_ref *ref)
{
	const char *help;
	size_t i;

	for (i = 0; field_at(f, n, i, ref, &help) == 0; i++)
		if (strcmp(ref->name, name) == 0)
			return 0;
	for (i = 0; i < n; i++)
		if (strcmp(f[i].name, name) == 0) {
			refer(ref, &f[i], i, NULL);
			return 0;
		}
	return -1;
}

int
field_find(const struct field *f, size_t n, const char *name,
    struct field_ref *ref)
{
	char folded[FIELD_NAME_MAX];
	size_t i;

	if (strlen(name) >= sizeof folded)
		return -1;
	for (i = 0; name[i] != '\0'; i++)
		folded[i] = name[i] == '-' ? '_' : name[i];
	folded[i] = '\0';
	/*
	 * The alias first: plain `timestamp` is the text that the first ZMap
	 * printed.  Its nanoseconds are only in the stream itself.
	 */
	for (i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(aliases[i].alias, folded) == 0 &&
		    find_exactly(f, n, aliases[i].name, ref) == 0)
			return 0;
	return find_exactly(f, n, folded, ref);
}

const char *
field_alias(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(aliases[i].alias, name) == 0)
			return aliases[i].name;
	return NULL;
}

size_t
field_view_suffix(const char *name, enum field_view *view, enum field_type *of)
{
	size_t n = strlen(name), len, i;

	for (i = 0; i < sizeof views / sizeof *views; i++) {
		len = strlen(views[i].suffix);
		if (n <= len || strcmp(name + n - len, views[i].suffix) != 0)
			continue;
		*view = views[i].view;
		*of = views[i].of;
		return n - len;
	}
	return 0;
}

static struct value
time_text(struct field_ref *ref, uint64_t ns)
{
	int64_t second = ns / (int64_t)SECOND;
	unsigned ms = ns / 1000000 % 1000;
	time_t t = second;
	struct tm tm;

	/* the date changes once a second, the milliseconds with each answer */
	if (second != ref->second) {
		if (localtime_r(&t, &tm) == NULL ||
		    strftime(ref->text, sizeof ref->text,
			"%Y-%m-%dT%H:%M:%S.000%z", &tm) == 0)
			return (struct value){ .type = VALUE_NULL };
		ref->second = second;
	}
	/* 2026-01-01T00:00:00.000+0000: the digits stand at 20 */
	ref->text[20] = '0' + ms / 100;
	ref->text[21] = '0' + ms / 10 % 10;
	ref->text[22] = '0' + ms % 10;
	return value_text(ref->text);
}

struct value
field_value(struct field_ref *ref, const struct value *record, size_t n)
{
	const struct value *v;
	uint32_t raw;

	if (ref->index >= n)
		return (struct value){ .type = VALUE_NULL };
	v = &record[ref->index];
	if (ref->view == VIEW_SELF || v->type == VALUE_NULL)
		return *v;
	if (ref->view == VIEW_RAW) {
		if (v->type != VALUE_BYTES || v->size != sizeof raw)
			return (struct value){ .type = VALUE_NULL };
		memcpy(&raw, v->bytes, sizeof raw);
		return value_uint(raw);
	}
	if (v->type != VALUE_UINT)
		return (struct value){ .type = VALUE_NULL };
	switch (ref->view) {
	case VIEW_STR:
		return time_text(ref, v->number);
	case VIEW_TS:
		return value_uint(v->number / SECOND);
	case VIEW_US:
		return value_uint(v->number / 1000 % 1000000);
	default:
		return (struct value){ .type = VALUE_NULL };
	}
}
