/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap - scan: ZMap's command line, carried out by a pipeline of programs.
 *
 * This program does nothing itself.  It hands each option to the stage that
 * understands it, starts the stages, waits, and says how it came out.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/compose.h"
#include "cli/files.h"
#include "cli/siblings.h"
#include "cli/tool.h"
#include "tools/zmap/zmap.h"

void
zmap_check(const struct config *c, int rc)
{
	if (rc == -1)
		errx(TOOL_MISUSED, "%s",
		    c->why != NULL ? c->why : "out of memory");
}

enum log_level
zmap_verbosity(const struct config *c)
{
	const struct option_def *d = option_lookup("verbosity");
	const char *given = config_value(c, OPT_VERBOSITY);
	struct argument level;
	char why[160];

	argument_parse(d, given != NULL ? given : d->standard, &level, why,
	    sizeof why);
	return level.number;
}

/* Command line, environment and file; returns the operands. */
static char **
zmap_gather(struct config *c, int argc, char **argv)
{
	const char *file, *standard = option_lookup("config")->standard;
	struct options o;
	int n;

	if (option_begin(&o, program_of(STAGE_ZMAP), argc, argv) == -1)
		err(EXIT_FAILURE, NULL);
	while ((n = option_next(&o)) != -1) {
		if (n == OPT_BAD) {
			fputs("Try 'zmap -h'.\n", stderr);
			exit(TOOL_MISUSED);
		}
		zmap_check(c,
		    config_add(c, o.def, o.arg, CONFIG_ARGUMENT,
			"command line"));
	}
	config_settle(c);
	option_end(&o);
	if (config_asks(c))
		return argv + o.index;
	zmap_check(c, config_environment(c, environ));
	config_settle(c);
	file = config_value(c, OPT_CONFIG);
	zmap_check(c,
	    config_file(c, file != NULL ? file : standard, file != NULL));
	zmap_check(c, siblings_add(c, file != NULL ? file : standard));
	config_settle(c);
	if (c->unknown != NULL && zmap_verbosity(c) >= LOG_LEVEL_WARN)
		warnx("environment: no such options, ignored: %s", c->unknown);
	return argv + o.index;
}

/* A printed pipeline has no zmap and no zmap-status: says what is lost. */
static void
zmap_tell_left_out(const struct config *c)
{
	const struct setting *s, *end = c->settings + c->count;
	const char *before =
	    "zmap: the pipeline leaves out what is for zmap-status or zmap itself: --";

	for (s = c->settings; s < end; s++) {
		if (s->replaced || s->off || s->def->id == OPT_QUIET ||
		    (s->def->route != STAGE_STATUS &&
			s->def->id != OPT_LOG_FILE &&
			s->def->id != OPT_LOG_DIRECTORY))
			continue;
		fprintf(stderr, "%s%s", before, s->def->name);
		before = ", --";
	}
	if (before[0] == ',')
		fputc('\n', stderr);
}

int
main(int argc, char **argv)
{
	struct config config = { .count = 0 };
	struct pipeline pipeline;
	char why[512], **operands;

	tool_check_descriptors();
	operands = zmap_gather(&config, argc, argv);
	zmap_answer(&config, operands);
	if (config_has(&config, OPT_LOG_FILE) &&
	    config_has(&config, OPT_LOG_DIRECTORY))
		errx(TOOL_MISUSED,
		    "--log-file and --log-directory exclude each other");
	zmap_go_on(&config, operands);
	if (files_check(&config, why, sizeof why) == -1 ||
	    compose(&pipeline, &config, operands, why, sizeof why) == -1)
		errx(TOOL_MISUSED, "%s", why);
	if (config_has(&config, OPT_PRINT_PIPELINE)) {
		zmap_tell_left_out(&config);
		compose_print(stdout, &pipeline);
		tool_close_stdout();
		return EXIT_SUCCESS;
	}
	return zmap_scan(&config, &pipeline, operands);
}
