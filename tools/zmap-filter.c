/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-filter: passes on the records for which an expression is true, byte
 * for byte, and everything else of the stream with them.
 */
#include <err.h>
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

int
main(int argc, char *argv[])
{
	struct rights rights = { 0 };
	struct expr_error error;
	struct status status;
	struct tool t;
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
	int at, *files;

	tool_begin(&t, program_of(STAGE_FILTER), argc, argv);
	while (tool_next(&t) != -1)
		;
	at = t.options.index;
	option_end(&t.options);
	if (at == argc)
		errx(TOOL_MISUSED,
		    "no expression; such as: zmap-filter 'success && !repeat'");
	job.text = argv[at];
	job.filter = filter_new(job.text, &error);
	if (job.filter == NULL) {
		complain(job.text, &error, NULL);
		return TOOL_MISUSED;
	}
	stage.files = argv + at + 1;
	files = tool_files(stage.files);
	tool_stream_out(STDOUT_FILENO, "pipe it to zmap-out");
	tool_ignore_interrupts();
	if (rights_drop(&rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
	status_open(&status, t.status_fd, stage.name);
	stage.in = stream_in_new(STDIN_FILENO, NULL);
	if (stage.in != NULL)
		stream_files(stage.in, files);
	stage.out = stream_out_new(STDOUT_FILENO);
	if (stage.in == NULL || stage.out == NULL)
		err(EXIT_FAILURE, NULL);
	outcome = loop_run(&stage);
	if (stage.why[0] != '\0')
		warnx("%s", stage.why);
	stream_in_free(stage.in);
	free(files);
	stream_out_free(stage.out);
	filter_free(job.filter);
	if (close(STDOUT_FILENO) == -1)
		err(EXIT_FAILURE, "stdout");
	return outcome;
}
