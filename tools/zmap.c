/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap - scan: ZMap's command line, carried out by a pipeline of programs.
 *
 * This program does nothing itself.  It hands each option to the stage that
 * understands it, starts the stages, waits, and says how it came out.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/output.h"
#include "cli/ask.h"
#include "cli/completion.h"
#include "cli/compose.h"
#include "cli/config.h"
#include "cli/files.h"
#include "cli/help.h"
#include "cli/introduce.h"
#include "cli/logsink.h"
#include "cli/run.h"
#include "cli/siblings.h"
#include "cli/tool.h"
#include "probe/probing.h"
#include "scan/settle.h"
#include "show/when.h"

#define EXAMPLES                                                               \
	"  sudo zmap -p 80 192.0.2.0/24             who has port 80 open "     \
	"there\n"                                                              \
	"  sudo zmap -M icmp_echoscan 192.0.2.0/24  who answers a ping\n"      \
	"  sudo zmap -p 443 -n 0.1% -r 10000 -o found.csv\n"                   \
	"                                           a thousandth of the "      \
	"Internet\n"

/* RFC 9116 2.5.5 asks for less than a year. */
#define PROBING_DAYS 180

/*
 * How long another scan has for ending: what was killed, at once; what was told
 * to stop, as long as zmap(1) says that it takes.
 */
#define CLAIM_MS     200
#define STOPPING_MS  2000 /* besides the cooldown */
#define STOPPING_MAX 600  /* seconds of it, at most */

static void
zmap_check(const struct config *c, int rc)
{
	if (rc == -1)
		errx(TOOL_MISUSED, "%s",
		    c->why != NULL ? c->why : "out of memory");
}

static enum log_level
verbosity(const struct config *c)
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
	if (c->unknown != NULL && verbosity(c) >= LOG_LEVEL_WARN)
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

/* A stage that answers in our place; does not return. */
static void
hand_over(const struct config *config, unsigned stage)
{
	struct command c;

	if (compose_one(&c, stage, config) == -1)
		err(EXIT_FAILURE, NULL);
	execvp(c.program, c.argv);
	err(EXIT_FAILURE, "%s", c.program);
}

/* What zmap-send prints with our options; ends the program if it fails. */
static void
ask_send(const struct config *config, struct output *text)
{
	struct command c;
	int status;

	if (output_open(text, -1) == -1 ||
	    compose_one(&c, STAGE_SEND, config) == -1)
		err(EXIT_FAILURE, NULL);
	status = ask(&c, false, text);
	if (status == -1)
		err(EXIT_FAILURE, "%s", c.program);
	if (status != 0)
		exit(status);
}

/* What the options are, and what the module is that -M names. */
static void
zmap_help(const struct config *c, bool all)
{
	const struct program *zmap = program_of(STAGE_ZMAP);
	struct output module;

	module.len = 0;
	if (config_has(c, OPT_PROBE_MODULE))
		ask_send(c, &module);
	if (all)
		help_print(stdout, zmap);
	else
		help_short(stdout, zmap, EXAMPLES);
	if (module.len > 0)
		printf("\n%.*s", (int)module.len, (const char *)module.buf);
}

/*
 * Whether --probe-args ask the module for something to read, which zmap-send
 * then prints; otherwise it only finds that there is no stream for it.
 */
static bool
wants_information(const struct config *config)
{
	struct output text;
	struct command c;

	if (!config_has(config, OPT_PROBE_MODULE) ||
	    !config_has(config, OPT_PROBE_ARGS))
		return false;
	if (output_open(&text, -1) == -1 ||
	    compose_one(&c, STAGE_SEND, config) == -1)
		err(EXIT_FAILURE, NULL);
	return ask(&c, true, &text) == 0 && text.len > 0;
}

