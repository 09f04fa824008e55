/* SPDX-License-Identifier: Apache-2.0 */
/* Options, limits and rights of the two programs; see command.h. */
#include "base/clock.h"
#include "command.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rights.h"
#include "cli/option.h"
#include "cli/tool.h"

enum {
	TLS = COMMAND_OWN / 2,
	SERVER_NAME,
	QUEUE,
	MAX_RUNTIME,
	STATUS_FD,
};

static const struct option common[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "concurrent", required_argument, NULL, 'c' },
	{ "data", required_argument, NULL, 'd' },
	{ "format", required_argument, NULL, 'f' },
	{ "connect-timeout", required_argument, NULL, 't' },
	{ "read-timeout", required_argument, NULL, 'r' },
	{ "gap", required_argument, NULL, 'g' },
	{ "total-timeout", required_argument, NULL, 'T' },
	{ "max-bytes", required_argument, NULL, 'm' },
	{ "until", required_argument, NULL, 'u' },
	{ "all", no_argument, NULL, 'a' },
	{ "tls", no_argument, NULL, TLS },
	{ "server-name", required_argument, NULL, SERVER_NAME },
	{ "queue", required_argument, NULL, QUEUE },
	{ "max-runtime", required_argument, NULL, MAX_RUNTIME },
	{ "status-fd", required_argument, NULL, STATUS_FD },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbosity", required_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const char letters[] = "p:c:d:f:t:r:g:T:m:u:aqv:hV";

static const char help[] =
    "\nWhom to talk to: addresses on stdin, as address, address:port, CSV, "
    "JSON\n"
    "lines or the result stream of zmap-recv; which of them is found out.\n"
    "  -p, --port=n             Port of addresses that come without one\n"
    "  -a, --all                Also results that are failures or repeats\n"
    "  -c, --concurrent=n       Connections at once (default: 500)\n"
    "      --queue=n            Hosts that may wait for one (default: "
    "1000000)\n"
    "\nWhat to say and how long to listen (times in seconds, 0.5 is allowed):\n"
    "  -d, --data=path          Send this file; in it, %s is the host's "
    "address,\n"
    "                           %p its port, %% a per cent sign\n"
    "      --tls                Handshake first, and keep the certificate\n"
    "      --server-name=name   Name to ask for in the handshake\n"
    "  -t, --connect-timeout=t  For a connection, and for a handshake (4)\n"
    "  -r, --read-timeout=t     For the first byte of the answer (4)\n"
    "  -g, --gap=t              An answer is over after so long a pause; 0: "
    "it\n"
    "                           is what the first read brings (1)\n"
    "  -u, --until=text         ... or once it holds this (\\r \\n \\xHH)\n"
    "  -m, --max-bytes=n        ... or is so long (65536)\n"
    "  -T, --total-timeout=t    ... or the connection so old (15)\n"
    "      --max-runtime=t      End all after this time\n"
    "\nWhat comes out:\n"
    "  -f, --format=name        json, base64, hex or text (json)\n"
    "      --status-fd=n        A JSON status line a second to this "
    "descriptor\n"
    "  -q, --quiet              No summary\n"
    "  -v, --verbosity=n        Level of log detail, 0-5 (3)\n"
    "  -h, --help               This text\n"
    "  -V, --version            Version\n";

void
command_misused(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n%s: try %s -h\n", c->name, c->name);
	exit(TOOL_MISUSED);
}

uint64_t
command_number(const struct command *c, const char *option, const char *s,
    uint64_t min, uint64_t max)
{
	const char *why;
	uint64_t v;

	if (option_number(s, min, max, &v, &why) == -1)
		command_misused(c, "%s: %s: %s", option, s, why);
	return v;
}

/* Seconds with a fraction, as nanoseconds. */
static uint64_t
seconds(const struct command *c, const char *option, const char *s, bool zero)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end != '\0' || !isfinite(v) || v < 0 || v > 1e6 ||
	    (v == 0 && !zero))
		command_misused(c, "%s: %s: not a time in seconds", option, s);
	return v * 1e9;
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

