/* SPDX-License-Identifier: Apache-2.0 */
/* Options to argument vectors; see compose.h. */
#include "cli/compose.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "cli/wanted.h"

int
compose_add(struct command *c, const char *word)
{
	char **room;

	room = realloc(c->argv, (c->argc + 2) * sizeof *room);
	if (room == NULL)
		return -1;
	c->argv = room;
	room[c->argc] = strdup(word);
	if (room[c->argc] == NULL)
		return -1;
	room[++c->argc] = NULL;
	return 0;
}

static int
compose_begin(struct command *c, unsigned stage, const char *shell)
{
	*c = (struct command){ .stage = stage,
		.name = option_program(stage),
		.shell = shell };
	c->program = beside(c->name, c->name);
	if (c->program == NULL)
		return -1;
	return compose_add(c, c->name);
}

static int
add_option(struct command *c, const char *name, const char *value)
{
	char *word;
	int rc;

	if (value == NULL)
		rc = asprintf(&word, "--%s", name);
	else
		rc = asprintf(&word, "--%s=%s", name, value);
	if (rc == -1)
		return -1;
	rc = compose_add(c, word);
	free(word);
	return rc;
}

/*
 * Adds the settings that the stage takes (all), or that zmap hands to it.  A
 * user's command gets what is said of the scan, which it may need; a level of
 * log is for our programs, and most others would stumble over it.
 */
static int
add_settings(struct command *c, const struct config *config, bool all)
{
	const struct setting *s;
	unsigned to;
	size_t i;

	for (i = 0; i < config->count; i++) {
		s = &config->settings[i];
		to = all ? s->def->stages : s->def->route;
		if (s->replaced || s->off || !(to & c->stage) ||
		    s->def->id == OPT_OUTPUT_FILTER ||
		    (c->shell != NULL && s->def->id == OPT_VERBOSITY))
			continue;
		if (add_option(c, s->def->name, s->value) == -1)
			return -1;
	}
	return 0;
}

int
compose_one(struct command *c, unsigned stage, const struct config *config)
{
	if (compose_begin(c, stage, NULL) == -1)
		return -1;
	return add_settings(c, config, true);
}

/* The stage that --stage calls so, "send" for zmap-send; 0: none. */
static unsigned
stage_called(const char *word, size_t len)
{
	const char *name;
	unsigned stage;

	for (stage = STAGE_TARGETS; stage <= STAGE_STATUS; stage <<= 1) {
		name = option_program(stage) + strlen("zmap-");
		if (strlen(name) == len && strncmp(name, word, len) == 0)
			return stage;
	}
	return 0;
}

/*
 * name=command, which takes the place of a stage, or name+=command, which comes
 * behind it: 0, or -1 if it is neither.
 */
static int
parse_stage(const char *value, unsigned *stage, bool *behind,
    const char **command)
{
	const char *eq = strchr(value, '=');

	if (eq == NULL || eq[1] == '\0')
		return -1;
	*behind = eq > value && eq[-1] == '+';
	*stage = stage_called(value, (size_t)(eq - value) - *behind);
	*command = eq + 1;
	return *stage == 0 || (*behind && *stage >= STAGE_OUT) ? -1 : 0;
}

/* A --stage of the command line. */
struct given {
	size_t next; /* setting to look at for the next one */
	const char *text;
	unsigned stage;
	bool behind; /* and not in its place */
	const char *command;
};

/* The next of these settings from *at on: 1, 0 for none, -1 for a bad one. */
static int
next_stage(const struct config *config, struct given *g, char *why,
    size_t whysize)
{
	const struct setting *s;

	while (g->next < config->count) {
		s = &config->settings[g->next++];
		if (s->replaced || s->def->id != OPT_STAGE)
			continue;
		g->text = s->value;
		if (parse_stage(g->text, &g->stage, &g->behind, &g->command) ==
		    0)
			return 1;
		snprintf(why, whysize,
		    "--stage %s: neither stage=command, where stage is one of targets, send, recv, filter, out, status, nor stage+=command behind one of the first four",
		    s->value);
		return -1;
	}
	return 0;
}

