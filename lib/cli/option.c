/* SPDX-License-Identifier: Apache-2.0 */
/* getopt_long(3) fed from the table of options; see option.h. */
#include "cli/option.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/suggest.h"

bool
option_takes(unsigned stage, const struct option_def *d)
{
	return stage == STAGE_ZMAP ? d->route != 0 : (d->stages & stage) != 0;
}

static int
has_arg(const struct option_def *d)
{
	if (d->arg == NULL)
		return no_argument;
	return d->arg[0] == '[' ? optional_argument : required_argument;
}

static void
add_long(struct options *o, size_t *n, const char *name,
    const struct option_def *d)
{
	o->longs[(*n)++] = (struct option){
		.name = name,
		.has_arg = has_arg(d),
		.val = d->id,
	};
}

/* Copies them to *at, behind those before, since getopt wants each to end. */
static void
add_aliases(struct options *o, size_t *n, const struct option_def *d, char **at)
{
	char *alias, *save;

	if (d->aliases == NULL)
		return;
	alias = strcpy(*at, d->aliases);
	*at += strlen(d->aliases) + 1;
	for (alias = strtok_r(alias, " ", &save); alias != NULL;
	     alias = strtok_r(NULL, " ", &save))
		add_long(o, n, alias, d);
}

int
option_begin(struct options *o, const struct program *program, int argc,
    char **argv)
{
	const struct option_def *d;
	size_t n = 0, room = 1, text = 1;
	char *s, *at;

	*o = (struct options){ .program = program, .argc = argc, .argv = argv };
	for (d = program->table; d->name != NULL; d++) {
		room += d->aliases != NULL ? 4 : 1;
		text += d->aliases != NULL ? strlen(d->aliases) + 1 : 0;
	}
	o->aliases = at = malloc(text);
	o->longs = calloc(room, sizeof *o->longs);
	o->given = calloc(room, sizeof *o->given);
	if (o->longs == NULL || o->given == NULL || o->aliases == NULL)
		return -1;
	s = o->shorts;
	if (program->stops)
		*s++ = '+';
	*s++ = ':'; /* tell a missing argument from an unknown option */
	for (d = program->table; d->name != NULL; d++) {
		if (!option_takes(program->stage, d))
			continue;
		add_long(o, &n, d->name, d);
		add_aliases(o, &n, d, &at);
		if (d->letter != 0) {
			*s++ = d->letter;
			if (d->arg != NULL)
				*s++ = ':';
		}
	}
	*s = '\0';
	optind = 0;
	opterr = 0;
	return 0;
}

/* Which option is meant by the value that getopt_long gave or left in optopt */
static const struct option_def *
by_value(const struct options *o, int c)
{
	const struct option_def *d;

	for (d = o->program->table; d->name != NULL; d++)
		if ((c == d->id || (d->letter != 0 && c == d->letter)) &&
		    option_takes(o->program->stage, d))
			return d;
	return NULL;
}

static void
option_complain(const struct options *o, int c)
{
	const struct option_def *d = by_value(o, optopt);
	const char *word = o->argv[optind - 1];
	char name[64], hint[256];

	if (c == ':' && d != NULL) {
		warnx("--%s needs an argument (%s)", d->name, d->arg);
	} else if (d != NULL) {
		warnx("--%s takes no argument", d->name);
	} else if (optopt != 0) {
		suggest_letter(o->program, optopt, hint, sizeof hint);
		warnx("no option -%c%s", optopt, hint);
	} else {
		snprintf(name, sizeof name, "%s", word + strspn(word, "-"));
		name[strcspn(name, "=")] = '\0';
		if (suggest_candidates(o->program, name, hint, sizeof hint))
			warnx("--%s is ambiguous: %s", name, hint);
		else {
			suggest(o->program, name, "--", hint, sizeof hint);
			warnx("no option --%s%s", name, hint);
		}
	}
}

/* The value just given, against its line in the table. */
static int
option_check(struct options *o)
{
	const struct option_def *d = o->def;
	const char *value;
	char why[160];

	if (o->given[d - o->program->table] != NULL && !d->repeats) {
		warnx("--%s is given more than once", d->name);
		return -1;
	}
	o->given[d - o->program->table] = o->arg != NULL ? o->arg : "";
	if (o->arg == NULL ||
	    argument_parse(d, o->arg, &o->value, why, sizeof why) == 0)
		return 0;
	value = argument_shown(o->arg, why);
	warnx("--%s: %s%s%s", d->name, value, *value != '\0' ? ": " : "", why);
	return -1;
}

int
option_next(struct options *o)
{
	int c;

	c = getopt_long(o->argc, o->argv, o->shorts, o->longs, NULL);
	o->arg = optarg;
	o->index = optind;
	if (c == -1)
		return c;
	if (c == '?' || c == ':') {
		option_complain(o, c);
		return OPT_BAD;
	}
	o->def = by_value(o, c);
	if (o->def == NULL || option_check(o) == -1)
		return OPT_BAD;
	return o->def->id;
}

void
option_end(struct options *o)
{
	free(o->longs);
	free(o->given);
	free(o->aliases);
	o->aliases = NULL;
	o->longs = NULL;
	o->given = NULL;
}

struct argument
option_standard(const struct option_def *table, int id)
{
	const struct option_def *d;
	struct argument v = { .number = 0 };
	char why[160];

	for (d = table; d->name != NULL; d++)
		if (d->id == id && d->standard != NULL)
			argument_parse(d, d->standard, &v, why, sizeof why);
	return v;
}

const struct option_def *
option_lookup(const char *name)
{
	const struct option_def *d;
	size_t len = strlen(name);
	const char *at;

	for (d = option_table; d->name != NULL; d++) {
		if (strcmp(d->name, name) == 0)
			return d;
		for (at = d->aliases; at != NULL && *at != '\0';
		     at += strcspn(at, " "), at += strspn(at, " "))
			if (strcspn(at, " ") == len &&
			    strncmp(at, name, len) == 0)
				return d;
	}
	return NULL;
}
