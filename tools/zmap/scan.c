/* SPDX-License-Identifier: Apache-2.0 */
/* The scan, and how it came out; see zmap.h. */
#include "tools/zmap/zmap.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/output.h"
#include "cli/tool.h"

/* --- the log --- */

void
zmap_open_log(struct logsink *m, const struct config *c)
{
	if (logsink_open(m, config_value(c, OPT_LOG_FILE),
		config_value(c, OPT_LOG_DIRECTORY),
		!config_has(c, OPT_DISABLE_SYSLOG)) == -1)
		err(EXIT_FAILURE, "%s", m->path);
	m->level = zmap_verbosity(c);
}

void
zmap_say(struct logsink *m, const char *line)
{
	logsink_line(m, line, strlen(line));
}

static void
message(void *ctx, const struct command *c, const char *line, size_t n)
{
	(void)c;
	logsink_line(ctx, line, n);
}

/* What -v 3 tells of a scan, which a dry run is not; the stages tell more. */
static void
announce(struct logsink *m, const struct config *c, const struct pipeline *p)
{
	const struct command *last = &p->commands[p->count - 1];
	char line[320];

	if (last->stage != STAGE_OUT)
		return;
	if (config_has(c, OPT_RESUME)) {
		snprintf(line, sizeof line,
		    "%.256s: going on where this scan stopped",
		    config_value(c, OPT_RESUME));
		logsink_say(m, LOG_LEVEL_INFO, line);
	}
	logsink_mark(m, "started");
	if (last[-1].stage != STAGE_FILTER && !config_has(c, OPT_OUTPUT_FILTER))
		logsink_say(m, LOG_LEVEL_INFO,
		    "printing every answer, also refusals and repeats; --output-filter '" COMPOSE_FILTER
		    "' for hosts alone");
}

/*
 * "cat list | zmap -p 80": the list is not read, and all of IPv4 is scanned.
 */
static void
say_unread(struct logsink *m, const struct config *c)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode)) &&
	    !config_has(c, OPT_WHITELIST_FILE) &&
	    !config_has(c, OPT_LIST_OF_IPS_FILE))
		logsink_say(m, LOG_LEVEL_WARN,
		    "stdin is not read; -I - reads a list of addresses there, -w - one of networks");
}

/* Stages that a terminal has told say so themselves. */
static void
stopping(void *ctx, int sig)
{
	char line[128];

	snprintf(line, sizeof line,
	    "SIG%s: waiting for answers on their way; a second signal ends that",
	    sigabbrev_np(sig));
	logsink_say(ctx, LOG_LEVEL_INFO, line);
}

static void
hangup(void *ctx)
{
	logsink_reopen(ctx);
}

/* --- how it came out --- */

/*
 * The last line of a scan.  In a log it is always there, so that a scan that
 * has ended is told from one that was killed; elsewhere, where the stages have
 * said what went wrong, or a reader has gone, nothing is added.
 */
static void
tell_end(struct logsink *m, const struct config *c, const struct run *r,
    enum outcome outcome)
{
	const char *checkpoint = zmap_checkpoint(c);
	const struct pipeline *p = r->pipeline;
	char line[512] = "completed", on[320] = "";
	bool silent = r->reader_gone;

	if (p->commands[p->count - 1].stage != STAGE_OUT)
		return; /* a dry run */
	if (checkpoint != NULL)
		snprintf(on, sizeof on, "; go on with --resume %.256s",
		    checkpoint);
	switch (outcome) {
	case OUTCOME_DONE:
		if (r->reader_gone)
			snprintf(line, sizeof line,
			    "ended: the results have no reader any more%s", on);
		break;
	case OUTCOME_INCOMPLETE:
		snprintf(line, sizeof line, "completed, but not all was found");
		break;
	case OUTCOME_INTERRUPTED:
		snprintf(line, sizeof line, "interrupted%s%s%s",
		    r->signal != 0 ? " by SIG" : "",
		    r->signal != 0 ? sigabbrev_np(r->signal) : "", on);
		break;
	case OUTCOME_STOPPED:
		snprintf(line, sizeof line, "stopped early%s", on);
		break;
	default:
		snprintf(line, sizeof line, "failed");
		silent = true;
	}
	if (m->file || !silent)
		logsink_mark(m, line);
}

