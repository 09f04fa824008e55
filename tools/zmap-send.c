/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-send: reads a stream of targets, sends their probes, and writes a
 * stream that tells zmap-recv what to look for.
 */
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/interface.h"
#include "base/utf8.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "probe/module.h"
#include "send/egress.h"
#include "send/send.h"

#define THREADS_MAX SENDER_THREADS_MAX

static void
defaults(struct send *s, struct log *log)
{
	*log = (struct log){ .stage = "send", .level = LOG_LEVEL_INFO };
	*s = (struct send){
		.log = log,
		.probe = probe_lookup("tcp_synscan"),
		.probe_file = "",
		.probes = 1,
		.ttl = 64,
		.source_port = 32768,
		.source_ports = 61000 - 32768 + 1,
		.way = "auto",
		.batch = 256,
		.retries = 10,
		.threads = 1,
		.max_failures = UINT64_MAX,
		.status_fd = -1,
	};
}

/* Ends the program if why is set. */
static void
check(const struct options *o, const char *why)
{
	if (why != NULL)
		errx(TOOL_MISUSED, "--%s: %s: %s", o->def->name, o->arg, why);
}

/* The port that *s begins with; *s goes behind it. */
static unsigned
parse_port(const struct options *o, const char **s)
{
	unsigned long port;
	char *end;

	if (**s < '0' || **s > '9')
		check(o, "not a port or a range of ports");
	port = strtoul(*s, &end, 10);
	if (port > 65535)
		check(o, "over 65535");
	*s = end;
	return port;
}

static void
set_source_port(struct send *s, const struct options *o)
{
	const char *p = o->arg;
	unsigned first = parse_port(o, &p), last = first;

	if (*p == '-') {
		p++;
		last = parse_port(o, &p);
	}
	if (*p != '\0')
		check(o, "not a port or a range of ports");
	if (first > last)
		check(o, "a range that ends before it begins");
	s->source_port = first;
	s->source_ports = last - first + 1;
}

static void
set_cores(struct send *s, const struct options *o)
{
	const char *p = o->arg;
	cpu_set_t ours;
	char *end;
	long core;

	if (sched_getaffinity(0, sizeof ours, &ours) == -1)
		err(EXIT_FAILURE, "--cores");
	for (;; p = end + 1) {
		core = strtol(p, &end, 10);
		if (end == p || core < 0 || core >= CPU_SETSIZE ||
		    (*end != ',' && *end != '\0'))
			check(o, "not a list of cores such as 0,2");
		if (!CPU_ISSET(core, &ours))
			check(o, "not cores that this program may use");
		if (s->ncores == THREADS_MAX)
			check(o, "too many cores");
		s->cores[s->ncores++] = core;
		if (*end == '\0')
			return;
	}
}

static void
set_seconds(uint64_t *ns, const struct options *o)
{
	char *end;
	double seconds = strtod(o->arg, &end);

	if (end == o->arg || *end != '\0' || !(seconds >= 0))
		check(o, "not a number of seconds");
	if (seconds > 1e9)
		check(o, "too large");
	*ns = seconds * SECOND;
}

