/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ziterate: targets as text, by ZMap's name and options for it.
 *
 *	ziterate -p 80,443 -e 7 192.0.2.0/24
 *
 * It only translates its command line: zmap-targets does the work.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "cli/tool.h"

#define US STAGE_COMPANION
/* clang-format off */
static const struct option_def table[] = {
	{ OPT_TARGET_PORTS, 'p', "target-ports", "target-port", "ports", US, 0, GROUP_SCAN,
	    "Ports to print with each address",
	    .type = ARG_TEXT },
	{ OPT_BLACKLIST_FILE, 'b', "blocklist-file", "blacklist-file", "path", US, 0, GROUP_SCAN,
	    "File of networks to exclude",
	    .type = ARG_PATH, .repeats = true },
	{ OPT_WHITELIST_FILE, 'w', "allowlist-file", "whitelist-file", "path", US, 0, GROUP_SCAN,
	    "File of networks to limit it to",
	    .type = ARG_PATH, .repeats = true },
	{ OPT_IGNORE_BLOCKLIST_ERRORS, 0, "ignore-blocklist-errors", "ignore-blacklist-errors", NULL, US, 0, GROUP_SCAN,
	    "Warn of names that do not resolve, and go on",
	    .type = ARG_FLAG },
	{ OPT_MAX_TARGETS, 'n', "max-targets", NULL, "n", US, 0, GROUP_SCAN,
	    "Print no more than this many, or this share with a %",
	    .type = ARG_TEXT },
	{ OPT_SEED, 'e', "seed", NULL, "n", US, 0, GROUP_SCAN,
	    "Seed of the order",
	    .type = ARG_SEED },
	{ OPT_SHARDS, 0, "shards", NULL, "n", US, 0, GROUP_SCAN,
	    "Split it into this many shards (needs --seed)",
	    .type = ARG_TEXT },
	{ OPT_SHARD, 0, "shard", NULL, "n", US, 0, GROUP_SCAN,
	    "Which shard to print, from 0",
	    .type = ARG_TEXT },
	OPTION_LOG_FILE(US),
	OPTION_VERBOSITY(US),
	OPTION_DISABLE_SYSLOG(US),
	OPTION_HELP(US),
	OPTION_VERSION(US),
	{ .name = NULL }
};
/* clang-format on */

static const struct program program = {
	.name = "ziterate",
	.stage = STAGE_COMPANION,
	.table = table,
	.operands = "[target ...]",
	.about =
	    "Prints addresses, or addresses and ports, in the order of a scan.  zmap-targets does the work.",
};

static char *
format(const char *name, const char *value)
{
	char *s;

	if (asprintf(&s, value == NULL ? "--%s" : "--%s=%s", name, value) == -1)
		err(EXIT_FAILURE, NULL);
	return s;
}

static void __attribute__((noreturn)) become(char **argv)
{
	char *path = beside(argv[0], argv[0]);

	if (path != NULL)
		execvp(path, argv);
	err(EXIT_FAILURE, "%s", argv[0]);
}

int
main(int argc, char **argv)
{
	struct tool t;
	char verbosity[8];
	char **v;
	int n = 0, id;

	v = calloc(argc * 2 + 8, sizeof *v);
	if (v == NULL)
		err(EXIT_FAILURE, NULL);
	v[n++] = "zmap-targets";
	v[n++] = "--text=,";
	/* as in ZMap, what is not named is not left out */
	v[n++] = "--no-blacklist";
	tool_begin(&t, &program, argc, argv);
	while ((id = tool_next(&t)) != -1)
		v[n++] = format(t.options.def->name, t.options.arg);
	snprintf(verbosity, sizeof verbosity, "-v%d", (int)t.log.level);
	v[n++] = verbosity;
	v[n++] = "--";
	for (int i = t.options.index; i < argc; i++)
		v[n++] = argv[i];
	become(v);
}
