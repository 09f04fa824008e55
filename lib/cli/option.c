/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options, and getopt_long(3) fed from it; see option.h. */
#include "cli/option.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* A line for who takes it, one for what it is. */
/* clang-format off */
const struct option_def option_table[] = {
	{ OPT_BANDWIDTH, 'B', "bandwidth", NULL, "bps",
	    STAGE_SEND, STAGE_SEND, GROUP_COMMON,
	    "Send rate in bits/second (G, M, K); beats -r" },
	{ OPT_BATCH, 0, "batch", NULL, "n",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "Packets to hand over at once (default: 256)" },
	{ OPT_BLACKLIST_FILE, 'b', "blacklist-file", "blocklist-file", "path",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_COMMON,
	    "File of networks to exclude, one per line" },
	{ OPT_BUFFER_SIZE, 0, "buffer-size", NULL, "size",
	    STAGE_RECV, STAGE_RECV, GROUP_NETWORK,
	    "Capture buffer (suffixes K, M, G; default: 64M)" },
	{ OPT_CHECKPOINT, 0, "checkpoint", NULL, "path",
	    STAGE_SEND, STAGE_SEND, GROUP_SCAN,
	    "Keep the scan's position here, for --resume" },
	{ OPT_COMPLETION, 0, "completion", NULL, "shell",
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Print completion for bash, zsh or fish" },
	{ OPT_CONFIG, 'C', "config", NULL, "path",
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Options file (default: /etc/zmap/zmap.conf)" },
	{ OPT_COOLDOWN_TIME, 'c', "cooldown-time", NULL, "secs",
	    STAGE_RECV, STAGE_RECV, GROUP_SCAN,
	    "How long to receive after sending (default: 8)" },
	{ OPT_CORES, 0, "cores", NULL, "list",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "Cores to run the sender threads on, such as 0,2" },
	{ OPT_COUNT, 0, "count", NULL, NULL,
	    STAGE_TARGETS, 0, GROUP_SCAN,
	    "Print only how many targets there are" },
	{ OPT_DEDUP_METHOD, 0, "dedup-method", NULL, "method",
	    STAGE_RECV, STAGE_RECV, GROUP_RESULTS,
	    "Repeats: full, window or none (default: full)" },
	{ OPT_DEDUP_WINDOW_SIZE, 0, "dedup-window-size", NULL, "n",
	    STAGE_RECV, STAGE_RECV, GROUP_RESULTS,
	    "Answers to remember (default: 1000000)" },
	{ OPT_DISABLE_SYSLOG, 0, "disable-syslog", NULL, NULL,
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Do not write messages to syslog" },
	{ OPT_DRYRUN, 'd', "dryrun", NULL, NULL,
	    STAGE_SEND, STAGE_SEND | STAGE_ZMAP, GROUP_COMMON,
	    "Print each packet instead of sending it" },
	{ OPT_EXCLUDE, 0, "exclude", NULL, "path",
	    STAGE_SEND, STAGE_SEND, GROUP_SCAN,
	    "Networks to leave out, also while scanning" },
	{ OPT_FAST_DRYRUN, 0, "fast-dryrun", NULL, NULL,
	    STAGE_SEND, STAGE_SEND | STAGE_ZMAP, GROUP_SCAN,
	    "Write address and port of each, 6 bytes" },
	{ OPT_GATEWAY_MAC, 'G', "gateway-mac", NULL, "addr",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "MAC address of the gateway to send to" },
	{ OPT_HELP, 'h', "help", NULL, NULL,
	    STAGE_ALL, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Print help and exit" },
	{ OPT_IGNORE_BLOCKLIST_ERRORS, 0, "ignore-blocklist-errors", "ignore-blacklist-errors ignore-invalid-hosts", NULL,
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Warn of names that do not resolve, and go on" },
	{ OPT_IN_ORDER, 0, "in-order", NULL, NULL,
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Take targets as they come, not permuted" },
	{ OPT_INTERFACE, 'i', "interface", NULL, "name",
	    STAGE_SEND | STAGE_RECV, STAGE_SEND, GROUP_NETWORK,
	    "Network interface to send and capture on" },
	{ OPT_IO, 0, "io", NULL, "method",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "How to send: auto, xdp, ring, mmsg, ip, pcap" },
	{ OPT_IPLAYER, 'X', "iplayer", "vpn", NULL,
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "Send IP packets without an Ethernet header" },
	{ OPT_LINE_FD, 0, "line-fd", NULL, "n",
	    STAGE_STATUS, 0, GROUP_MONITOR,
	    "Draw status lines there, not on stderr" },
	{ OPT_LIST_OF_IPS_FILE, 'I', "list-of-ips-file", NULL, "path",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Scan these addresses or address:port pairs" },
	{ OPT_LIST_OUTPUT_FIELDS, 0, "list-output-fields", NULL, NULL,
	    STAGE_RECV | STAGE_OUT, STAGE_ZMAP, GROUP_RESULTS,
	    "List the fields of the probe module" },
	{ OPT_LIST_OUTPUT_MODULES, 0, "list-output-modules", NULL, NULL,
	    STAGE_OUT, STAGE_ZMAP, GROUP_RESULTS,
	    "List the output formats" },
	{ OPT_LIST_PROBE_MODULES, 0, "list-probe-modules", NULL, NULL,
	    STAGE_SEND | STAGE_RECV, STAGE_ZMAP, GROUP_PROBE,
	    "List the probe modules" },
	{ OPT_LOG_DIRECTORY, 'L', "log-directory", NULL, "path",
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_MONITOR,
	    "Write messages to a dated file in there" },
	{ OPT_LOG_FILE, 'l', "log-file", NULL, "path",
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_MONITOR,
	    "Write messages to this file" },
	{ OPT_MAX_RESULTS, 'N', "max-results", NULL, "n",
	    STAGE_OUT, STAGE_OUT, GROUP_SCAN,
	    "Exit after this many results" },
	{ OPT_MAX_RUNTIME, 't', "max-runtime", NULL, "secs",
	    STAGE_SEND, STAGE_SEND, GROUP_SCAN,
	    "Cap the time for sending packets" },
	{ OPT_MAX_SENDTO_FAILURES, 0, "max-sendto-failures", NULL, "n",
	    STAGE_SEND, STAGE_SEND, GROUP_SCAN,
	    "Stop after this many failures to send" },
	{ OPT_MAX_TARGETS, 'n', "max-targets", NULL, "n",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Cap the number of targets, or their share (%)" },
	{ OPT_METADATA_FILE, 'm', "metadata-file", NULL, "path",
	    STAGE_STATUS, STAGE_STATUS, GROUP_MONITOR,
	    "Write a JSON record of the scan at its end" },
	{ OPT_MIN_HITRATE, 0, "min-hitrate", NULL, "percent",
	    STAGE_RECV, STAGE_RECV, GROUP_SCAN,
	    "Stop when the hit rate stays below this" },
	{ OPT_NETMAP_WAIT_PING, 0, "netmap-wait-ping", NULL, "addr",
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_NETWORK,
	    "Not supported: there is no netmap here" },
	{ OPT_NO_BLACKLIST, 0, "no-blacklist", "no-blocklist", NULL,
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Scan more than a /8 without any blacklist" },
	{ OPT_NO_HEADER_ROW, 0, "no-header-row", NULL, NULL,
	    STAGE_OUT, STAGE_OUT, GROUP_RESULTS,
	    "Leave out the header row of CSV" },
	{ OPT_NOTES, 0, "notes", NULL, "text",
	    STAGE_STATUS, STAGE_STATUS, GROUP_MONITOR,
	    "Text to copy into the metadata" },
	{ OPT_OUTPUT_ARGS, 0, "output-args", NULL, "args",
	    STAGE_OUT, STAGE_OUT, GROUP_RESULTS,
	    "Arguments of the output format" },
	{ OPT_OUTPUT_FIELDS, 'f', "output-fields", NULL, "fields",
	    STAGE_OUT, STAGE_OUT, GROUP_RESULTS,
	    "Fields to print, separated by commas; * for all" },
	{ OPT_OUTPUT_FILE, 'o', "output-file", NULL, "path",
	    STAGE_OUT, STAGE_OUT, GROUP_COMMON,
	    "Write results to this file; - for stdout" },
	{ OPT_OUTPUT_FILTER, 0, "output-filter", NULL, "expression",
	    STAGE_ZMAP, STAGE_FILTER, GROUP_RESULTS,
	    "Print only answers for which this is true" },
	{ OPT_OUTPUT_MODULE, 'O', "output-module", NULL, "format",
	    STAGE_OUT, STAGE_OUT, GROUP_RESULTS,
	    "Output format (default: csv)" },
	{ OPT_PRINT_CONFIG, 0, "print-config", NULL, NULL,
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Print options in force, and their origin" },
	{ OPT_PRINT_PIPELINE, 0, "print-pipeline", NULL, NULL,
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Print the pipeline that would run, and exit" },
	{ OPT_PROBE_ARGS, 0, "probe-args", NULL, "args",
	    STAGE_SEND, STAGE_SEND, GROUP_PROBE,
	    "Arguments of the probe module" },
	{ OPT_PROBE_MODULE, 'M', "probe-module", NULL, "name",
	    STAGE_SEND | STAGE_RECV, STAGE_SEND | STAGE_RECV, GROUP_PROBE,
	    "Probe module (default: tcp_synscan)" },
	{ OPT_PROBE_TTL, 0, "probe-ttl", NULL, "n",
	    STAGE_SEND, STAGE_SEND, GROUP_PROBE,
	    "Time to live of probes (default: 64)" },
	{ OPT_PROBES, 'P', "probes", NULL, "n",
	    STAGE_SEND, STAGE_SEND, GROUP_SCAN,
	    "Probes to send to each target (default: 1)" },
	{ OPT_PROMETHEUS, 0, "prometheus", NULL, "path",
	    STAGE_STATUS, STAGE_STATUS, GROUP_MONITOR,
	    "Keep counters here, for node_exporter" },
	{ OPT_QUEUE_SIZE, 0, "queue-size", NULL, "size",
	    STAGE_RECV, STAGE_RECV, GROUP_NETWORK,
	    "For results of a slow reader (default: 256M)" },
	{ OPT_QUIET, 'q', "quiet", NULL, NULL,
	    STAGE_STATUS, STAGE_STATUS, GROUP_MONITOR,
	    "Do not print status lines" },
	{ OPT_RATE, 'r', "rate", NULL, "pps",
	    STAGE_SEND, STAGE_SEND, GROUP_COMMON,
	    "Send rate in packets/second (default: maximum)" },
	{ OPT_READ_PCAP, 0, "read-pcap", NULL, "path",
	    STAGE_RECV, 0, GROUP_NETWORK,
	    "Classify the packets of this savefile" },
	{ OPT_RESUME, 0, "resume", NULL, "path",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Go on where this checkpoint says" },
	{ OPT_RETRIES, 0, "retries", NULL, "n",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "Times to try again to send (default: 10)" },
	{ OPT_SEED, 'e', "seed", NULL, "n",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Seed of the order of targets" },
	{ OPT_SENDER_THREADS, 'T', "sender-threads", NULL, "n",
	    STAGE_SEND, STAGE_SEND, GROUP_SCAN,
	    "Threads used to send packets (default: 1)" },
	{ OPT_SHARD, 0, "shard", NULL, "n",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Which shard to scan, from 0 (needs --seed)" },
	{ OPT_SHARDS, 0, "shards", NULL, "n",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Split the scan into so many (needs --seed)" },
	{ OPT_SOURCE_IP, 'S', "source-ip", NULL, "list",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "Source addresses: address, range or list" },
	{ OPT_SOURCE_MAC, 0, "source-mac", NULL, "addr",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "Source MAC address" },
	{ OPT_SOURCE_PORT, 's', "source-port", NULL, "port",
	    STAGE_SEND, STAGE_SEND, GROUP_NETWORK,
	    "Source port or range (default: 32768-61000)" },
	{ OPT_SPILL_DIRECTORY, 0, "spill-directory", NULL, "path",
	    STAGE_RECV, STAGE_RECV, GROUP_NETWORK,
	    "Where results go that memory does not hold" },
	{ OPT_STAGE, 0, "stage", NULL, "stage=command",
	    STAGE_ZMAP, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Run this command in place of a stage" },
	{ OPT_START, 0, "start", NULL, "position",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "Begin at this position of the permutation" },
	{ OPT_STATUS_FD, 0, "status-fd", NULL, "n",
	    STAGE_ALL & ~(STAGE_ZMAP | STAGE_STATUS), 0, GROUP_MONITOR,
	    "Write a JSON status line a second there" },
	{ OPT_STATUS_UPDATES_FILE, 'u', "status-updates-file", NULL, "path",
	    STAGE_STATUS, STAGE_STATUS, GROUP_MONITOR,
	    "Write a CSV line of status every second" },
	{ OPT_SUMMARY, 'g', "summary", NULL, NULL,
	    STAGE_STATUS, STAGE_STATUS, GROUP_MONITOR,
	    "Print configuration and results at the end" },
	{ OPT_TARGET_PORTS, 'p', "target-ports", "target-port", "ports",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_COMMON,
	    "Ports to scan: 80,443,8000-8100 or *" },
	{ OPT_TEXT, 0, "text", NULL, "[separator]",
	    STAGE_TARGETS, 0, GROUP_SCAN,
	    "Print targets as text: address[:port]" },
	{ OPT_USER_METADATA, 0, "user-metadata", NULL, "json",
	    STAGE_STATUS, STAGE_STATUS, GROUP_MONITOR,
	    "JSON to copy into the metadata" },
	{ OPT_VALIDATE_SOURCE_PORT, 0, "validate-source-port", NULL, "how",
	    STAGE_RECV, STAGE_RECV, GROUP_RESULTS,
	    "Only from scanned ports: enable or disable" },
	{ OPT_VERBOSITY, 'v', "verbosity", NULL, "n",
	    STAGE_ALL, STAGE_ALL, GROUP_MONITOR,
	    "Level of log detail (0-5, default: 3)" },
	{ OPT_VERSION, 'V', "version", NULL, NULL,
	    STAGE_ALL, STAGE_ZMAP, GROUP_ADDITIONAL,
	    "Print version and exit" },
	{ OPT_WHERE, 0, "where", NULL, "address[:port]",
	    STAGE_TARGETS, 0, GROUP_SCAN,
	    "Print whether, when and where it is scanned" },
	{ OPT_WHITELIST_FILE, 'w', "whitelist-file", "allowlist-file", "path",
	    STAGE_TARGETS, STAGE_TARGETS, GROUP_SCAN,
	    "File of networks to limit the scan to" },
	{ OPT_WRITE_PCAP, 0, "write-pcap", NULL, "path",
	    STAGE_SEND | STAGE_RECV, STAGE_RECV, GROUP_NETWORK,
	    "Keep the packets in this savefile" },
	{ OPT_WRITE_STREAM, 0, "write-stream", NULL, "path",
	    STAGE_RECV, STAGE_RECV, GROUP_NETWORK,
	    "Keep what zmap-send says, for --read-pcap" },
	{ .name = NULL }
};
/* clang-format on */

static const struct {
	unsigned stage;
	const char *program;
} programs[] = {
	{ STAGE_TARGETS, "zmap-targets" },
	{ STAGE_SEND, "zmap-send" },
	{ STAGE_RECV, "zmap-recv" },
	{ STAGE_FILTER, "zmap-filter" },
	{ STAGE_OUT, "zmap-out" },
	{ STAGE_STATUS, "zmap-status" },
	{ STAGE_ZMAP, "zmap" },
};

static const char *const groups[] = {
	[GROUP_COMMON] = "Common options",
	[GROUP_SCAN] = "Scan options",
	[GROUP_NETWORK] = "Network options",
	[GROUP_PROBE] = "Probe options",
	[GROUP_RESULTS] = "Results options",
	[GROUP_MONITOR] = "Logging and status options",
	[GROUP_ADDITIONAL] = "Additional options",
};

bool
option_takes(unsigned stage, const struct option_def *d)
{
	return stage == STAGE_ZMAP ? d->route != 0 : (d->stages & stage) != 0;
}

bool
option_repeats(const struct option_def *d)
{
	return d->id == OPT_BLACKLIST_FILE || d->id == OPT_WHITELIST_FILE ||
	    d->id == OPT_LIST_OF_IPS_FILE || d->id == OPT_STAGE;
}

static int
has_arg(const struct option_def *d)
{
	if (d->arg == NULL)
		return no_argument;
	return d->arg[0] == '[' ? optional_argument : required_argument;
}

static void
add_long(struct options *o, size_t *n, const char *name,
    const struct option_def *d)
{
	o->longs[(*n)++] = (struct option){
		.name = name,
		.has_arg = has_arg(d),
		.val = d->id,
	};
}

int
option_begin(struct options *o, unsigned stage, int argc, char **argv)
{
	const struct option_def *d;
	char *s, *alias, *save;
	size_t n = 0, room = 1;

	*o = (struct options){ .stage = stage, .argc = argc, .argv = argv };
	for (d = option_table; d->name != NULL; d++)
		room += d->aliases != NULL ? 4 : 1;
	o->longs = calloc(room, sizeof *o->longs);
	o->seen = calloc(room, sizeof *o->seen);
	if (o->longs == NULL || o->seen == NULL)
		return -1;
	s = o->shorts;
	*s++ = ':'; /* tell a missing argument from an unknown option */
	for (d = option_table; d->name != NULL; d++) {
		if (!option_takes(stage, d))
			continue;
		add_long(o, &n, d->name, d);
		if (d->aliases != NULL) {
			/* kept for as long as the program runs */
			alias = strdup(d->aliases);
			if (alias == NULL)
				return -1;
			for (alias = strtok_r(alias, " ", &save); alias != NULL;
			     alias = strtok_r(NULL, " ", &save))
				add_long(o, &n, alias, d);
		}
		if (d->letter != 0) {
			*s++ = d->letter;
			if (d->arg != NULL)
				*s++ = ':';
		}
	}
	*s = '\0';
	optind = 0;
	opterr = 0;
	return 0;
}

/* Which option is meant by the value that getopt_long gave or left in optopt */
static const struct option_def *
by_value(const struct options *o, int c)
{
	const struct option_def *d;

	for (d = option_table; d->name != NULL; d++)
		if ((c == (int)d->id || (d->letter != 0 && c == d->letter)) &&
		    option_takes(o->stage, d))
			return d;
	return NULL;
}

static void
complain(const struct options *o, int c)
{
	const struct option_def *d = by_value(o, optopt);
	const char *word = o->argv[optind - 1], *near;
	char name[64];

	if (c == ':' && d != NULL) {
		warnx("--%s needs an argument (%s)", d->name, d->arg);
	} else if (optopt != 0 && d == NULL) {
		warnx("no option -%c", optopt);
	} else if (d != NULL) {
		warnx("--%s takes no argument", d->name);
	} else {
		snprintf(name, sizeof name, "%s", word + strspn(word, "-"));
		name[strcspn(name, "=")] = '\0';
		near = option_nearest(name, o->stage);
		if (option_ambiguous(name, o->stage))
			warnx("--%s is ambiguous", name);
		else if (near != NULL)
			warnx("no option --%s; did you mean --%s?", name, near);
		else
			warnx("no option --%s", name);
	}
}

int
option_next(struct options *o)
{
	const struct option_def *d;
	int c;

	c = getopt_long(o->argc, o->argv, o->shorts, o->longs, NULL);
	o->arg = optarg;
	o->index = optind;
	if (c == -1)
		return c;
	if (c == '?' || c == ':') {
		complain(o, c);
		return OPT_BAD;
	}
	d = by_value(o, c);
	if (d == NULL)
		return OPT_BAD;
	if (o->seen[d - option_table] && !option_repeats(d)) {
		warnx("--%s is given more than once", d->name);
		return OPT_BAD;
	}
	o->seen[d - option_table] = true;
	o->def = d;
	return d->id;
}

void
option_end(struct options *o)
{
	free(o->longs);
	free(o->seen);
	o->longs = NULL;
	o->seen = NULL;
}

const struct option_def *
option_lookup(const char *name)
{
	const struct option_def *d;
	size_t len = strlen(name);
	const char *at;

	for (d = option_table; d->name != NULL; d++) {
		if (strcmp(d->name, name) == 0)
			return d;
		for (at = d->aliases; at != NULL && *at != '\0';
		     at += strcspn(at, " "), at += strspn(at, " "))
			if (strcspn(at, " ") == len &&
			    strncmp(at, name, len) == 0)
				return d;
	}
	return NULL;
}

/* Calls see() for each name and alias that this program takes. */
static void
each_name(unsigned stage,
    void (
	*see)(void *, const struct option_def *, const char *name, size_t len),
    void *ctx)
{
	const struct option_def *d;
	const char *at;

	for (d = option_table; d->name != NULL; d++) {
		if (!option_takes(stage, d))
			continue;
		see(ctx, d, d->name, strlen(d->name));
		for (at = d->aliases; at != NULL && *at != '\0';
		     at += strcspn(at, " "), at += strspn(at, " "))
			see(ctx, d, at, strcspn(at, " "));
	}
}

struct prefix {
	const char *name;
	size_t len;
	const struct option_def *first;
	bool exact, ambiguous;
};

static void
see_prefix(void *ctx, const struct option_def *d, const char *name, size_t len)
{
	struct prefix *p = ctx;

	if (p->exact || p->len == 0 || p->len > len ||
	    strncmp(name, p->name, p->len) != 0)
		return;
	p->exact = p->len == len;
	if (p->first != NULL && p->first != d && !p->exact)
		p->ambiguous = true;
	if (p->exact)
		p->ambiguous = false;
	p->first = d;
}

const struct option_def *
option_lookup_prefix(const char *name, unsigned stage)
{
	struct prefix p = { .name = name, .len = strlen(name) };
	const struct option_def *d;

	if (p.len == 1)
		for (d = option_table; d->name != NULL; d++)
			if (d->letter == name[0] && option_takes(stage, d))
				return d;
	each_name(stage, see_prefix, &p);
	return p.ambiguous ? NULL : p.first;
}

bool
option_ambiguous(const char *name, unsigned stage)
{
	struct prefix p = { .name = name, .len = strlen(name) };

	each_name(stage, see_prefix, &p);
	return p.ambiguous;
}

/* Edits that turn a into b, Levenshtein's, or more than max. */
static size_t
distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t row[64], i, j, up, left_up;

	if (na >= 64 || nb >= 64)
		return 64;
	for (j = 0; j <= nb; j++)
		row[j] = j;
	for (i = 1; i <= na; i++) {
		left_up = row[0];
		row[0] = i;
		for (j = 1; j <= nb; j++) {
			up = row[j];
			row[j] = left_up + (a[i - 1] != b[j - 1]);
			if (up + 1 < row[j])
				row[j] = up + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			left_up = up;
		}
	}
	return row[nb];
}

struct nearest {
	const char *name;
	const struct option_def *def;
	size_t edits;
};

static void
see_nearest(void *ctx, const struct option_def *d, const char *name, size_t len)
{
	struct nearest *n = ctx;
	size_t typed = strlen(n->name), edits, cut;

	edits = distance(n->name, typed, name, len);
	if (len > typed + 1) {
		/* a prefix of it, with a slip */
		cut = 1 + distance(n->name, typed, name, typed + 1);
		if (cut < edits)
			edits = cut;
	}
	if (edits < n->edits) {
		n->edits = edits;
		n->def = d;
	}
}

const char *
option_nearest(const char *name, unsigned stage)
{
	struct nearest n = { .name = name,
		.edits = strlen(name) / 3 + 1 + (strlen(name) > 4) };

	each_name(stage, see_nearest, &n);
	return n.def != NULL ? n.def->name : NULL;
}

const char *
option_program(unsigned stage)
{
	size_t i;

	for (i = 0; i < sizeof programs / sizeof *programs; i++)
		if (programs[i].stage == stage)
			return programs[i].program;
	return "zmap";
}

/* Adds a word to the synopsis, in lines of under 80 columns. */
static void
word(FILE *f, size_t *column, size_t indent, const char *w)
{
	if (*column + 1 + strlen(w) > 78) {
		fprintf(f, "\n%*s", (int)indent, "");
		*column = indent;
	}
	*column += fprintf(f, " %s", w);
}

void
option_synopsis(FILE *f, unsigned stage, const char *operands)
{
	const struct option_def *d;
	size_t column, indent, n = 0;
	char w[96], flags[64];

	column = fprintf(f, "usage: %s", option_program(stage));
	indent = column;
	for (d = option_table; d->name != NULL; d++)
		if (option_takes(stage, d) && d->letter != 0 && d->arg == NULL)
			flags[n++] = d->letter;
	if (n > 0) {
		flags[n] = '\0';
		snprintf(w, sizeof w, "[-%s]", flags);
		word(f, &column, indent, w);
	}
	for (d = option_table; d->name != NULL; d++) {
		if (!option_takes(stage, d) ||
		    (d->letter != 0 && d->arg == NULL))
			continue;
		if (d->letter != 0)
			snprintf(w, sizeof w, "[-%c %s]", d->letter, d->arg);
		else if (d->arg == NULL)
			snprintf(w, sizeof w, "[--%s]", d->name);
		else if (d->arg[0] == '[')
			snprintf(w, sizeof w, "[--%s[=%s]", d->name,
			    d->arg + 1);
		else
			snprintf(w, sizeof w, "[--%s %s]", d->name, d->arg);
		word(f, &column, indent, w);
	}
	if (operands != NULL)
		word(f, &column, indent, operands);
	fputc('\n', f);
}

static void
help_line(FILE *f, const struct option_def *d)
{
	char left[80];
	int n = 0;

	if (d->letter != 0)
		n = snprintf(left, sizeof left, "-%c, ", d->letter);
	else
		n = snprintf(left, sizeof left, "    ");
	n += snprintf(left + n, sizeof left - n, "--%s", d->name);
	if (d->arg != NULL)
		snprintf(left + n, sizeof left - n,
		    d->arg[0] == '[' ? "[=%s" : "=%s",
		    d->arg[0] == '[' ? d->arg + 1 : d->arg);
	if (strlen(left) > 30)
		fprintf(f, "  %s\n  %-31s%s\n", left, "", d->help);
	else
		fprintf(f, "  %-31s%s\n", left, d->help);
}

void
option_help(FILE *f, unsigned stage, const char *operands)
{
	const struct option_def *d;
	unsigned g;
	bool any;

	option_synopsis(f, stage, operands);
	for (g = 0; g < sizeof groups / sizeof *groups; g++) {
		any = false;
		for (d = option_table; d->name != NULL; d++) {
			if (d->group != g || !option_takes(stage, d))
				continue;
			if (!any)
				fprintf(f, "\n%s:\n", groups[g]);
			any = true;
			help_line(f, d);
		}
	}
}

int
option_number(const char *s, uint64_t min, uint64_t max, uint64_t *v,
    const char **why)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	char *end;

	*why = "invalid number";
	if (!(s[0] >= '0' && s[0] <= '9'))
		return -1;
	errno = 0;
	*v = strtoull(s, &end, hex ? 16 : 10);
	if (*end != '\0' || end == s)
		return -1;
	if (errno == ERANGE || *v > max) {
		*why = "too large";
		return -1;
	}
	if (*v < min) {
		*why = "too small";
		return -1;
	}
	return 0;
}

int
option_size(const char *s, uint64_t min, uint64_t max, uint64_t *v,
    const char **why)
{
	static const char letters[] = "KMG";
	const char *letter;
	size_t n = strlen(s);
	unsigned shift = 0;
	char digits[32];

	*why = "invalid number";
	if (n == 0 || n >= sizeof digits)
		return -1;
	memcpy(digits, s, n + 1);
	letter = strchr(letters, digits[n - 1] & ~0x20);
	if (letter != NULL) {
		shift = 10 * (letter - letters + 1);
		digits[n - 1] = '\0';
	}
	if (option_number(digits, 0, UINT64_MAX >> shift, v, why) == -1)
		return -1;
	*v <<= shift;
	if (*v >= min && *v <= max)
		return 0;
	*why = *v < min ? "too small" : "too large";
	return -1;
}

int
option_fraction(const char *s, double max, double *v, const char **why)
{
	char *end;

	*why = "invalid number";
	if (strspn(s, "0123456789.") != strlen(s))
		return -1;
	*v = strtod(s, &end);
	if (end == s || *end != '\0')
		return -1;
	*why = "too large";
	return *v <= max ? 0 : -1;
}