/* The command of --stage for this stage: 0 and NULL if there is none. */
static int
replaced(const struct config *config, unsigned stage, const char **command,
    char *why, size_t whysize)
{
	struct given g = { .next = 0 };
	int rc;

	*command = NULL;
	while ((rc = next_stage(config, &g, why, whysize)) == 1)
		if (g.stage == stage && !g.behind)
			*command = g.command;
	return rc;
}

/* Adds the user's commands behind a stage, which are given no options. */
static int
insert(struct pipeline *p, const struct config *config, unsigned stage,
    char *why, size_t whysize)
{
	struct given g = { .next = 0 };
	struct command *c;
	int rc;

	while ((rc = next_stage(config, &g, why, whysize)) == 1) {
		if (g.stage != stage || !g.behind)
			continue;
		if (p->inserted++ == COMPOSE_INSERTED) {
			snprintf(why, whysize,
			    "--stage: more than %d commands besides the stages",
			    COMPOSE_INSERTED);
			return -1;
		}
		c = &p->commands[p->count++];
		*c = (struct command){ .stage = STAGE_ZMAP,
			.name = g.text,
			.program = strdup("/bin/sh"),
			.shell = g.command };
		if (c->program == NULL || compose_add(c, c->name) == -1)
			return -1;
	}
	return rc;
}

static int
add_operands(struct command *c, char **operands)
{
	size_t i;

	for (i = 0; operands[i] != NULL; i++)
		if (operands[i][0] == '-' && operands[i][1] != '\0') {
			if (compose_add(c, "--") == -1)
				return -1;
			break;
		}
	for (i = 0; operands[i] != NULL; i++)
		if (compose_add(c, operands[i]) == -1)
			return -1;
	return 0;
}

/* The filter's expression: none, the default one, or an empty text for none. */
static const char *
filter(const struct config *config, bool ours)
{
	const char *given = config_value(config, OPT_OUTPUT_FILTER);

	if (given != NULL)
		return given;
	if (ours && !config_has(config, OPT_OUTPUT_MODULE) &&
	    !config_has(config, OPT_OUTPUT_FIELDS))
		return COMPOSE_FILTER;
	return "";
}

static bool
wants_status(const struct config *config)
{
	static const enum option_id files[] = { OPT_STATUS_UPDATES_FILE,
		OPT_METADATA_FILE, OPT_SUMMARY, OPT_PROMETHEUS,
		OPT_STATUS_FILE };
	size_t i;

	for (i = 0; i < sizeof files / sizeof *files; i++)
		if (config_has(config, files[i]))
			return true;
	/* a log has the closing report, for which it counts */
	return !config_sends_nothing(config) &&
	    (!config_has(config, OPT_QUIET) ||
		config_has(config, OPT_LOG_FILE) ||
		config_has(config, OPT_LOG_DIRECTORY));
}

/* Do answers steer zmap-send by this?  If it may be a number, by a word. */
static bool
steers(const struct setting *s)
{
	const struct option_def *d = s->def;

	if (!d->steers || s->replaced || s->off)
		return false;
	return d->type != ARG_RATE ||
	    strncmp(s->value, d->words, strlen(d->words)) == 0;
}

static bool
wants_back(const struct config *config)
{
	const struct setting *s, *end = config->settings + config->count;

	for (s = config->settings; s < end; s++)
		if (steers(s))
			return !config_sends_nothing(config);
	return false;
}

/* What is waited for after sending, a checkpoint has to lag behind. */
static int
add_lag(struct command *c, const struct config *config)
{
	const char *cooldown = config_value(config, OPT_COOLDOWN_TIME);

	if (cooldown == NULL ||
	    (!config_has(config, OPT_CHECKPOINT) &&
		!config_has(config, OPT_RESUME)))
		return 0;
	return add_option(c, "checkpoint-lag", cooldown);
}