static void
list_probes(void)
{
	size_t i;

	for (i = 0; probe_table[i] != NULL; i++)
		puts(probe_table[i]->name);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

/* Arguments by which one asks a probe module for something to read. */
static void
inform(const struct send *s)
{
	const char *text;

	if (s->probe->inform == NULL)
		return;
	text = s->probe->inform(s->probe_args);
	if (text == NULL)
		return;
	fputs(text, stdout);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

static void
help(const struct probe *p)
{
	option_help(stdout, STAGE_SEND, NULL);
	printf("\nprobe module %s:\n%s\n", p->name, p->help);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

static void
set_network(struct send *s, const struct options *o)
{
	switch ((int)o->def->id) {
	case OPT_GATEWAY_MAC:
		check(o, egress_mac(o->arg, s->gateway_mac));
		s->has_gateway_mac = true;
		break;
	case OPT_INTERFACE:
		check(o, interface_check(o->arg));
		s->interface = o->arg;
		break;
	case OPT_IO:
		if (strcmp(o->arg, "auto") != 0 && io_find(o->arg) == NULL)
			check(o, "no such way to send");
		s->way = o->arg;
		break;
	case OPT_IPLAYER:
		s->iplayer = true;
		break;
	case OPT_SOURCE_IP:
		check(o,
		    egress_sources(o->arg, s->sources, SENDER_SOURCES_MAX,
			&s->nsources));
		break;
	case OPT_SOURCE_MAC:
		check(o, egress_mac(o->arg, s->source_mac));
		s->has_source_mac = true;
		break;
	case OPT_SOURCE_PORT:
		set_source_port(s, o);
		break;
	case OPT_WRITE_PCAP:
		s->savefile = o->arg;
		break;
	}
}

static void
set_scan(struct send *s, const struct options *o)
{
	switch ((int)o->def->id) {
	case OPT_BANDWIDTH:
		check(o, rate_parse_bits(o->arg, &s->bandwidth));
		break;
	case OPT_BATCH:
		s->batch = tool_number(o, 1, IO_BATCH);
		break;
	case OPT_CHECKPOINT:
		s->checkpoint = o->arg;
		break;
	case OPT_CORES:
		set_cores(s, o);
		break;
	case OPT_DRYRUN:
		s->dry = DRY_TEXT;
		break;
	case OPT_EXCLUDE:
		s->exclude = o->arg;
		break;
	case OPT_FAST_DRYRUN:
		s->dry = DRY_BINARY;
		break;
	case OPT_MAX_RUNTIME:
		set_seconds(&s->max_runtime, o);
		break;
	case OPT_MAX_SENDTO_FAILURES:
		s->max_failures = strcmp(o->arg, "-1") == 0 ?
		    UINT64_MAX :
		    tool_number(o, 0, UINT64_MAX - 1);
		break;
	case OPT_RATE:
		check(o, rate_parse(o->arg, &s->rate));
		break;
	case OPT_RETRIES:
		s->retries = tool_number(o, 0, 1000000);
		break;
	case OPT_SENDER_THREADS:
		s->threads = tool_number(o, 1, THREADS_MAX);
		break;
	}
}

static void
set_probe(struct send *s, const struct options *o)
{
	static struct module module;
	char why[512];

	switch ((int)o->def->id) {
	case OPT_PROBE_ARGS:
		if (!utf8_valid((const unsigned char *)o->arg, strlen(o->arg)))
			check(o, "not UTF-8; give other bytes as hex:");
		s->probe_args = o->arg;
		break;
	case OPT_PROBE_MODULE:
		if (module_find(&module, o->arg, MODULE_BY_USER, why,
			sizeof why) == -1)
			check(o, why);
		s->probe = module.probe;
		s->probe_file = module.path;
		break;
	case OPT_PROBE_TTL:
		s->ttl = tool_number(o, 1, 255);
		break;
	case OPT_PROBES:
		s->probes = tool_number(o, 1, 65536);
		break;
	}
}

static void
set_common(struct send *s, struct log *log, const struct options *o, int c)
{
	switch (c) {
	case OPT_BAD:
		option_synopsis(stderr, STAGE_SEND, NULL);
		exit(TOOL_MISUSED);
	case OPT_HELP:
		help(s->probe);
		break;
	case OPT_LIST_PROBE_MODULES:
		list_probes();
		break;
	case OPT_STATUS_FD:
		s->status_fd = tool_number(o, 0, 1 << 20);
		break;
	case OPT_VERBOSITY:
		log->level = tool_number(o, 0, 5);
		break;
	case OPT_VERSION:
		tool_version("zmap-send");
		break;
	}
}

static void
parse(struct send *s, struct log *log, int argc, char **argv)
{
	struct options o;
	int c;

	defaults(s, log);
	s->argv = argv;
	if (option_begin(&o, STAGE_SEND, argc, argv) == -1)
		err(EXIT_FAILURE, NULL);
	while ((c = option_next(&o)) != -1) {
		set_common(s, log, &o, c);
		set_network(s, &o);
		set_scan(s, &o);
		set_probe(s, &o);
	}
	if (o.index < argc)
		errx(TOOL_MISUSED,
		    "%s: targets come from stdin; "
		    "give them to zmap-targets",
		    argv[o.index]);
	option_end(&o);
	inform(s);
	if (s->savefile != NULL && strcmp(s->way, "auto") == 0)
		s->way = "pcap";
	if ((s->savefile != NULL) != (strcmp(s->way, "pcap") == 0))
		errx(TOOL_MISUSED, "--write-pcap and --io pcap go together");
	if (s->savefile != NULL)
		s->threads = 1; /* one writes the file */
	if (s->probes > s->source_ports && s->probe->ports)
		errx(TOOL_MISUSED,
		    "--probes: %u probes to a target, but %u "
		    "source ports",
		    s->probes, s->source_ports);
}

int
main(int argc, char **argv)
{
	static struct send s;
	enum outcome outcome;
	struct log log;
	char why[1024];

	tool_begin();
	parse(&s, &log, argc, argv);
	tool_stream_in(STDIN_FILENO);
	if (s.dry != DRY_TEXT)
		tool_stream_out(STDOUT_FILENO);
	outcome = send_run(&s, why, sizeof why);
	if (why[0] != '\0')
		warnx("%s", why);
	tool_close_stdout();
	return outcome;
}
