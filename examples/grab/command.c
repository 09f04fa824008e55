/* SPDX-License-Identifier: Apache-2.0 */
/* Options, limits and rights of the two programs; see command.h. */
#include "base/clock.h"
#include "command.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rights.h"
#include "results.h"

/* Both programs' options; the last group is forge-socket's alone. */
#define BOTH  (STAGE_BANNER | STAGE_FORGE)
#define FORGE STAGE_FORGE

/* clang-format off */
const struct option_def command_table[] = {
	{ OPT_PORT, 'p', "port", NULL, "n", BOTH, 0, GROUP_HOSTS,
	    "Port of addresses that come without one",
	    .type = ARG_COUNT, .min = 1, .max = 65535 },
	{ OPT_ALL, 'a', "all", NULL, NULL, BOTH, 0, GROUP_HOSTS,
	    "Also results that are failures or repeats",
	    .type = ARG_FLAG },
	{ OPT_CONCURRENT, 'c', "concurrent", NULL, "n", BOTH, 0, GROUP_HOSTS,
	    "Connections at once",
	    .type = ARG_COUNT, .min = 1, .max = 1000000, .standard = "500" },
	{ OPT_QUEUE, 0, "queue", NULL, "n", BOTH, 0, GROUP_HOSTS,
	    "Hosts that may wait for one",
	    .type = ARG_COUNT, .min = 1, .max = 100000000, .standard = "1000000" },
	{ OPT_DATA, 'd', "data", NULL, "path", BOTH, 0, GROUP_TALK,
	    "Send this file; in it, %s is the host's address, %p its port, %% a per cent sign",
	    .type = ARG_PATH, .repeats = true },
	{ OPT_TLS, 0, "tls", NULL, NULL, BOTH, 0, GROUP_TALK,
	    "Handshake first, and keep the certificate",
	    .type = ARG_FLAG },
	{ OPT_SERVER_NAME, 0, "server-name", NULL, "name", BOTH, 0, GROUP_TALK,
	    "Name to ask for in the handshake",
	    .type = ARG_TEXT },
	{ OPT_CONNECT_TIMEOUT, 't', "connect-timeout", NULL, "secs", BOTH, 0, GROUP_TALK,
	    "For a connection, and for a handshake",
	    .type = ARG_SECONDS, .min = 1, .standard = "4" },
	{ OPT_READ_TIMEOUT, 'r', "read-timeout", NULL, "secs", BOTH, 0, GROUP_TALK,
	    "For the first byte of the answer",
	    .type = ARG_SECONDS, .min = 1, .standard = "4" },
	{ OPT_GAP, 'g', "gap", NULL, "secs", BOTH, 0, GROUP_TALK,
	    "An answer is over after a pause this long; with 0, after the first read",
	    .type = ARG_SECONDS, .standard = "1" },
	{ OPT_UNTIL, 'u', "until", NULL, "text", BOTH, 0, GROUP_TALK,
	    "... or once it holds this text (\\r \\n \\xHH)",
	    .type = ARG_TEXT },
	{ OPT_MAX_BYTES, 'm', "max-bytes", NULL, "bytes", BOTH, 0, GROUP_TALK,
	    "... or is so long",
	    .type = ARG_SIZE, .min = 1, .max = 16 << 20, .standard = "65536" },
	{ OPT_TOTAL_TIMEOUT, 'T', "total-timeout", NULL, "secs", BOTH, 0, GROUP_TALK,
	    "... or the connection so old",
	    .type = ARG_SECONDS, .min = 1, .standard = "15" },
	{ OPT_MAX_RUNTIME, 0, "max-runtime", NULL, "secs", BOTH, 0, GROUP_TALK,
	    "End all after this time",
	    .type = ARG_SECONDS, .min = 1 },
	{ OPT_FORMAT, 'f', "format", NULL, "format", BOTH, 0, GROUP_RESULTS,
	    "What comes out",
	    .type = ARG_WORD, .words = "json base64 hex text ascii cbor", .standard = "json" },
	{ OPT_OUTPUT, 'O', "output-module", NULL, "format", BOTH, 0, GROUP_RESULTS,
	    "The same, by zmap's name for it",
	    .type = ARG_WORD, .words = "json base64 hex text cbor" },
	{ OPT_STATUS_FD, 0, "status-fd", NULL, "n", BOTH, 0, GROUP_MONITOR,
	    "Write a JSON status line a second there",
	    .type = ARG_FD },
	{ OPT_QUIET, 'q', "quiet", NULL, NULL, BOTH, 0, GROUP_MONITOR,
	    "No summary",
	    .type = ARG_FLAG },
	OPTION_VERBOSITY(BOTH),
	OPTION_HELP(BOTH),
	OPTION_VERSION(BOTH),
	{ OPT_SOURCE_PORT, 's', "source-port", NULL, "port", FORGE, 0, GROUP_RULE,
	    "The scan's source port or range, where its stream does not say",
	    .type = ARG_PORTS, .min = 1, .standard = "32768-61000" },
	{ OPT_PROBE_ARGS, 0, "probe-args", NULL, "args", FORGE, 0, GROUP_RULE,
	    "The scan's --probe-args, where its stream does not say",
	    .type = ARG_TEXT, .standard = "windows" },
	{ OPT_PRINT_RULE, 0, "print-rule", NULL, NULL, FORGE, 0, GROUP_RULE,
	    "Print the rule that keeps the kernel from resetting the connections, for nft(8), and exit",
	    .type = ARG_FLAG },
	{ OPT_NO_RULE, 0, "no-rule", NULL, NULL, FORGE, 0, GROUP_RULE,
	    "The rule is there already",
	    .type = ARG_FLAG },
	{ .name = NULL }
};
/* clang-format on */

