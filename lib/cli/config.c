/* SPDX-License-Identifier: Apache-2.0 */
/* Options from file, environment and command line; see config.h. */
#include "cli/config.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "cli/inforce.h"
#include "cli/suggest.h"

#define LINE_MAX_BYTES 65536 /* as in lists */
#define FILE_MAX_BYTES (1 << 20)

static int config_fail(struct config *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static int
config_fail(struct config *c, const char *fmt, ...)
{
	va_list ap;

	free(c->why);
	va_start(ap, fmt);
	if (vasprintf(&c->why, fmt, ap) == -1)
		c->why = NULL;
	va_end(ap);
	return -1;
}

static int
config_no_memory(struct config *c)
{
	free(c->why);
	c->why = NULL;
	return -1;
}

/* A copy of the path with ~ or ~user expanded; NULL for lack of memory. */
static char *
expand(const char *path)
{
	size_t len = strcspn(path, "/");
	const char *home = NULL;
	struct passwd *pw;
	char *user, *r;

	if (path[0] != '~')
		return strdup(path);
	if (len == 1) {
		home = getenv("HOME");
		if (home == NULL && (pw = getpwuid(getuid())) != NULL)
			home = pw->pw_dir;
	} else {
		user = strndup(path + 1, len - 1);
		if (user == NULL)
			return NULL;
		if ((pw = getpwnam(user)) != NULL)
			home = pw->pw_dir;
		free(user);
	}
	if (home == NULL)
		return strdup(path);
	return asprintf(&r, "%s%s", home, path + len) == -1 ? NULL : r;
}

/* What a flag may be set to: 1, 0, or -1 for neither. */
static int
truth(const char *s)
{
	static const char *const yes[] = { "1", "yes", "true", "on", NULL };
	static const char *const no[] = { "0", "no", "false", "off", NULL };
	size_t i;

	for (i = 0; yes[i] != NULL; i++)
		if (strcasecmp(s, yes[i]) == 0)
			return 1;
	for (i = 0; no[i] != NULL; i++)
		if (strcasecmp(s, no[i]) == 0)
			return 0;
	return -1;
}

int
config_add(struct config *c, const struct option_def *d, const char *value,
    enum config_source source, const char *where)
{
	struct setting s = { .def = d, .source = source }, *room;
	struct argument parsed;
	char why[160];
	size_t i;

	if (d->arg == NULL && value != NULL) {
		switch (truth(value)) {
		case 0:
			s.off = true;
			break;
		case -1:
			return config_fail(c, "%s: %s takes no value: %s",
			    where, d->name, value);
		}
		value = NULL;
	} else if (d->arg != NULL && d->arg[0] != '[' && value == NULL) {
		return config_fail(c, "%s: %s needs a value (%s)", where,
		    d->name, d->arg);
	}
	if (value != NULL &&
	    argument_parse(d, value, &parsed, why, sizeof why) == -1) {
		value = argument_shown(value, why);
		return config_fail(c, "%s: %s: %s%s%s", where, d->name, value,
		    *value != '\0' ? ": " : "", why);
	}
	for (i = 0; i < c->count; i++)
		if (c->settings[i].def == d &&
		    c->settings[i].source == source && !d->repeats)
			return config_fail(c,
			    "%s: %s is given a second time, after %s", where,
			    d->name, c->settings[i].where);
	room = realloc(c->settings, (c->count + 1) * sizeof *room);
	if (room == NULL)
		return config_no_memory(c);
	c->settings = room;
	s.where = strdup(where);
	if (value != NULL)
		s.value = d->type == ARG_PATH ? expand(value) : strdup(value);
	if (s.where == NULL || (value != NULL && s.value == NULL)) {
		free(s.where);
		free(s.value);
		return config_no_memory(c);
	}
	c->settings[c->count++] = s;
	return 0;
}

/* Answered at once, without a scan: asked by a person, never by a setting. */
static bool
is_question(enum option_id id)
{
	static const enum option_id questions[] = { OPT_COMPLETION, OPT_HELP,
		OPT_LIST_OUTPUT_FIELDS, OPT_LIST_OUTPUT_MODULES,
		OPT_LIST_PROBE_MODULES, OPT_PRINT_CONFIG, OPT_PRINT_PIPELINE,
		OPT_VERSION };
	size_t i;

	for (i = 0; i < sizeof questions / sizeof *questions; i++)
		if (questions[i] == id)
			return true;
	return false;
}

bool
config_asks(const struct config *c)
{
	return config_has(c, OPT_HELP) || config_has(c, OPT_VERSION) ||
	    config_has(c, OPT_COMPLETION);
}

/* --- configuration file --- */

static char *
config_trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL; n--)
		s[n - 1] = '\0';
	return s;
}

