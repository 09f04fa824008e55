/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-send: reads a stream of targets, sends their probes, and writes a
 * stream that tells zmap-recv what to look for.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr/sources.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "probe/attribution.h"
#include "probe/module.h"
#include "scan/back.h"
#include "send/egress.h"
#include "send/send.h"

_Static_assert(OPTION_BATCH_MAX <= IO_BATCH, "--batch");
_Static_assert(OPTION_THREADS_MAX <= SENDER_THREADS_MAX, "--sender-threads");

static void
send_set_ports(struct send *s, struct argument ports)
{
	s->source_port = ports.number;
	s->source_ports = ports.last - ports.number + 1;
}

static void
defaults(struct send *s)
{
	*s = (struct send){
		.probe = probe_lookup("tcp_synscan"),
		.probe_file = "",
		.probes = option_standard(option_table, OPT_PROBES).number,
		.ttl = option_standard(option_table, OPT_PROBE_TTL).number,
		.way = "auto",
		.batch = option_standard(option_table, OPT_BATCH).number,
		.retries = option_standard(option_table, OPT_RETRIES).number,
		.checkpoint_lag =
		    option_standard(option_table, OPT_CHECKPOINT_LAG).real *
		    SECOND,
		.max_failures = UINT64_MAX,
		.back = -1,
		.max_loss = 100,
	};
	send_set_ports(s, option_standard(option_table, OPT_SOURCE_PORT));
}

/* Ends the program. */
static void __attribute__((noreturn))
refuse_value(const struct options *o, const char *why)
{
	errx(TOOL_MISUSED, "--%s: %s: %s", o->def->name, o->arg, why);
}