void
command_misused(const struct command *c, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		err(EXIT_FAILURE, NULL);
	va_end(ap);
	warnx("%s", text);
	free(text);
	fprintf(stderr, "Try '%s -h'.\n", c->program->name);
	exit(TOOL_MISUSED);
}

static void
until(struct command *c, char *s)
{
	long n = unescape(s);

	if (n <= 0)
		command_misused(c, "--until: not a text");
	c->config.until = s;
	c->config.until_size = n;
}

static void
data(struct command *c, const char *path)
{
	const char *why;

	request_free(&c->request);
	if (request_load(&c->request, path, &why) == -1)
		errx(TOOL_MISUSED, "%s: %s", path, why);
	c->config.request = &c->request;
}

static uint64_t
standard(enum command_id id)
{
	return option_standard(command_table, id).number;
}

void
command_begin(struct command *c, const struct program *p, int argc, char **argv)
{
	c->program = p;
	tool_begin(&c->tool, p, argc, argv);
	c->config = (struct grab_config){
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.concurrent = standard(OPT_CONCURRENT),
		.queue = standard(OPT_QUEUE),
		.connect_ns = standard(OPT_CONNECT_TIMEOUT),
		.read_ns = standard(OPT_READ_TIMEOUT),
		.gap_ns = standard(OPT_GAP),
		.total_ns = standard(OPT_TOTAL_TIMEOUT),
		.max_bytes = standard(OPT_MAX_BYTES),
		.status_fd = -1,
		.stage = p->name,
		.argv = argv,
		.log = &c->tool.log,
	};
}

/* How to talk: true if the option is one of these. */
static bool
take_talk(struct command *c, int option, uint64_t number, const char *arg)
{
	struct grab_config *g = &c->config;

	switch (option) {
	case OPT_DATA:
		data(c, arg);
		break;
	case OPT_TLS:
		g->tls = true;
		break;
	case OPT_SERVER_NAME:
		g->server_name = arg;
		break;
	case OPT_CONNECT_TIMEOUT:
		g->connect_ns = number;
		break;
	case OPT_READ_TIMEOUT:
		g->read_ns = number;
		break;
	case OPT_GAP:
		g->gap_ns = number;
		break;
	case OPT_TOTAL_TIMEOUT:
		g->total_ns = number;
		break;
	case OPT_MAX_RUNTIME:
		g->runtime_ns = number;
		break;
	case OPT_MAX_BYTES:
		g->max_bytes = number;
		break;
	case OPT_UNTIL:
		until(c, (char *)arg);
		break;
	default:
		return false;
	}
	return true;
}

/* True if the option is one that both programs have. */
static bool
command_take(struct command *c, int option, uint64_t number, const char *arg)
{
	struct grab_config *g = &c->config;

	switch (option) {
	case OPT_PORT:
		g->hosts.port = number;
		break;
	case OPT_ALL:
		g->hosts.all = true;
		break;
	case OPT_CONCURRENT:
		g->concurrent = number;
		break;
	case OPT_QUEUE:
		g->queue = number;
		break;
	case OPT_FORMAT:
	case OPT_OUTPUT:
		g->format = report_format_parse(arg);
		break;
	case OPT_QUIET:
		c->tool.log.level = LOG_LEVEL_WARN;
		break;
	default:
		return take_talk(c, option, number, arg);
	}
	return true;
}

int
command_option(struct command *c)
{
	const struct options *o = &c->tool.options;
	int option;

	while ((option = tool_next(&c->tool)) != -1)
		if (!command_take(c, option, o->value.number, o->arg))
			return option;
	c->config.status_fd = c->tool.status_fd;
	if (c->config.format == REPORT_CBOR) {
		tool_stream_out(STDOUT_FILENO, "pipe it to zmap-out");
		if (c->config.max_bytes > RESULTS_BANNER_MAX)
			command_misused(c,
			    "--max-bytes %zu: a record of a stream holds %d bytes at most",
			    c->config.max_bytes, RESULTS_BANNER_MAX);
	}
	if (c->config.server_name != NULL && !c->config.tls)
		command_misused(c, "--server-name is for --tls");
	return -1;
}

void
command_files(const struct command *c)
{
	rlim_t need = (rlim_t)c->config.concurrent + GRAB_FILES;
	struct rlimit limit, want;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(EXIT_FAILURE, "limit of open files");
	if (limit.rlim_cur >= need)
		return;
	want.rlim_cur = need;
	want.rlim_max = limit.rlim_max > need ? limit.rlim_max : need;
	if (setrlimit(RLIMIT_NOFILE, &want) == 0)
		return;
	errx(EXIT_FAILURE,
	    "%u connections need %ju open files, and the limit is %ju; raise it as root by: prlimit --pid $$ --nofile=%ju, or use -c %ju",
	    c->config.concurrent, (uintmax_t)need, (uintmax_t)limit.rlim_max,
	    (uintmax_t)need,
	    (uintmax_t)(limit.rlim_max > GRAB_FILES ?
		    limit.rlim_max - GRAB_FILES :
		    1));
}

int
command_run(struct command *c, unsigned may)
{
	const struct rights rights = { .may = may };
	enum outcome outcome;
	const char *why;
	struct grab *g;

	g = grab_new(&c->config, &why);
	if (g == NULL)
		errx(EXIT_FAILURE, "%s", why);
	if (rights_drop(&rights, &why) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", why);
	outcome = grab_run(g);
	if (outcome == OUTCOME_FAILED && grab_why(g)[0] != '\0')
		warnx("%s", grab_why(g));
	grab_free(g);
	request_free(&c->request);
	return outcome;
}
