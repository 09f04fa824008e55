/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forge-socket: like banner-grab-tcp, but on the connection that the scan's
 * own SYN has opened half: no second handshake.
 *
 *	forge-socket -d http-req -- zmap -p 80 -O cbor 10.0.0.0/8
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rights.h"
#include "child.h"
#include "command.h"
#include "guard.h"
#include "scan/scan.h"

#define NO_SCALE (-1)
#define UNKNOWN	 (-2)

struct forger {
	struct command command;
	struct guard guard;
	struct rule rule;
	bool print_rule, no_rule;
	int own_scale;	  /* window shift that our SYNs offer */
	uint64_t rule_us; /* there since then, wall clock */
	bool early_said;
	char why[300];
};

static const struct program program = {
	.name = "forge-socket",
	.stage = STAGE_FORGE,
	.table = command_table,
	.operands = "[command [argument ...]]",
	.about = COMMAND_ABOUT
	"  The connections are those that the scan has opened half.  With a command, it is started once the rule is there, and its output read instead of stdin.",
	.stops = true,
};

/*
 * What window scaling the layouts of tcp_synscan offer, by its arguments:
 * "[LAYOUT][,rtt]".  The timestamps of rtt are told by the answers.
 */
static int
scale_of(const char *args)
{
	static const struct {
		const char *name;
		int scale;
	} layouts[] = {
		{ "default", 8 },
		{ "windows", 8 },
		{ "linux", 7 },
		{ "bsd", 6 },
		{ "smallest-probes", NO_SCALE },
	};
	const char *name = "default", *s;
	size_t n, size = strlen(name), i;
	bool named = false;

	for (s = args; *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		if (n == 3 && memcmp(s, "rtt", n) == 0)
			continue;
		if (named)
			return UNKNOWN;
		named = true;
		name = s;
		size = n;
	}
	for (i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (strlen(layouts[i].name) == size &&
		    memcmp(layouts[i].name, name, size) == 0)
			return layouts[i].scale;
	return UNKNOWN;
}

/* --- connections --- */

static bool
forge_socket_has(const struct host *h, enum host_value i)
{
	return h->has & 1u << i;
}

/*
 * Did the host answer when the rule was not there yet?  Then the kernel has
 * reset the connection, and what the host would say to a socket is not news.
 */
static bool
is_early(struct forger *t, const struct host *h)
{
	if (t->no_rule || !forge_socket_has(h, HOST_SECONDS) ||
	    h->v[HOST_SECONDS] * UINT64_C(1000000) +
		    (forge_socket_has(h, HOST_MICROSECONDS) ?
			    h->v[HOST_MICROSECONDS] :
			    999999) >=
		t->rule_us)
		return false;
	if (!t->early_said)
		log_say(&t->command.tool.log, LOG_LEVEL_WARN,
		    "there are answers from before the rule was there, and the kernel has reset them; start the scan by: forge-socket ... -- zmap ...");
	t->early_said = true;
	return true;
}

static int
open_forged(void *ctx, const struct host *h, bool *connected, const char **why)
{
	struct forger *t = ctx;
	const struct grab_config *config = &t->command.config;
	struct forge f = {
		.six = h->six,
		.address = h->v[HOST_ADDRESS],
		.address6 = h->address,
		.own_address6 = h->own_address,
		.port = h->v[HOST_PORT],
		.own_address = h->v[HOST_OWN_ADDRESS],
		.own_port = h->v[HOST_OWN_PORT],
		.sequence = h->v[HOST_SEQUENCE],
		.acknowledged = h->v[HOST_ACKNOWLEDGED],
		.window = h->v[HOST_WINDOW],
		.own_scale = 0,
		.time = h->v[HOST_TIME_ECHO],
	};

	if (forge_socket_has(h, HOST_MSS))
		f.mss = h->v[HOST_MSS];
	f.scaled = forge_socket_has(h, HOST_SCALE) && h->v[HOST_SCALE] > 0 &&
	    t->own_scale != NO_SCALE;
	if (f.scaled) {
		f.scale = __builtin_ctz(h->v[HOST_SCALE]);
		f.own_scale = t->own_scale;
	}
	f.sack = forge_socket_has(h, HOST_SACK) && h->v[HOST_SACK] != 0;
	f.timed = forge_socket_has(h, HOST_TIME) &&
	    forge_socket_has(h, HOST_TIME_ECHO);
	/* in TLS it is we who speak first */
	f.acknowledge = config->request == NULL && !config->tls;
	*connected = true;
	if (is_early(t, h)) {
		*why = "answered before the rule was there";
		errno = ESTALE;
		return -1;
	}
	*why = t->guard.why;
	return guard_socket(&t->guard, &f);
}

/* --- the scan --- */

static void
narrow(struct rule *r, const struct scan *s)
{
	const struct facts_wide *wide = &s->facts.sources6;
	size_t i;

	r->naddresses = r->nports = 0;
	if (s->facts.source_ports.count > 0) {
		r->first = s->facts.source_ports.first;
		r->last = s->facts.source_ports.first +
		    s->facts.source_ports.count - 1;
	}
	for (i = 0; i < s->facts.nsources && s->facts.nsources <= RULE_MAX; i++)
		r->addresses[r->naddresses++] = s->facts.sources[i];
	r->six = s->facts.family == 6;
	r->prefix = s->facts.source_prefix;
	for (i = 0; i < wide->n && wide->n <= RULE_MAX; i++)
		r->addresses6[r->naddresses++] = ip6_get(
		    wide->bytes + IP6_SIZE * i);
	for (i = 0; i < s->nports; i++) {
		if (r->nports > 0 &&
		    r->ports[r->nports - 1][1] + 1 == s->ports[i]) {
			r->ports[r->nports - 1][1]++;
			continue;
		}
		if (r->nports == RULE_MAX) {
			r->nports = 0; /* too many: for all ports */
			break;
		}
		r->ports[r->nports][0] = r->ports[r->nports][1] = s->ports[i];
		r->nports++;
	}
}

static int
put_rule(struct forger *t)
{
	if (t->no_rule)
		return guard_ports(&t->guard, &t->rule);
	if (guard_rule(&t->guard, &t->rule) == -1)
		return -1;
	if (t->rule_us == 0)
		t->rule_us = clock_wall_ns() / MICROSECOND;
	return 0;
}

static int
check_probe(struct forger *t, const struct header *h)
{
	struct facts facts;
	int rc;

	rc = facts_decode(&facts, &h->scan, FACT_PROBE, t->why, sizeof t->why);
	if (rc == 0 && strcmp(facts.probe, "tcp_synscan") != 0) {
		snprintf(t->why, sizeof t->why,
		    "stdin: a scan by %s, not by tcp_synscan",
		    facts.has & FACT_PROBE ? facts.probe : "who knows what");
		rc = -1;
	}
	facts_free(&facts);
	return rc;
}

static int
forge_socket_begin_segment(void *ctx, const struct header *h, const char **why)
{
	struct forger *t = ctx;
	struct rule rule = t->rule;
	struct scan scan;
	int rc;

	*why = t->why;
	rc = check_probe(t, h);
	if (rc == -1)
		return -1;
	rc = scan_read(&scan, h, t->why, sizeof t->why);
	if (rc == 0) {
		t->own_scale = scale_of(
		    scan.facts.probe_args != NULL ? scan.facts.probe_args : "");
		if (t->own_scale == UNKNOWN) {
			snprintf(t->why, sizeof t->why,
			    "stdin: a scan by tcp_synscan with --probe-args that are not known");
			rc = -1;
		}
	}
	if (rc == 0) {
		narrow(&t->rule, &scan);
		if (memcmp(&rule, &t->rule, sizeof rule) != 0 &&
		    put_rule(t) == -1) {
			snprintf(t->why, sizeof t->why, "nftables: %s",
			    t->guard.why);
			rc = -1;
		}
	}
	scan_free(&scan);
	return rc;
}

/* --- the program --- */

static void
forge_socket_parse(struct forger *t, int argc, char **argv)
{
	struct command *c = &t->command;
	const struct options *o = &c->tool.options;
	int option;

	command_begin(c, &program, argc, argv);
	while ((option = command_option(c)) != -1)
		switch (option) {
		case OPT_SOURCE_PORT:
			t->rule.first = o->value.number;
			t->rule.last = o->value.last;
			break;
		case OPT_PROBE_ARGS:
			t->own_scale = scale_of(o->arg);
			if (t->own_scale == UNKNOWN)
				command_misused(c,
				    "--probe-args: %s: not known of tcp_synscan",
				    o->arg);
			break;
		case OPT_PRINT_RULE:
			t->print_rule = true;
			break;
		case OPT_NO_RULE:
			t->no_rule = true;
			break;
		}
	if (c->config.hosts.port != 0) {
		t->rule.nports = 1;
		t->rule.ports[0][0] = t->rule.ports[0][1] =
		    c->config.hosts.port;
	}
}

static void
print_rule(const struct rule *r)
{
	char text[RULE_TEXT];

	rule_text(r, RULE_TABLE, false, text);
	fputs(text, stdout);
	tool_close_stdout();
}

int
main(int argc, char **argv)
{
	struct forger t = {
		.rule = { .first = 32768, .last = 61000 },
		.own_scale = 8,
	};
	struct command *c = &t.command;
	enum outcome status = OUTCOME_FAILED;
	struct child child = { .out = -1 };

	forge_socket_parse(&t, argc, argv);
	if (t.print_rule) {
		print_rule(&t.rule);
		return EXIT_SUCCESS;
	}
	c->config.hosts.needed = 1 << HOST_OWN_ADDRESS | 1 << HOST_OWN_PORT |
	    1 << HOST_SEQUENCE | 1 << HOST_ACKNOWLEDGED | 1 << HOST_WINDOW;
	c->config.opener = (struct grab_opener){ .ctx = &t,
		.open = open_forged,
		.segment = forge_socket_begin_segment };
	command_files(c);
	if (guard_start(&t.guard) == -1)
		errx(EXIT_FAILURE, "TCP_REPAIR: %s (it needs CAP_NET_ADMIN)",
		    t.guard.why);
	if (put_rule(&t) == -1)
		errx(EXIT_FAILURE, "nftables: %s", t.guard.why);
	if (c->tool.options.index < argc)
		c->config.in = child_start(&child,
		    argv + c->tool.options.index);
	if (c->config.in == -1)
		warn("%s", argv[c->tool.options.index]);
	else
		status = command_run(c, RIGHTS_PACKETS);
	if (guard_end(&t.guard) == -1) {
		warnx("removing the rule: %s", t.guard.why);
		status = OUTCOME_FAILED;
	}
	/* after the rule has gone, however long it takes */
	if (child.out != -1)
		status = outcome_worse(status, child_outcome(&child));
	return status;
}
