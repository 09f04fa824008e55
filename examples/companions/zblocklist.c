/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zblocklist: passes on lines whose address may be scanned, each address once.
 *
 *	zblocklist -b blacklist.conf < hosts.csv
 *
 * A line is an address with anything behind it, and is passed on as it came:
 *
 *	192.0.2.1,80,synack
 *	`-------' `-------- from , blank, tab or # on: not looked at
 */
#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "addr/networks.h"
#include "base/rights.h"
#include "cli/tool.h"
#include "recv/dedup.h"
#include "targets/lists.h"

#define LINE_MAX_BYTES (1 << 20)

enum {
	OPT_DUPLICATES = OPT_OWN,
	OPT_INPUT_ERRORS,
};

#define US STAGE_COMPANION
/* clang-format off */
static const struct option_def table[] = {
	{ OPT_BLACKLIST_FILE, 'b', "blocklist-file", "blacklist-file", "path", US, 0, GROUP_SCAN,
	    "File of networks to exclude",
	    .type = ARG_PATH, .repeats = true },
	{ OPT_WHITELIST_FILE, 'w', "allowlist-file", "whitelist-file", "path", US, 0, GROUP_SCAN,
	    "File of networks to keep: all others are excluded",
	    .type = ARG_PATH, .repeats = true },
	{ OPT_DUPLICATES, 0, "no-duplicate-checking", NULL, NULL, US, 0, GROUP_SCAN,
	    "Pass on an address as often as it comes",
	    .type = ARG_FLAG },
	{ OPT_IGNORE_BLOCKLIST_ERRORS, 0, "ignore-blocklist-errors", "ignore-blacklist-errors", NULL, US, 0, GROUP_SCAN,
	    "Warn of names that do not resolve, and go on",
	    .type = ARG_FLAG },
	{ OPT_INPUT_ERRORS, 0, "ignore-input-errors", NULL, NULL, US, 0, GROUP_SCAN,
	    "Leave out lines without an address",
	    .type = ARG_FLAG },
	OPTION_LOG_FILE(US),
	OPTION_VERBOSITY(US),
	OPTION_DISABLE_SYSLOG(US),
	OPTION_HELP(US),
	OPTION_VERSION(US),
	{ .name = NULL }
};
/* clang-format on */

static const struct program program = {
	.name = "zblocklist",
	.stage = STAGE_COMPANION,
	.table = table,
	.about =
	    "Passes on the lines of stdin whose address may be scanned, each address once.",
	.input = "lines come on stdin",
};

struct filter {
	struct lists in;
	struct networks block, allow;
	bool has_allow, drop_bad;
	struct dedup *seen; /* NULL: duplicates pass */
	uint64_t bad, line;
};

static void
unknown_name(const char *what)
{
	warnx("%s", what);
}

static void __attribute__((noreturn)) refuse(const struct lists *in)
{
	if (in->why[0] == '\0')
		err(EXIT_FAILURE, "memory");
	errx(TOOL_MISUSED, "%s", in->why);
}

static void
parse_args(struct filter *f, struct tool *t, int argc, char **argv)
{
	unsigned char seed[16];
	bool duplicates = false;
	int id;

	lists_init(&f->in);
	tool_begin(t, &program, argc, argv);
	while ((id = tool_next(t)) != -1)
		switch (id) {
		case OPT_BLACKLIST_FILE:
		case OPT_WHITELIST_FILE:
			if (lists_add(&f->in,
				id == OPT_BLACKLIST_FILE ? SCOPE_BLOCK :
							   SCOPE_ALLOW,
				t->options.arg, 1) == -1)
				refuse(&f->in);
			break;
		case OPT_DUPLICATES:
			duplicates = true;
			break;
		case OPT_IGNORE_BLOCKLIST_ERRORS:
			f->in.unknown = unknown_name;
			break;
		case OPT_INPUT_ERRORS:
			f->drop_bad = true;
			break;
		}
	if (f->in.n == 0)
		errx(TOOL_MISUSED,
		    "no list: -b names one of networks to exclude, -w one of those to keep");
	if (duplicates)
		return;
	if (getrandom(seed, sizeof seed, 0) != sizeof seed ||
	    (f->seen = dedup_new(DEDUP_FULL, true, 1, seed)) == NULL)
		err(EXIT_FAILURE, "memory");
}