/* Who probes from here, for a web server to say. */
static void
print_probing(const struct config *c)
{
	const char *languages = config_value(c, OPT_LANGUAGES);
	const struct probing p = {
		.attribution = config_value(c, OPT_ATTRIBUTION),
		.contact = config_value(c, OPT_CONTACT),
		.description = config_value(c, OPT_DESCRIPTION),
		.languages = languages != NULL ?
		    languages :
		    option_lookup("languages")->standard,
		.expires = time(NULL) + PROBING_DAYS * 24 * 60 * 60,
		.sources = config_value(c, OPT_SOURCE_IP),
		.probe = config_value(c, OPT_PROBE_MODULE),
		.ports = config_value(c, OPT_TARGET_PORTS),
		.rate = config_value(c, OPT_RATE),
	};
	char why[512];

	if (probing_print(stdout, &p, why, sizeof why) == -1)
		errx(TOOL_MISUSED, "%s", why);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

/* One address that we send from; how many things are wrong with it. */
static int
check_address(const char *address)
{
	int wrong = introduce_check(stdout, address, time(NULL));

	if (wrong == -1)
		err(EXIT_FAILURE,
		    "--check-source: curl: cannot be run; on Debian: apt-get install curl");
	return wrong;
}

/* Of a range of -S, its ends; without -S, what the machine would take. */
static void
check_source(const struct config *c)
{
	const char *given = config_value(c, OPT_SOURCE_IP);
	char four[64], six[64], *copy, *rest, *address;
	int wrong = 0;

	if (given == NULL) {
		introduce_own(four, six);
		if (four[0] == '\0' && six[0] == '\0')
			errx(EXIT_FAILURE,
			    "--check-source: no route to anywhere: -S names the address");
		wrong += four[0] != '\0' ? check_address(four) : 0;
		wrong += six[0] != '\0' ? check_address(six) : 0;
	} else {
		copy = rest = strdup(given);
		if (copy == NULL)
			err(EXIT_FAILURE, NULL);
		while ((address = strsep(&rest, ",-")) != NULL)
			wrong += check_address(address);
		free(copy);
	}
	tool_close_stdout();
	exit(wrong > 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* One option for zmap-targets, unless the user has given it. */
static void
add_known(struct command *c, const struct config *config, int id,
    const char *format, ...)
{
	char *word;
	va_list ap;

	if (config_has(config, id))
		return;
	va_start(ap, format);
	if (vasprintf(&word, format, ap) == -1 || compose_add(c, word) == -1)
		err(EXIT_FAILURE, NULL);
	va_end(ap);
	free(word);
}

static void
add_words(struct command *c, char *const *words)
{
	if (compose_add(c, "--") == -1)
		err(EXIT_FAILURE, NULL);
	for (; words != NULL && *words != NULL; words++)
		if (compose_add(c, *words) == -1)
			err(EXIT_FAILURE, NULL);
}

/* "When did you scan me?", by the record that the scan has left. */
static void
tell_when(const struct config *config, struct command *c, char **operands)
{
	struct output text;
	struct when w;
	bool scanned = false;
	int status;

	if (when_open(&w, config_value(config, OPT_METADATA_FILE)) == -1)
		errx(TOOL_MISUSED, "%s", w.why);
	add_known(c, config, OPT_SCAN_ID, "--scan-id=%s", w.id);
	add_known(c, config, OPT_SEED, "--seed=%" PRIu64, w.seed);
	add_known(c, config, OPT_SHARDS, "--shards=%" PRIu64, w.shards);
	add_known(c, config, OPT_SHARD, "--shard=%" PRIu64, w.shard);
	if (w.ports != NULL)
		add_known(c, config, OPT_TARGET_PORTS, "-p%s", w.ports);
	if (w.limit != UINT64_MAX)
		add_known(c, config, OPT_MAX_TARGETS, "-n%" PRIu64, w.limit);
	add_words(c, operands[0] != NULL ? operands : w.operands);
	if (output_open(&text, -1) == -1)
		err(EXIT_FAILURE, NULL);
	status = ask(c, false, &text);
	if (status == -1)
		err(EXIT_FAILURE, "%s", c->program);
	output_byte(&text, '\0');
	for (char *line, *rest = (char *)text.buf;
	     (line = strsep(&rest, "\n")) != NULL && *line != '\0';)
		scanned |= when_tell(&w, stdout, line);
	when_close(&w);
	tool_close_stdout();
	exit(status == EXIT_SUCCESS && !scanned ? EXIT_FAILURE : status);
}

/* Whether a target is in the scan that these options make. */
static void
where(const struct config *config, char **operands)
{
	struct command c;

	if (compose_one(&c, STAGE_TARGETS, config) == -1)
		err(EXIT_FAILURE, NULL);
	if (config_has(config, OPT_METADATA_FILE))
		tell_when(config, &c, operands);
	add_words(&c, operands);
	execvp(c.program, c.argv);
	err(EXIT_FAILURE, "%s", c.program);
}

/* Options that are answered without a scan. */
static void
zmap_answer(struct config *c, char **operands)
{
	if (config_has(c, OPT_HELP)) {
		zmap_help(c,
		    operands[0] != NULL && strcmp(operands[0], "all") == 0);
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	}
	if (config_has(c, OPT_VERSION))
		tool_version("zmap");
	if (config_has(c, OPT_COMPLETION)) {
		completion_print(stdout, config_value(c, OPT_COMPLETION));
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	}
	if (config_has(c, OPT_PRINT_CONFIG)) {
		zmap_check(c, config_print(c, stdout));
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	}
	if (config_has(c, OPT_PROBING_TXT))
		print_probing(c);
	if (config_has(c, OPT_NETMAP_WAIT_PING))
		errx(TOOL_MISUSED,
		    "--netmap-wait-ping: there is no netmap on Linux; see --io for the ways to send");
	if (config_has(c, OPT_LIST_PROBE_MODULES) || wants_information(c))
		hand_over(c, STAGE_SEND);
	if (config_has(c, OPT_LIST_OUTPUT_FIELDS))
		hand_over(c, STAGE_RECV);
	if (config_has(c, OPT_LIST_OUTPUT_MODULES))
		hand_over(c, STAGE_OUT);
	if (config_has(c, OPT_CHECK_SOURCE))
		check_source(c);
	if (config_has(c, OPT_WHERE))
		where(c, operands);
}

static void
message(void *ctx, const struct command *c, const char *line, size_t n)
{
	(void)c;
	logsink_line(ctx, line, n);
}

static void
zmap_say(struct logsink *m, const char *line)
{
	logsink_line(m, line, strlen(line));
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
	logsink_say(m, LOG_LEVEL_INFO, "started");
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

static const char *
checkpoint_of(const struct config *c)
{
	const char *path = config_value(c, OPT_CHECKPOINT);

	return path != NULL ? path : config_value(c, OPT_RESUME);
}

/*
 * The last line of a scan.  In a log it is always there, so that a scan that
 * has ended is told from one that was killed; elsewhere, where the stages have
 * said what went wrong, or a reader has gone, nothing is added.
 */
static void
tell_end(struct logsink *m, const struct config *c, const struct run *r,
    enum outcome outcome)
{
	const char *checkpoint = checkpoint_of(c);
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
		logsink_say(m, LOG_LEVEL_INFO, line);
}

/* A checkpoint is replaced each time: this tells one from the next. */
static struct stat
look_at_checkpoint(const struct config *c)
{
	const char *path = checkpoint_of(c);
	struct stat st;

	if (path == NULL || stat(path, &st) == -1)
		st = (struct stat){ .st_ino = 0 };
	return st;
}

/*
 * The cooldown is over, and results have been written: what the checkpoint
 * promised is true now.  Not if the user did not wait for that, or if results
 * are lost: then the last targets are to be asked again.  Nor if this scan has
 * not come so far as to write it: it is an older one's.
 */
static bool
zmap_settle(struct logsink *m, const struct config *c, const struct run *r,
    const struct stat *before, enum outcome outcome)
{
	struct stat now = look_at_checkpoint(c);
	const char *path = checkpoint_of(c);
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

static void
zmap_open_log(struct logsink *m, const struct config *c)
{
	if (logsink_open(m, config_value(c, OPT_LOG_FILE),
		config_value(c, OPT_LOG_DIRECTORY),
		!config_has(c, OPT_DISABLE_SYSLOG)) == -1)
		err(EXIT_FAILURE, "%s", m->path);
	m->level = verbosity(c);
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

/* From here to the end of the scan, its cooldown included. */
static struct claim claim = { .fd = -1 };

static void
give_back_claim(void)
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
 * An engine starts a task again while the last run of it is still stopping: that
 * is waited for.  What is at work for longer makes it 3, which an engine tries
 * again, as what was interrupted.
 */
static void
claim_checkpoint(const struct config *c, const char *path)
{
	int ms = cooldown_seconds(c) * 1000 + STOPPING_MS, rc;
	char why[PATH_MAX + 128];

	rc = claim_take(&claim, path, CLAIM_SCAN, CLAIM_MS, why, sizeof why);
	if (rc == 1) {
		if (verbosity(c) >= LOG_LEVEL_INFO)
			warnx(
			    "%s: another scan is at work with this checkpoint: waiting up to %d s for its end",
			    path, (ms + 999) / 1000);
		rc = claim_take(&claim, path, CLAIM_SCAN, ms, why, sizeof why);
	}
	if (rc != 0)
		errx(rc == 1 ? OUTCOME_INTERRUPTED : OUTCOME_FAILED, "%s", why);
	atexit(give_back_claim);
}

/*
 * --checkpoint begins a scan, goes on with one that is not finished, and has
 * nothing to do for one that is: the same command line for all three, as
 * engines have that put a task back into their queue.  --resume differs only
 * in that the file must be there.
 */
static void
zmap_go_on(struct config *c, char **operands)
{
	const char *path = checkpoint_of(c);
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

static int
zmap_scan(const struct config *config, const struct pipeline *p,
    char **operands)
{
	struct output facts;
	struct run r = { .pipeline = p,
		.message = message,
		.stopping = stopping,
		.hangup = hangup };
	struct logsink m;
	struct stat checkpoint = look_at_checkpoint(config);
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
	if (r.culprit != NULL &&
	    !(outcome == OUTCOME_MISUSED && r.culprit->spoke)) {
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
		give_back_claim();
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return outcome;
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