static void
format(struct command *c, const char *name)
{
	int f = report_format_parse(name);

	if (f == -1)
		command_misused(c,
		    "--format: %s: not json, base64, hex or "
		    "text",
		    name);
	c->config.format = f;
}

void
command_begin(struct command *c)
{
	tool_begin();
	c->log = (struct log){ .stage = c->name, .level = LOG_LEVEL_INFO };
	c->config = (struct grab_config){
		.in = STDIN_FILENO,
		.out = STDOUT_FILENO,
		.concurrent = 500,
		.queue = 1000000,
		.connect_ns = 4000000000,
		.read_ns = 4000000000,
		.gap_ns = SECOND,
		.total_ns = 15000000000,
		.max_bytes = 65536,
		.status_fd = -1,
		.stage = c->name,
		.log = &c->log,
	};
}

static void
print_help(const struct command *c)
{
	fputs(c->usage, stdout);
	fputs(help, stdout);
	if (c->more_help != NULL)
		fputs(c->more_help, stdout);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

/* True if the option is one that both programs have. */
static bool
take(struct command *c, int option, char *arg)
{
	struct grab_config *g = &c->config;

	switch (option) {
	case 'p':
		g->hosts.port = command_number(c, "--port", arg, 1, 65535);
		break;
	case 'a':
		g->hosts.all = true;
		break;
	case 'c':
		g->concurrent = command_number(c, "--concurrent", arg, 1,
		    1000000);
		break;
	case QUEUE:
		g->queue = command_number(c, "--queue", arg, 1, 100000000);
		break;
	case 'd':
		data(c, arg);
		break;
	case TLS:
		g->tls = true;
		break;
	case SERVER_NAME:
		g->server_name = arg;
		break;
	case 't':
		g->connect_ns = seconds(c, "--connect-timeout", arg, false);
		break;
	case 'r':
		g->read_ns = seconds(c, "--read-timeout", arg, false);
		break;
	case 'g':
		g->gap_ns = seconds(c, "--gap", arg, true);
		break;
	case 'T':
		g->total_ns = seconds(c, "--total-timeout", arg, false);
		break;
	case MAX_RUNTIME:
		g->runtime_ns = seconds(c, "--max-runtime", arg, false);
		break;
	case 'm':
		g->max_bytes = command_number(c, "--max-bytes", arg, 1,
		    16 << 20);
		break;
	case 'u':
		until(c, arg);
		break;
	case 'f':
		format(c, arg);
		break;
	case STATUS_FD:
		g->status_fd = command_number(c, "--status-fd", arg, 0,
		    1 << 20);
		break;
	case 'q':
		c->log.level = LOG_LEVEL_WARN;
		break;
	case 'v':
		c->log.level = command_number(c, "--verbosity", arg, 0, 5);
		break;
	default:
		return false;
	}
	return true;
}

int
command_option(struct command *c, int argc, char **argv)
{
	struct option all[64] = { { NULL, 0, NULL, 0 } };
	size_t n = 0, i;
	char shorts[64];
	int option;

	for (i = 0; common[i].name != NULL; i++)
		all[n++] = common[i];
	for (i = 0; c->more != NULL && c->more[i].name != NULL; i++)
		all[n++] = c->more[i];
	/* + ends the options at the first operand, which may be a command */
	snprintf(shorts, sizeof shorts, "+%s%s", letters,
	    c->more_letters != NULL ? c->more_letters : "");
	while ((option = getopt_long(argc, argv, shorts, all, NULL)) != -1) {
		if (option == '?')
			exit(TOOL_MISUSED);
		if (option == 'h')
			print_help(c);
		if (option == 'V')
			tool_version(c->name);
		if (!take(c, option, optarg))
			return option;
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
	    "%u connections need %ju open files, and the limit "
	    "is %ju; raise it as root by: prlimit --pid $$ --nofile=%ju, or "
	    "use -c %ju",
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