/*
 * Ends the value at s where it ends.  Returns its start, or NULL if quotes are
 * not closed or something follows them.
 */
static char *
value_of(char *s)
{
	char *end, *rest;

	if (*s == '"' || *s == '\'') {
		end = strchr(s + 1, *s);
		if (end == NULL)
			return NULL;
		*end = '\0';
		rest = config_trim(end + 1);
		return *rest == '\0' || *rest == '#' ? s + 1 : NULL;
	}
	for (end = s; *end != '\0'; end++)
		if (*end == '#' &&
		    (end == s || end[-1] == ' ' || end[-1] == '\t'))
			*end-- = '\0';
	return config_trim(s);
}

static const struct option_def *
config_look_up(struct config *c, const char *name, const char *where)
{
	const struct program *zmap = program_of(STAGE_ZMAP);
	const struct option_def *d = suggest_prefix(zmap, name);
	char hint[256];

	if (d != NULL)
		return d;
	if (suggest_candidates(zmap, name, hint, sizeof hint)) {
		config_fail(c, "%s: %s is ambiguous: %s", where, name, hint);
		return NULL;
	}
	suggest(zmap, name, "", hint, sizeof hint);
	config_fail(c, "%s: no option %s%s", where, name, hint);
	return NULL;
}

static int
config_line(struct config *c, char *line, const char *where)
{
	const struct option_def *d;
	char *name, *s, *value = NULL;
	size_t len;
	bool assigned;

	name = line + strspn(line, " \t\r\n");
	if (*name == '\0' || *name == '#')
		return 0;
	len = strcspn(name, " \t\r\n=#");
	s = name + len + strspn(name + len, " \t\r\n");
	assigned = *s == '=';
	if (assigned)
		s += 1 + strspn(s + 1, " \t\r\n");
	if (*s != '\0' && *s != '#') {
		value = value_of(s);
		if (value == NULL)
			return config_fail(c,
			    "%s: something is wrong with the quotes", where);
	} else if (assigned) {
		return config_fail(c, "%s: no value after =", where);
	}
	name[len] = '\0';
	d = config_look_up(c, name, where);
	if (d == NULL)
		return -1;
	if (d->id == OPT_CONFIG)
		return config_fail(c,
		    "%s: one configuration file cannot name another", where);
	if (is_question(d->id))
		return config_fail(c, "%s: --%s is for the command line alone",
		    where, d->name);
	return config_add(c, d, value, CONFIG_FILE, where);
}

/*
 * A line with its newline and a NUL behind it.  Returns its length, `room` if
 * it has no end within that, 0 at the end of the file, or -1 with errno.
 */
static ssize_t
config_next_line(FILE *f, char *line, size_t room)
{
	size_t n = 0;
	int c = EOF;

	errno = 0;
	while (n < room && (c = getc(f)) != EOF) {
		line[n++] = c;
		if (c == '\n')
			break;
	}
	if (c == EOF && ferror(f))
		return -1;
	if (n < room)
		line[n] = '\0';
	return n;
}

