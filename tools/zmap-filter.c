/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-filter: passes on the records for which an expression is true, byte
 * for byte, and everything else of the stream with them.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rights.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "filter/filter.h"
#include "scan/facts.h"
#include "stream/loop.h"

#define OPERANDS "expression"

struct job {
	struct filter *filter;
	const char *text;
};

static void
complain(const char *text, const struct expr_error *error,
    const struct header *h)
{
	char carets[256];

	warnx("%s", error->why);
	if (filter_carets(text, error, carets, sizeof carets) == 0)
		fprintf(stderr, "%s\n", carets);
	if (h != NULL && h->nfields > 0)
		field_names(stderr, h->fields, h->nfields);
}

static int
header(struct loop *s, struct header *h)
{
	struct job *job = s->ctx;
	struct expr_error error;

	if (filter_bind(job->filter, h->fields, h->nfields, &error) == 0)
		return 0;
	complain(job->text, &error, h);
	s->outcome = OUTCOME_MISUSED;
	return -1;
}

static int
record(struct loop *s, const struct stream_item *item)
{
	struct job *job = s->ctx;

	return filter_match(job->filter, item->values, item->nvalues);
}

static void
usage(void)
{
	option_synopsis(stderr, STAGE_FILTER, OPERANDS);
	exit(TOOL_MISUSED);
}

int
main(int argc, char *argv[])
{
	struct rights rights = { 0 };
	struct expr_error error;
	struct status status;
	struct options o;
	struct job job;
	struct loop stage = { .name = "filter",
		.argv = argv,
		.ctx = &job,
		.header = header,
		.record = record,
		.status = &status,
		.identify = facts_identify,
		.to_stdout = true };
	enum outcome outcome;
	const char *why;
	int c, fd = -1;

	tool_begin();
	if (option_begin(&o, STAGE_FILTER, argc, argv) == -1)
		err(EXIT_FAILURE, NULL);
	while ((c = option_next(&o)) != -1)
		switch (c) {
		case OPT_HELP:
			option_help(stdout, STAGE_FILTER, OPERANDS);
			tool_close_stdout();
			return 0;
		case OPT_STATUS_FD:
			fd = tool_number(&o, 0, INT_MAX);
			break;
		case OPT_VERBOSITY:
			/* there are errors to tell, no more */
			tool_number(&o, 0, LOG_LEVEL_TRACE);
			break;
		case OPT_VERSION:
			tool_version("zmap-filter");
			break;
		default:
			usage();
		}
	if (argc - o.index != 1)
		usage();
	job.text = argv[o.index];
	option_end(&o);
	job.filter = filter_new(job.text, &error);
	if (job.filter == NULL) {
		complain(job.text, &error, NULL);
		return TOOL_MISUSED;
	}
	tool_stream_in(STDIN_FILENO);
	tool_stream_out(STDOUT_FILENO);
	tool_ignore_interrupts();
	if (rights_drop(&rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
	status_open(&status, fd, stage.name);
	stage.in = stream_in_new(STDIN_FILENO, NULL);
	stage.out = stream_out_new(STDOUT_FILENO);
	if (stage.in == NULL || stage.out == NULL)
		err(EXIT_FAILURE, NULL);
	outcome = loop_run(&stage);
	if (stage.why[0] != '\0')
		warnx("%s", stage.why);
	stream_in_free(stage.in);
	stream_out_free(stage.out);
	filter_free(job.filter);
	if (close(STDOUT_FILENO) == -1)
		err(EXIT_FAILURE, "stdout");
	return outcome;
}
