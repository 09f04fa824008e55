/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-optout: keeps the list of those who asked to be left alone.
 *
 *	zmap-optout add 192.0.2.0/24 --owner "Example Ltd" --verified "by mail"
 *
 * The list is a blacklist that scans take while they run (zmap --exclude).
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addr/register.h"
#include "base/paths.h"
#include "cli/tool.h"

enum {
	OPT_FILE = OPT_OWN,
	OPT_OWNER,
	OPT_UNTIL,
	OPT_VERIFIED,
	OPT_NOTE,
	OPT_EXPIRED,
};

#define US STAGE_OPTOUT
/* clang-format off */
static const struct option_def table[] = {
	{ OPT_EXPIRED, 0, "expired", NULL, NULL, US, 0, GROUP_SCAN,
	    "Of list and remove: only those whose last day is over",
	    .type = ARG_FLAG },
	{ OPT_FILE, 'f', "file", NULL, "path", US, 0, GROUP_SCAN,
	    "The list",
	    .type = ARG_PATH, .standard = SYSCONFDIR "/zmap/optout.conf" },
	OPTION_HELP(US),
	{ OPT_NOTE, 0, "note", NULL, "text", US, 0, GROUP_SCAN,
	    "Whatever else is to be remembered, such as a ticket's number",
	    .type = ARG_TEXT },
	{ OPT_OWNER, 0, "owner", NULL, "name", US, 0, GROUP_SCAN,
	    "Who asked; of list and remove: only those of this owner",
	    .type = ARG_TEXT },
	{ OPT_UNTIL, 0, "until", NULL, "date", US, 0, GROUP_SCAN,
	    "The last day that it holds, as 2027-12-31 (default: for ever)",
	    .type = ARG_TEXT },
	{ OPT_VERIFIED, 0, "verified", NULL, "how", US, 0, GROUP_SCAN,
	    "How it is known that the owner asked",
	    .type = ARG_TEXT },
	OPTION_VERSION(US),
	{ .name = NULL }
};
/* clang-format on */

static const struct program program = {
	.name = "zmap-optout",
	.stage = US,
	.table = table,
	.operands = "add|remove|list|check [network ...]",
	.about =
	    "Keeps a blacklist with the owner of each entry, and how the wish was verified.",
};

struct wish {
	const char *file, *field[REGISTER_FIELDS];
	bool expired;
	char *const *networks;
	char today[16];
};

static void __attribute__((noreturn)) refuse(const struct reg *r)
{
	errx(TOOL_MISUSED, "%s", r->why);
}

static void
take_field(struct wish *w, int field, const char *option, const char *value)
{
	const char *why;

	if (register_check(field, value, &why) == -1)
		errx(TOOL_MISUSED, "--%s: %s: %s", option, value, why);
	w->field[field] = value;
}

/* The command; what it is about is in the wish. */
static const char *
optout_parse_args(struct wish *w, int argc, char **argv)
{
	static const int field_of[] = {
		[OPT_OWNER - OPT_OWN] = REGISTER_OWNER,
		[OPT_UNTIL - OPT_OWN] = REGISTER_UNTIL,
		[OPT_VERIFIED - OPT_OWN] = REGISTER_VERIFIED,
		[OPT_NOTE - OPT_OWN] = REGISTER_NOTE,
	};
	struct tool t;
	time_t now = time(NULL);
	struct tm tm;
	int id;

	w->file = SYSCONFDIR "/zmap/optout.conf";
	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(w->today, sizeof w->today, "%Y-%m-%d", &tm) == 0)
		errx(EXIT_FAILURE, "the clock of this machine is wrong");
	tool_begin(&t, &program, argc, argv);
	while ((id = tool_next(&t)) != -1)
		switch (id) {
		case OPT_FILE:
			w->file = t.options.arg;
			break;
		case OPT_EXPIRED:
			w->expired = true;
			break;
		default:
			take_field(w, field_of[id - OPT_OWN],
			    t.options.def->name, t.options.arg);
		}
	argv += t.options.index;
	if (argv[0] == NULL)
		errx(TOOL_MISUSED,
		    "nothing to do: add, remove, list or check; -h tells more");
	w->networks = argv + 1;
	return argv[0];
}

static void
optout_open_list(struct reg *r, const struct wish *w, bool changes)
{
	if (register_open(r, w->file, changes) == -1)
		errx(EXIT_FAILURE, "%s", r->why);
}

static void
optout_save(struct reg *r)
{
	if (register_save(r) == -1)
		errx(EXIT_FAILURE, "%s", r->why);
}

static bool
is_expired(const struct wish *w, const struct register_entry *e)
{
	const char *until = e->field[REGISTER_UNTIL];

	return until != NULL && strcmp(until, w->today) < 0;
}

/* --- commands --- */

static int
optout_add(struct wish *w)
{
	struct list_entry net;
	struct reg r;

	if (w->networks[0] == NULL)
		errx(TOOL_MISUSED, "add: which network?");
	if (w->field[REGISTER_OWNER] == NULL)
		errx(TOOL_MISUSED,
		    "add: whose is it? --owner says who asked to be left alone");
	if (w->expired)
		errx(TOOL_MISUSED, "--expired is for list and remove");
	w->field[REGISTER_SINCE] = w->today;
	for (char *const *n = w->networks; *n != NULL; n++)
		if (register_network(&r, *n, &net) == -1)
			refuse(&r);
	optout_open_list(&r, w, true);
	for (char *const *n = w->networks; *n != NULL; n++)
		switch (register_add(&r, *n, w->field)) {
		case -1:
			refuse(&r);
		case 1:
			warnx(
			    "%s: a larger network of this owner has it already",
			    *n);
		}
	optout_save(&r);
	register_close(&r);
	return EXIT_SUCCESS;
}