int
config_file(struct config *c, const char *path, bool must)
{
	static const char mark[] = "\357\273\277"; /* of UTF-8 */
	char line[LINE_MAX_BYTES], *where = NULL;
	unsigned long number = 0;
	size_t total = 0;
	ssize_t n;
	int rc = 0;
	FILE *f;

	f = fopen(path, "re");
	if (f == NULL) {
		if (errno == ENOENT && !must)
			return 0;
		return config_fail(c, "%s: %s", path, strerror(errno));
	}
	while (rc == 0 && (n = config_next_line(f, line, sizeof line)) > 0) {
		number++;
		total += n;
		free(where);
		if (asprintf(&where, "%s:%lu", path, number) == -1) {
			where = NULL;
			rc = config_no_memory(c);
		} else if (n == sizeof line) {
			rc = config_fail(c, "%s: the line is over %d bytes",
			    where, LINE_MAX_BYTES - 1);
		} else if (total > FILE_MAX_BYTES) {
			rc = config_fail(c, "%s: the file is over %d bytes",
			    where, FILE_MAX_BYTES);
		} else if (strlen(line) != (size_t)n) {
			rc = config_fail(c, "%s: a NUL byte", where);
		} else {
			/* editors of Windows put a mark before the first */
			rc = config_line(c,
			    number == 1 && strncmp(line, mark, 3) == 0 ?
				line + 3 :
				line,
			    where);
		}
	}
	if (rc == 0 && n == -1)
		rc = config_fail(c, "%s: %s", path, strerror(errno));
	free(where);
	fclose(f);
	return rc;
}

/* --- environment --- */

/* One more variable, and the option that it may have meant. */
static int
add_unknown(struct config *c, const char *variable, const char *hint)
{
	char *all;

	if (asprintf(&all, "%s%s%s%s", c->unknown != NULL ? c->unknown : "",
		c->unknown != NULL ? ", " : "", variable, hint) == -1)
		return config_no_memory(c);
	free(c->unknown);
	c->unknown = all;
	return 0;
}

/* NAME=value */
static int
take_variable(struct config *c, const char *at, const char *value)
{
	const struct option_def *d = NULL;
	char name[80] = "", where[80], hint[256] = "";
	size_t i, len = value - at - 1;

	snprintf(where, sizeof where, "%.*s", (int)len, at);
	if (len < sizeof name) {
		for (i = 5; i < len; i++)
			name[i - 5] = at[i] == '_' ?
			    '-' :
			    tolower((unsigned char)at[i]);
		name[len - 5] = '\0';
		d = option_lookup(name);
	}
	if (d != NULL && d->route != 0 && !is_question(d->id))
		return config_add(c, d, value, CONFIG_ENVIRONMENT, where);
	if (d == NULL)
		suggest(program_of(STAGE_ZMAP), name, "", hint, sizeof hint);
	return add_unknown(c, where, hint);
}

int
config_environment(struct config *c, char **environment)
{
	const char *at, *value;

	for (; *environment != NULL; environment++) {
		at = *environment;
		if (strncmp(at, "ZMAP_", 5) != 0 ||
		    (value = strchr(at, '=')) == NULL || value[1] == '\0')
			continue;
		/* no option: where the stages look for probe modules */
		if (strncmp(at, "ZMAP_PROBE_PATH=", 16) == 0)
			continue;
		if (take_variable(c, at, value + 1) == -1)
			return -1;
	}
	return 0;
}

/* --- what is in force --- */

/* Options that contradict each other. */
static const enum option_id rivals[][2] = {
	{ OPT_RATE, OPT_BANDWIDTH },
	{ OPT_BLACKLIST_FILE, OPT_NO_BLACKLIST },
	{ OPT_LOG_FILE, OPT_LOG_DIRECTORY },
	{ OPT_DRYRUN, OPT_FAST_DRYRUN },
	{ OPT_DRYRUN, OPT_LIST_ROUTES },
	{ OPT_FAST_DRYRUN, OPT_LIST_ROUTES },
};

static bool
config_rival(enum option_id a, enum option_id b)
{
	size_t i;

	if (a == b)
		return true;
	for (i = 0; i < sizeof rivals / sizeof *rivals; i++)
		if ((rivals[i][0] == a && rivals[i][1] == b) ||
		    (rivals[i][0] == b && rivals[i][1] == a))
			return true;
	return false;
}

void
config_settle(struct config *c)
{
	struct setting *a, *b, *end = c->settings + c->count;

	for (a = c->settings; a < end; a++)
		for (b = c->settings; b < end; b++)
			if (b->source > a->source &&
			    config_rival(a->def->id, b->def->id) &&
			    (a->def->id == b->def->id || !b->off))
				a->replaced = true;
}