static void
zblocklist_read_list(struct filter *f, size_t i)
{
	bool block = f->in.source[i].part == SCOPE_BLOCK;
	struct list_entry e;
	struct list l;
	int rc;

	if (strcmp(f->in.source[i].text, "-") == 0)
		errx(TOOL_MISUSED, "stdin has the lines, and can be no list");
	if (lists_open(&f->in, i, &l) == -1)
		refuse(&f->in);
	l.all = 1;
	while ((rc = lists_next(&f->in, &l, &e)) == 1)
		if (networks_add(block ? &f->block : &f->allow, &e) == -1)
			err(EXIT_FAILURE, "memory");
	if (rc == -1)
		refuse(&f->in);
	list_close(&l);
	f->has_allow |= !block;
}

/* After this nothing is open but stdin, stdout and stderr. */
static void
get_ready(struct filter *f)
{
	struct rights none = { 0 };
	const char *step;

	if (lists_ready(&f->in) == -1)
		refuse(&f->in);
	if (resolver_start(&f->in.resolver) == -1)
		err(EXIT_FAILURE, "cannot start what resolves names");
	if (rights_drop(&none, &step) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", step);
	for (size_t i = 0; i < f->in.n; i++)
		zblocklist_read_list(f, i);
	lists_free(&f->in);
	networks_normalise(&f->block);
	networks_normalise(&f->allow);
}

static bool
may_pass4(struct filter *f, uint32_t a)
{
	if (ranges_contain(&f->block.four, a) ||
	    (f->has_allow && !ranges_contain(&f->allow.four, a)))
		return false;
	if (f->seen == NULL)
		return true;
	switch (dedup_seen(f->seen, a, 0, true)) {
	case -1:
		err(EXIT_FAILURE, "memory");
	case 1:
		return false;
	}
	return true;
}

static bool
may_pass6(const struct filter *f, struct ip6 a)
{
	return !ranges6_contain(&f->block.six, a) &&
	    (!f->has_allow || ranges6_contain(&f->allow.six, a));
}

static bool
may_pass(struct filter *f, const struct log *log, const char *line, size_t size)
{
	size_t n = strcspn(line, "\r\n, \t#");
	char text[INET6_ADDRSTRLEN];
	struct in_addr a4;
	struct ip6 a6;

	if (n < size && n < sizeof text) {
		memcpy(text, line, n);
		text[n] = '\0';
		if (inet_pton(AF_INET, text, &a4) == 1)
			return may_pass4(f, ntohl(a4.s_addr));
		if (ip6_parse(&a6, text, text + n) == text + n && n > 0)
			return may_pass6(f, a6);
	}
	f->bad++;
	log_debug(log, "line %" PRIu64 " has no address", f->line);
	return !f->drop_bad;
}

static void
pass_lines(struct filter *f, const struct log *log)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) != -1) {
		f->line++;
		if (n > LINE_MAX_BYTES)
			errx(EXIT_FAILURE, "line %" PRIu64 " is over 1 MiB",
			    f->line);
		if (may_pass(f, log, line, n + 1) &&
		    fwrite(line, 1, n, stdout) != (size_t)n)
			err(EXIT_FAILURE, "stdout");
	}
	if (ferror(stdin))
		err(EXIT_FAILURE, "stdin");
	free(line);
}

int
main(int argc, char **argv)
{
	struct filter f = { 0 };
	struct tool t;

	parse_args(&f, &t, argc, argv);
	get_ready(&f);
	pass_lines(&f, &t.log);
	if (f.bad > 0)
		log_say(&t.log, LOG_LEVEL_WARN,
		    "%" PRIu64 " lines have no address: %s", f.bad,
		    f.drop_bad ?
			"left out" :
			"passed on (--ignore-input-errors leaves them out)");
	tool_close_stdout();
	networks_free(&f.block);
	networks_free(&f.allow);
	if (f.seen != NULL)
		dedup_free(f.seen);
	return EXIT_SUCCESS;
}