/* What the options ask for; no options, all. */
static bool
is_asked(const struct wish *w, const struct register_entry *e)
{
	const char *owner = w->field[REGISTER_OWNER];

	if (w->expired && !is_expired(w, e))
		return false;
	return owner == NULL ||
	    (e->field[REGISTER_OWNER] != NULL &&
		strcmp(e->field[REGISTER_OWNER], owner) == 0);
}

/* The entries of this network; those that only have a part of it are named. */
static size_t
remove_network(struct reg *r, const struct wish *w, const char *text)
{
	struct list_entry net;
	size_t n = 0;

	if (register_network(r, text, &net) == -1)
		refuse(r);
	for (size_t i = r->n; i-- > 0;)
		if (is_asked(w, &r->v[i]) &&
		    register_covers(&net, &r->v[i].net)) {
			register_remove(r, i);
			n++;
		} else if (is_asked(w, &r->v[i]) &&
		    register_touches(&r->v[i].net, &net))
			warnx(
			    "%s: part of %s, which stays: remove that, and add what is left of it",
			    text, r->v[i].network);
	return n;
}

static int
optout_take_out(struct wish *w)
{
	struct reg r;
	size_t removed = 0, n;
	int status = EXIT_SUCCESS;

	if (w->networks[0] == NULL && !w->expired &&
	    w->field[REGISTER_OWNER] == NULL)
		errx(TOOL_MISUSED,
		    "remove: which network? or --owner, or --expired");
	optout_open_list(&r, w, true);
	for (char *const *s = w->networks; *s != NULL; s++) {
		n = remove_network(&r, w, *s);
		if (n == 0) {
			warnx("%s: no such entry", *s);
			status = EXIT_FAILURE;
		}
		removed += n;
	}
	for (size_t i = r.n; w->networks[0] == NULL && i-- > 0;)
		if (is_asked(w, &r.v[i])) {
			register_remove(&r, i);
			removed++;
		}
	if (removed > 0)
		optout_save(&r);
	printf("%zu removed, %zu left\n", removed, r.n);
	register_close(&r);
	return status;
}

static void
optout_print(const struct register_entry *e)
{
	printf("%s", e->network);
	for (int i = 0; i < REGISTER_FIELDS; i++)
		printf("\t%s", e->field[i] != NULL ? e->field[i] : "");
	putchar('\n');
}

static int
optout_list(struct wish *w)
{
	struct list_entry net;
	struct reg r;
	size_t n = 0;
	bool wanted;

	optout_open_list(&r, w, false);
	for (size_t i = 0; i < r.n; i++) {
		wanted = w->networks[0] == NULL;
		for (char *const *s = w->networks; *s != NULL; s++) {
			if (register_network(&r, *s, &net) == -1)
				refuse(&r);
			wanted |= register_touches(&r.v[i].net, &net);
		}
		if (!wanted || !is_asked(w, &r.v[i]))
			continue;
		optout_print(&r.v[i]);
		n++;
	}
	register_close(&r);
	return n > 0 || w->networks[0] == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What a person should look at; says how many things that are. */
static size_t
optout_look_at(const struct wish *w, const struct register_entry *e,
    const struct register_entry *widest)
{
	size_t n = 0;

	if (is_expired(w, e) && ++n)
		printf("%s: its last day was %s\n", e->network,
		    e->field[REGISTER_UNTIL]);
	if (e->field[REGISTER_OWNER] == NULL && ++n)
		printf("%s: no owner\n", e->network);
	if (e->field[REGISTER_VERIFIED] == NULL && ++n)
		printf("%s: not verified\n", e->network);
	if (widest != NULL && register_covers(&widest->net, &e->net) && ++n)
		printf("%s: in %s, too\n", e->network, widest->network);
	return n;
}

/* They are sorted: what an entry lies in, if anything, reaches the furthest. */
static int
optout_check(struct wish *w)
{
	const struct register_entry *widest = NULL, *e;
	struct reg r;
	size_t n = 0;

	if (w->networks[0] != NULL)
		errx(TOOL_MISUSED, "check looks at the whole list");
	optout_open_list(&r, w, false);
	for (size_t i = 0; i < r.n; i++) {
		e = &r.v[i];
		n += optout_look_at(w, e, widest);
		if (widest == NULL || !register_covers(&widest->net, &e->net))
			widest = e;
	}
	if (r.names != NULL && ++n)
		printf(
		    "names of hosts, which are looked up when a scan starts:\n%s",
		    r.names);
	printf("%zu entries, %zu to look at\n", r.n, n);
	register_close(&r);
	return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct {
	const char *name;
	int (*run)(struct wish *);
} commands[] = {
	{ "add", optout_add },
	{ "remove", optout_take_out },
	{ "list", optout_list },
	{ "check", optout_check },
};

int
main(int argc, char **argv)
{
	struct wish w = { .file = NULL };
	const char *command = optout_parse_args(&w, argc, argv);
	int status;

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].name, command) != 0)
			continue;
		status = commands[i].run(&w);
		tool_close_stdout();
		return status;
	}
	errx(TOOL_MISUSED, "%s: no such command: add, remove, list or check",
	    command);
}