void
config_free(struct config *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		free(c->settings[i].value);
		free(c->settings[i].where);
	}
	free(c->settings);
	free(c->why);
	free(c->unknown);
	*c = (struct config){ .count = 0 };
}

const struct setting *
config_setting(const struct config *c, enum option_id id)
{
	const struct setting *s;
	size_t i;

	for (i = c->count; i > 0; i--) {
		s = &c->settings[i - 1];
		if (s->def->id == (int)id && !s->replaced)
			return s->off ? NULL : s;
	}
	return NULL;
}

bool
config_has(const struct config *c, enum option_id id)
{
	return config_setting(c, id) != NULL;
}

bool
config_sends_nothing(const struct config *c)
{
	return config_has(c, OPT_DRYRUN) || config_has(c, OPT_FAST_DRYRUN) ||
	    config_has(c, OPT_LIST_ROUTES);
}

const char *
config_value(const struct config *c, enum option_id id)
{
	const struct setting *s = config_setting(c, id);

	return s != NULL ? s->value : NULL;
}

static int
by_name(const void *a, const void *b)
{
	const struct setting *const *x = a, *const *y = b;
	int d = strcmp((*x)->def->name, (*y)->def->name);

	/* as they were given, if there are several */
	return d != 0 ? d : *x < *y ? -1 : 1;
}

/* Is the value read back as it is, without quotes? */
static bool
is_bare(const char *v)
{
	const char *at;
	size_t n = strlen(v);

	if (n == 0 || strchr(" \t\r=#\"'", v[0]) != NULL ||
	    strchr(" \t\r", v[n - 1]) != NULL)
		return false;
	for (at = v; (at = strchr(at, '#')) != NULL; at++)
		if (at[-1] == ' ' || at[-1] == '\t')
			return false;
	return true;
}

/* -1 if no line of a file can hold it. */
static int
print_value(FILE *f, const char *v)
{
	bool quoted = strchr(v, '"') != NULL;

	if (strchr(v, '\n') != NULL)
		return -1;
	if (*v != '\0' && strcspn(v, " \t\r#\"'=") == strlen(v))
		fprintf(f, " %s", v);
	else if (!quoted || strchr(v, '\'') == NULL)
		fprintf(f, quoted ? " '%s'" : " \"%s\"", v);
	else if (is_bare(v))
		fprintf(f, " %s", v);
	else
		return -1;
	return 0;
}

int
config_print(struct config *c, FILE *f)
{
	const struct setting **list, *s;
	size_t i, n = 0;
	int rc = 0;

	list = calloc(c->count + 1, sizeof *list);
	if (list == NULL)
		return config_no_memory(c);
	for (i = 0; i < c->count; i++)
		if (!c->settings[i].replaced)
			list[n++] = &c->settings[i];
	qsort(list, n, sizeof *list, by_name);
	for (i = 0; i < n && rc == 0; i++) {
		s = list[i];
		if (s->def->id == OPT_PRINT_CONFIG || s->def->id == OPT_CONFIG)
			continue;
		fprintf(f, "%s", s->def->name);
		if (s->off)
			fprintf(f, " no");
		else if (s->value != NULL && print_value(f, s->value) == -1)
			rc = config_fail(c,
			    "%s: no configuration file can hold this value of %s: it has line breaks, or both kinds of quotes",
			    s->where, s->def->name);
		fprintf(f, "\t# %s\n", s->where);
	}
	free(list);
	return rc;
}

void
config_facts(const struct config *c, struct output *o)
{
	const struct setting *s;
	size_t i;

	/* at least one line: that it is read tells that zmap-status is ready */
	output_text(o, "{\"stage\":\"zmap\",\"options\":{}}\n");
	for (i = 0; i < c->count; i++) {
		s = &c->settings[i];
		if (!s->replaced && !s->off && (s->def->stages & STAGE_ZMAP))
			inforce_option(o, "zmap", s->def, s->value);
	}
}
