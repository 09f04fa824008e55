/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for; see job.h. */
#include "tools/zmap-out/job.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/paths.h"
#include "cli/suggest.h"

#define DEFAULT_FORMAT "csv"

static void
list_formats(void)
{
	const struct format *const *f;

	for (f = format_table; *f != NULL; f++)
		printf("%-10s %s\n", (*f)->name, (*f)->help);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

/* The program beside this one, or where it is installed, instead of us. */
static void __attribute__((noreturn)) become(const char *name, char *argv[])
{
	char *local, *installed, *path;

	if (asprintf(&local, "libexec/%s", name) == -1 ||
	    asprintf(&installed, "%s/%s", LIBEXECDIR, name) == -1)
		err(EXIT_FAILURE, NULL);
	path = beside(local, installed);
	if (path != NULL)
		execv(path, argv);
	err(EXIT_FAILURE, "%s", installed);
}

static void __attribute__((noreturn)) unknown_format(const char *name)
{
	const struct format *const *f;
	const char *near;
	char names[256];
	size_t at = 0, len = 0;

	for (f = format_table; *f != NULL && at < sizeof names; f++)
		at += snprintf(names + at, sizeof names - at, "%s ",
		    (*f)->name);
	near = suggest_word(names, name, &len);
	if (near != NULL)
		errx(TOOL_MISUSED,
		    "unknown output format '%s'; did you mean %.*s?", name,
		    (int)len, near);
	errx(TOOL_MISUSED,
	    strchr(name, '/') != NULL ?
		"unknown output format '%s'; a program of your own is --stage out=PROGRAM" :
		"unknown output format '%s'; --list-output-modules lists them",
	    name);
}

void
out_read_options(struct job *job, struct tool *t, int argc, char *argv[])
{
	const struct options *o = &t->options;
	const char *name = NULL;
	bool header_row = true;
	int c;

	tool_begin(t, program_of(STAGE_OUT), argc, argv);
	while ((c = tool_next(t)) != -1)
		switch (c) {
		case OPT_APPEND:
			job->append = true;
			break;
		case OPT_LIST_OUTPUT_FIELDS:
			job->listing = true;
			break;
		case OPT_LIST_OUTPUT_MODULES:
			list_formats();
			break;
		case OPT_MAX_RESULTS:
			job->max = o->value.number;
			break;
		case OPT_NO_HEADER_ROW:
			header_row = false;
			break;
		case OPT_OUTPUT_ARGS:
			job->config.args = o->arg;
			break;
		case OPT_OUTPUT_FIELDS:
			job->config.fields = o->arg;
			break;
		case OPT_OUTPUT_FILE:
			job->path = strcmp(o->arg, "-") == 0 ? NULL : o->arg;
			job->config.path = job->path;
			break;
		case OPT_OUTPUT_MODULE:
			name = o->arg;
			break;
		}
	option_end(&t->options);
	job->format = format_lookup(name != NULL ? name : DEFAULT_FORMAT);
	if (job->format == NULL)
		unknown_format(name);
	if (job->format->program != NULL)
		become(job->format->program, argv);
	/* without either, as ZMap: addresses and nothing else */
	job->config.header_row = header_row &&
	    (name != NULL || job->config.fields != NULL);
	if (job->format->fixed && job->config.fields != NULL)
		errx(TOOL_MISUSED,
		    "the fields of format %s are fixed: it takes no -f", name);
	if (job->format->elsewhere && job->path != NULL)
		errx(TOOL_MISUSED, "format %s writes no file: it takes no -o",
		    name);
}

void
out_check_fields(const struct job *job)
{
	struct columns columns;
	char why[256];

	if (job->config.fields == NULL)
		return;
	if (columns_parse(&columns, job->config.fields, job->format->template,
		why, sizeof why) == -1)
		errx(TOOL_MISUSED, "-f: %s", why);
	columns_free(&columns);
}
