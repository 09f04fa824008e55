/* SPDX-License-Identifier: Apache-2.0 */
/* The scan's checkpoint, before and after it; see zmap.h. */
#include "tools/zmap/zmap.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/claim.h"
#include "cli/compose.h"
#include "cli/tool.h"
#include "scan/settle.h"

/*
 * How long another scan has for ending: what was killed, at once; what was told
 * to stop, as long as zmap(1) says that it takes.
 */
#define CLAIM_MS     200
#define STOPPING_MS  2000 /* besides the cooldown */
#define STOPPING_MAX 600  /* seconds of it, at most */

const char *
zmap_checkpoint(const struct config *c)
{
	const char *path = config_value(c, OPT_CHECKPOINT);

	return path != NULL ? path : config_value(c, OPT_RESUME);
}

struct stat
zmap_look_at_checkpoint(const struct config *c)
{
	const char *path = zmap_checkpoint(c);
	struct stat st;

	if (path == NULL || stat(path, &st) == -1)
		st = (struct stat){ .st_ino = 0 };
	return st;
}

/* --- before the scan --- */

/* From here to the end of the scan, its cooldown included. */
static struct claim claim = { .fd = -1 };

void
zmap_give_back_claim(void)
{
	claim_release(&claim);
}

static double
cooldown_seconds(const struct config *c)
{
	const char *given = config_value(c, OPT_COOLDOWN_TIME);
	const struct option_def *d = option_lookup("cooldown-time");
	struct argument secs;
	char why[160];

	if (given == NULL || argument_parse(d, given, &secs, why, sizeof why))
		return option_standard(option_table, OPT_COOLDOWN_TIME).real;
	return secs.real < STOPPING_MAX ? secs.real : STOPPING_MAX;
}

/*
 * An engine may start a task again while its last run is still stopping: that
 * run is waited for.  If it is at work for longer, the exit status is 3, as for
 * an interrupted scan, and an engine tries again.
 */
static void
claim_checkpoint(const struct config *c, const char *path)
{
	int ms = cooldown_seconds(c) * 1000 + STOPPING_MS, rc;
	char why[PATH_MAX + 128];

	rc = claim_take(&claim, path, CLAIM_SCAN, CLAIM_MS, why, sizeof why);
	if (rc == 1) {
		if (zmap_verbosity(c) >= LOG_LEVEL_INFO)
			warnx(
			    "%s: another scan is at work with this checkpoint: waiting up to %d s for its end",
			    path, (ms + 999) / 1000);
		rc = claim_take(&claim, path, CLAIM_SCAN, ms, why, sizeof why);
	}
	if (rc != 0)
		errx(rc == 1 ? OUTCOME_INTERRUPTED : OUTCOME_FAILED, "%s", why);
	atexit(zmap_give_back_claim);
}

static void
tell_done(const struct config *c, const char *path)
{
	char line[640];
	struct logsink m;

	zmap_open_log(&m, c);
	snprintf(line, sizeof line,
	    "%.256s: this scan is done: nothing is sent, and results stay as they are; to scan again, remove the file or give another --seed",
	    path);
	logsink_say(&m, LOG_LEVEL_INFO, line);
}

static void
ignore(void *ctx, const struct command *c, const char *line, size_t n)
{
	(void)ctx;
	(void)c;
	(void)line;
	(void)n;
}

/* Is the scan that is done this one?  If it cannot be asked, it is. */
static bool
is_this_scan(const struct config *c, char **operands, const char *path)
{
	struct pipeline p;
	struct run r = { .pipeline = &p,
		.message = ignore,
		.status_stdout = -1 };
	enum outcome outcome;
	char why[128];

	if (compose_question(&p, c, operands, path) == -1)
		return true;
	return run_pipeline(&r, why, sizeof why, &outcome) == 0 &&
	    outcome == OUTCOME_DONE;
}

void
zmap_go_on(struct config *c, char **operands)
{
	const char *path = zmap_checkpoint(c);
	enum settle_state state = SETTLE_NONE;

	if (path != NULL && !config_has(c, OPT_PRINT_PIPELINE) &&
	    !config_sends_nothing(c))
		claim_checkpoint(c, path);
	if (path != NULL)
		state = settle_look(path);
	if (state == SETTLE_DONE && !config_has(c, OPT_PRINT_PIPELINE) &&
	    is_this_scan(c, operands, path)) {
		tell_done(c, path);
		exit(EXIT_SUCCESS);
	}
	if (state != SETTLE_UNFINISHED || config_has(c, OPT_RESUME))
		return;
	zmap_check(c,
	    config_add(c, option_lookup("resume"), path, CONFIG_ARGUMENT,
		"--checkpoint"));
	config_settle(c);
}

/* --- after it --- */

/*
 * The cooldown is over, and results have been written: what the checkpoint
 * promised is true now.  Not if the user did not wait for that, or if results
 * are lost: then the last targets are to be asked again.  Nor if this scan has
 * not come so far as to write it: it is an older one's.
 */
bool
zmap_settle(struct logsink *m, const struct config *c, const struct run *r,
    const struct stat *before, enum outcome outcome)
{
	struct stat now = zmap_look_at_checkpoint(c);
	const char *path = zmap_checkpoint(c);
	char line[640], why[512];

	if (outcome == OUTCOME_FAILED || outcome == OUTCOME_MISUSED ||
	    r->reader_gone || r->signals > 1)
		return true;
	if (now.st_ino == 0 ||
	    (now.st_ino == before->st_ino &&
		now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == before->st_mtim.tv_nsec))
		return true;
	if (settle_checkpoint(path, why, sizeof why) == 0)
		return true;
	snprintf(line, sizeof line, "zmap: checkpoint %s", why);
	zmap_say(m, line);
	return false;
}