/* Does the filter have to tag records, whatever it leaves out? */
static bool
wants_tags(const struct config *config)
{
	return config_has(config, OPT_ALIASED) ||
	    config_has(config, OPT_NON_ALIASED);
}

/* One stage, and what it is given: 0, or -1 for lack of memory. */
static int
add_stage(struct pipeline *p, const struct config *config, unsigned stage,
    const char *shell, const char *expression, char **operands)
{
	bool dry = config_sends_nothing(config);
	char fields[1024];
	struct command *c;

	c = &p->commands[p->count++];
	if (compose_begin(c, stage, shell) == -1 ||
	    add_settings(c, config, false) == -1)
		return -1;
	if (c->stage == STAGE_SEND && !dry && add_lag(c, config) == -1)
		return -1;
	/* the next crash is to find the file that this one left */
	if (c->stage == STAGE_SEND && !dry && config_has(config, OPT_RESUME) &&
	    !config_has(config, OPT_CHECKPOINT) &&
	    add_option(c, "checkpoint", config_value(config, OPT_RESUME)) == -1)
		return -1;
	if (c->stage == STAGE_RECV &&
	    wanted_fields(config, filter(config, true), fields,
		sizeof fields) &&
	    add_option(c, "only-fields", fields) == -1)
		return -1;
	/* what the scan has found before stays */
	if (c->stage == STAGE_OUT && shell == NULL &&
	    config_has(config, OPT_RESUME) &&
	    config_has(config, OPT_OUTPUT_FILE) &&
	    !config_has(config, OPT_APPEND) &&
	    add_option(c, "append", NULL) == -1)
		return -1;
	/* ZMap prints a header row as soon as a filter is given */
	if (c->stage == STAGE_OUT && config_has(config, OPT_OUTPUT_FILTER) &&
	    !config_has(config, OPT_OUTPUT_MODULE) &&
	    !config_has(config, OPT_OUTPUT_FIELDS) &&
	    compose_add(c, "--output-module=csv") == -1)
		return -1;
	if (c->stage == STAGE_FILTER &&
	    (*expression != '\0' || wants_tags(config)) &&
	    compose_add(c, expression) == -1)
		return -1;
	return c->stage == STAGE_TARGETS ? add_operands(c, operands) : 0;
}

int
compose(struct pipeline *p, const struct config *config, char **operands,
    char *why, size_t whysize)
{
	bool dry = config_sends_nothing(config);
	const char *shell, *expression;
	unsigned stage;

	*p = (struct pipeline){ .count = 0 };
	snprintf(why, whysize, "%s", strerror(ENOMEM));
	for (stage = STAGE_TARGETS; stage < STAGE_STATUS; stage <<= 1) {
		if (dry && stage > STAGE_SEND)
			break;
		if (replaced(config, stage, &shell, why, whysize))
			return -1;
		expression = filter(config, shell == NULL);
		if ((stage != STAGE_FILTER || shell != NULL ||
			*expression != '\0' || wants_tags(config)) &&
		    add_stage(p, config, stage, shell, expression, operands) ==
			-1)
			return -1;
		if (!(dry && stage == STAGE_SEND) &&
		    insert(p, config, stage, why, whysize) == -1)
			return -1;
	}
	p->back = wants_back(config);
	if (!wants_status(config))
		return 0;
	if (replaced(config, STAGE_STATUS, &shell, why, whysize) == -1)
		return -1;
	if (compose_begin(&p->status, STAGE_STATUS, shell) == -1)
		return -1;
	return add_settings(&p->status, config, false);
}