/* Our own programs by name, the user's commands as --stage has them. */
static void
tell_culprit(const struct command *c, const char *how, char *line, size_t size)
{
	static const char ours[] = "zmap-";
	const char *text = c->shell != NULL ? c->shell : "";
	int n = strcspn(text, "\n");
	bool cut = n > 60 || text[n] != '\0';

	if (c->shell == NULL)
		snprintf(line, size, "zmap: %s failed: %s", c->name, how);
	else if (c->stage == STAGE_ZMAP) /* NAME+=COMMAND is its name */
		snprintf(line, size, "zmap: --stage %.80s failed: %s", c->name,
		    how);
	else
		snprintf(line, size, "zmap: --stage %s=%.*s%s failed: %s",
		    c->name + strlen(ours), n > 60 ? 60 : n, text,
		    cut ? "..." : "", how);
}

/* Has it said itself, by its name, why it failed?  Then that is enough. */
static bool
explained(const struct run_stage *s, enum outcome outcome)
{
	return s->spoke &&
	    (outcome == OUTCOME_MISUSED ||
		(s->command->shell == NULL && WIFEXITED(s->status)));
}

/* --- the pipeline --- */

/* zmap-status needs stdout only to write there, or to see what else does. */
static int
status_stdout(const struct config *c)
{
	const char *file = config_value(c, OPT_OUTPUT_FILE);
	const char *metadata = config_value(c, OPT_METADATA_FILE);
	const char *updates = config_value(c, OPT_STATUS_UPDATES_FILE);

	if (file == NULL || strcmp(file, "-") == 0 ||
	    (metadata != NULL && strcmp(metadata, "-") == 0) ||
	    (updates != NULL && strcmp(updates, "-") == 0) ||
	    config_sends_nothing(c))
		return -1;
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

int
zmap_scan(const struct config *config, const struct pipeline *p,
    char **operands)
{
	struct output facts;
	struct run r = { .pipeline = p,
		.message = message,
		.stopping = stopping,
		.hangup = hangup };
	struct logsink m;
	struct stat checkpoint = zmap_look_at_checkpoint(config);
	enum outcome outcome;
	char line[512], how[80], why[128];

	zmap_open_log(&m, config);
	r.ctx = &m;
	r.status_stdout = status_stdout(config);
	if (output_open(&facts, -1) == -1)
		err(EXIT_FAILURE, NULL);
	config_facts(config, &facts);
	output_byte(&facts, '\0');
	r.facts = (const char *)facts.buf;
	announce(&m, config, p);
	if (operands[0] == NULL && p->commands[0].shell == NULL)
		say_unread(&m, config);
	if (run_pipeline(&r, why, sizeof why, &outcome) == -1) {
		snprintf(line, sizeof line, "zmap: %s", why);
		zmap_say(&m, line);
		return OUTCOME_FAILED;
	}
	if (r.culprit != NULL && !explained(r.culprit, outcome)) {
		run_how(r.culprit, how, sizeof how);
		tell_culprit(r.culprit->command, how, line, sizeof line);
		zmap_say(&m, line);
	}
	if (m.error != 0) {
		snprintf(line, sizeof line, "zmap: %s: %s", m.path,
		    strerror(m.error));
		zmap_say(&m, line);
		outcome = outcome_worse(outcome, OUTCOME_FAILED);
	}
	if (!zmap_settle(&m, config, &r, &checkpoint, outcome))
		outcome = outcome_worse(outcome, OUTCOME_FAILED);
	tell_end(&m, config, &r, outcome);
	if (r.reader_gone) {
		zmap_give_back_claim();
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return outcome;
}