static void
send_list_probes(void)
{
	module_list(stdout);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

/* Arguments by which one asks a probe module for something to read. */
static void
send_inform(const struct send *s)
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

/* Of -M NAME -h: what the module says of itself. */
static void
send_help(void *ctx)
{
	const struct send *s = ctx;

	printf("probe module %s:\n%s\n%s\n%s", s->probe->name, s->probe->help,
	    attribution_help(s->probe), attribution_help6(s->probe));
}

static void
set_network(struct send *s, const struct options *o)
{
	const char *why;

	switch ((int)o->def->id) {
	case OPT_GATEWAY_MAC:
		memcpy(s->gateway_mac, o->value.mac, MAC_SIZE);
		s->has_gateway_mac = true;
		break;
	case OPT_INTERFACE:
		s->interface = o->arg;
		break;
	case OPT_IO:
		s->way = o->arg;
		break;
	case OPT_IPLAYER:
		s->iplayer = true;
		break;
	case OPT_ON_LINK:
		s->on_link = true;
		break;
	case OPT_SOURCE_IP:
		sources_parse(o->arg, &s->sources, &why);
		break;
	case OPT_SOURCE_MAC:
		memcpy(s->source_mac, o->value.mac, MAC_SIZE);
		s->has_source_mac = true;
		break;
	case OPT_SOURCE_PORT:
		send_set_ports(s, o->value);
		break;
	case OPT_WRITE_PCAP:
		s->savefile = o->arg;
		break;
	}
}

static void
send_open_back(struct send *s, const struct options *o)
{
	char why[128];

	s->back = o->def->id == OPT_BACK ?
	    back_open_in(o->arg, why, sizeof why) :
	    back_take_fd(o->value.number, why, sizeof why);
	if (s->back == -1)
		refuse_value(o, why);
}

static void
send_set_scan(struct send *s, const struct options *o)
{
	const char *why;

	switch ((int)o->def->id) {
	case OPT_BACK:
	case OPT_BACK_FD:
		send_open_back(s, o);
		break;
	case OPT_BANDWIDTH:
		s->bandwidth = o->value.real;
		break;
	case OPT_BATCH:
		s->batch = o->value.number;
		s->batch_given = true;
		break;
	case OPT_CHECKPOINT:
		s->checkpoint = o->arg;
		break;
	case OPT_CHECKPOINT_LAG:
		s->checkpoint_lag = o->value.real * SECOND;
		break;
	case OPT_CORES:
		cores_parse(o->arg, s->cores, &s->ncores, &why);
		break;
	case OPT_DRYRUN:
		s->dry = DRY_TEXT;
		break;
	case OPT_EXCLUDE:
		s->exclude = o->arg;
		break;
	case OPT_LIST_ROUTES:
		s->dry = DRY_ROUTES;
		break;
	case OPT_FAST_DRYRUN:
		s->dry = DRY_BINARY;
		break;
	case OPT_MAX_LOSS:
		s->measure_loss = true;
		s->max_loss = o->value.real;
		break;
	case OPT_MEASURE_LOSS:
		s->measure_loss = true;
		break;
	case OPT_MAX_RUNTIME:
		s->max_runtime = o->value.number;
		break;
	case OPT_MAX_SENDTO_FAILURES:
		s->max_failures = o->value.number;
		break;
	case OPT_RATE:
		s->rate = o->value.real;
		s->rate_auto = o->value.number == ARGUMENT_WORD;
		break;
	case OPT_RATE_SHARE:
		s->rate_share = o->value.real;
		s->running = o->value.number;
		break;
	case OPT_RESEND:
		s->resend_silent = true;
		break;
	case OPT_RETRIES:
		s->retries = o->value.number;
		break;
	case OPT_SENDER_THREADS:
		s->threads = o->value.number;
		break;
	}
}

static const char *
names(void)
{
	static char all[512];

	module_names(all, sizeof all);
	return all;
}

static void
set_probe(struct send *s, const struct options *o)
{
	static struct module module;
	const char *wrong;
	char why[512];

	switch ((int)o->def->id) {
	case OPT_ATTRIBUTION:
		if (attribution_check(o->arg, &wrong) == -1)
			refuse_value(o, wrong);
		s->attribution = o->arg;
		break;
	case OPT_ATTRIBUTION_PADN:
		s->attribution_padn = true;
		break;
	case OPT_ANONYMOUS:
		s->anonymous = true;
		break;
	case OPT_CONTACT:
		if (attribution_check(o->arg, &wrong) == -1)
			refuse_value(o, wrong);
		s->contact = o->arg;
		break;
	case OPT_PROBE_ARGS:
		if (!utf8_valid((const unsigned char *)o->arg, strlen(o->arg)))
			refuse_value(o, "not UTF-8; give other bytes as hex:");
		s->probe_args = o->arg;
		break;
	case OPT_PROBE_MODULE:
		if (module_find(&module, o->arg, MODULE_BY_USER, why,
			sizeof why) == -1)
			tool_unknown_probe(o->arg, why, names());
		s->probe = module.probe;
		s->probe_file = module.path;
		break;
	case OPT_PROBE_TTL:
		s->ttl = o->value.number;
		break;
	case OPT_PROBES:
		s->probes = o->value.number;
		s->probes_given = true;
		break;
	}
}

static void
send_parse(struct send *s, struct tool *t, int argc, char **argv)
{
	const struct options *o = &t->options;
	int c;

	tool_begin(t, program_of(STAGE_SEND), argc, argv);
	defaults(s);
	s->argv = argv;
	s->log = &t->log;
	t->ctx = s;
	while ((c = tool_next(t)) != -1) {
		if (c == OPT_LIST_PROBE_MODULES)
			send_list_probes();
		if (c == OPT_PROBE_MODULE)
			t->help = send_help;
		set_network(s, o);
		send_set_scan(s, o);
		set_probe(s, o);
	}
	s->status_fd = t->status_fd;
	option_end(&t->options);
	send_inform(s);
	if (s->savefile != NULL && strcmp(s->way, "auto") == 0)
		s->way = "pcap";
	if ((s->savefile != NULL) != (strcmp(s->way, "pcap") == 0))
		errx(TOOL_MISUSED, "--write-pcap and --io pcap go together");
	if (s->attribution_padn && s->attribution == NULL)
		errx(TOOL_MISUSED,
		    "--attribution-padn: --attribution says what to put there");
	if (s->on_link && s->interface == NULL)
		errx(TOOL_MISUSED, "--on-link: -i names the link");
	if (s->savefile != NULL)
		s->threads = 1; /* one writes the file */
	if (s->probes > s->source_ports && s->probe->ports)
		errx(TOOL_MISUSED,
		    "--probes: %u probes to a target, but %u source ports",
		    s->probes, s->source_ports);
}

int
main(int argc, char **argv)
{
	static struct send s;
	enum outcome outcome;
	struct tool t;
	char why[1024];

	send_parse(&s, &t, argc, argv);
	tool_stream_in(STDIN_FILENO);
	if (s.dry != DRY_TEXT && s.dry != DRY_ROUTES)
		tool_stream_out(STDOUT_FILENO, "pipe it to zmap-recv");
	outcome = send_run(&s, why, sizeof why);
	if (why[0] != '\0')
		warnx("%s", why);
	tool_close_stdout();
	return outcome;
}