/* Is there a list that can be read but once? */
static bool
reads_stdin(const struct config *config, char **operands)
{
	const struct setting *s, *end = config->settings + config->count;

	for (; *operands != NULL; operands++)
		if (strcmp(*operands, "-") == 0)
			return true;
	for (s = config->settings; s < end; s++)
		if (!s->replaced && s->def->type == ARG_PATH &&
		    s->def->route == STAGE_TARGETS && s->value != NULL &&
		    (strcmp(s->value, "-") == 0 ||
			strncmp(s->value, "/dev/", 5) == 0))
			return true;
	return config_has(config, OPT_IN_ORDER);
}

int
compose_question(struct pipeline *p, const struct config *config,
    char **operands, const char *path)
{
	struct command *targets = &p->commands[0], *send = &p->commands[1];
	const char *shell[2];
	char why[512];

	*p = (struct pipeline){ .count = 2 };
	if (replaced(config, STAGE_TARGETS, &shell[0], why, sizeof why) == -1 ||
	    replaced(config, STAGE_SEND, &shell[1], why, sizeof why) == -1 ||
	    shell[0] != NULL || shell[1] != NULL ||
	    reads_stdin(config, operands))
		return -1;
	if (compose_begin(targets, STAGE_TARGETS, NULL) == -1 ||
	    add_settings(targets, config, false) == -1 ||
	    (!config_has(config, OPT_RESUME) &&
		add_option(targets, "resume", path) == -1) ||
	    add_operands(targets, operands) == -1 ||
	    compose_begin(send, STAGE_SEND, NULL) == -1 ||
	    add_settings(send, config, false) == -1 ||
	    (!config_sends_nothing(config) &&
		add_option(send, "dryrun", NULL) == -1) ||
	    (!config_has(config, OPT_CHECKPOINT) &&
		add_option(send, "checkpoint", path) == -1))
		return -1;
	return 0;
}

/* --- as text --- */

void
compose_quote(FILE *f, const char *s)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

	if (*s != '\0' && strspn(s, plain) == strlen(s)) {
		fputs(s, f);
		return;
	}
	fputc('\'', f);
	for (; *s != '\0'; s++)
		if (*s == '\'')
			fputs("'\\''", f);
		else
			fputc(*s, f);
	fputc('\'', f);
}

/* Does the shell find this very program by its name? */
static bool
on_path(const struct command *c)
{
	const char *dir = getenv("PATH"), *end;
	char path[PATH_MAX], *real;
	bool same;

	for (; dir != NULL && *dir != '\0'; dir = end + (*end == ':')) {
		end = strchrnul(dir, ':');
		snprintf(path, sizeof path, "%.*s/%s", (int)(end - dir), dir,
		    c->name);
		if (access(path, X_OK) == -1)
			continue;
		real = realpath(path, NULL);
		same = real != NULL && strcmp(real, c->program) == 0;
		free(real);
		return same;
	}
	return false;
}

static void
print_command(FILE *f, const struct command *c)
{
	bool several = c->shell != NULL && strpbrk(c->shell, ";&|\n") != NULL;
	size_t i;

	if (several)
		fputs("{ ", f);
	if (c->shell != NULL)
		fputs(c->shell, f);
	else
		compose_quote(f, on_path(c) ? c->name : c->program);
	for (i = 1; i < c->argc; i++) {
		fputc(' ', f);
		compose_quote(f, c->argv[i]);
	}
	if (several)
		fputs("; }", f);
}

void
compose_print(FILE *f, const struct pipeline *p)
{
	const struct command *c;
	size_t i;

	if (p->back)
		fputs(
		    "(d=$(mktemp -d) && trap 'rm -r \"$d\"' EXIT && mkfifo \"$d/back\" &&\n",
		    f);
	for (i = 0; i < p->count; i++) {
		c = &p->commands[i];
		print_command(f, c);
		if (p->back && c->shell == NULL &&
		    c->stage & (STAGE_SEND | STAGE_RECV))
			fputs(" --back \"$d/back\"", f);
		if (i + 1 < p->count)
			fputs(" |\n\t", f);
	}
	fputs(p->back ? ")\n" : "\n", f);
}
