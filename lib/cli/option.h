/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every option of every program, in one table: names, argument, help, which
 * programs take it, and which of them zmap(1) hands it to.  Usage texts, the
 * wrapper's routing, names in configuration files and shell completion all
 * come from here.
 *
 *	struct options o;
 *	int c;
 *
 *	option_begin(&o, STAGE_SEND, argc, argv);
 *	while ((c = option_next(&o)) != -1)
 *		switch (c) {
 *		case OPT_RATE:
 *			... o.arg ...
 *		}
 *	argv + o.index is what is left.
 */
#ifndef OPTION_H
#define OPTION_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum stage_bit {
	STAGE_TARGETS = 1 << 0,
	STAGE_SEND = 1 << 1,
	STAGE_RECV = 1 << 2,
	STAGE_FILTER = 1 << 3,
	STAGE_OUT = 1 << 4,
	STAGE_STATUS = 1 << 5,
	STAGE_ZMAP = 1 << 6,
	STAGE_ALL = (1 << 7) - 1,
};

enum option_group {
	GROUP_COMMON,
	GROUP_SCAN,
	GROUP_NETWORK,
	GROUP_PROBE,
	GROUP_RESULTS,
	GROUP_MONITOR,
	GROUP_ADDITIONAL,
};

enum option_id {
	OPT_BAD = '?', /* option_next has printed why */
	OPT_BANDWIDTH = 256,
	OPT_BATCH,
	OPT_BLACKLIST_FILE,
	OPT_BUFFER_SIZE,
	OPT_CHECKPOINT,
	OPT_COMPLETION,
	OPT_CONFIG,
	OPT_COOLDOWN_TIME,
	OPT_CORES,
	OPT_COUNT,
	OPT_DEDUP_METHOD,
	OPT_DEDUP_WINDOW_SIZE,
	OPT_DISABLE_SYSLOG,
	OPT_DRYRUN,
	OPT_EXCLUDE,
	OPT_FAST_DRYRUN,
	OPT_GATEWAY_MAC,
	OPT_HELP,
	OPT_IGNORE_BLOCKLIST_ERRORS,
	OPT_IN_ORDER,
	OPT_INTERFACE,
	OPT_IO,
	OPT_IPLAYER,
	OPT_LINE_FD,
	OPT_LIST_OF_IPS_FILE,
	OPT_LIST_OUTPUT_FIELDS,
	OPT_LIST_OUTPUT_MODULES,
	OPT_LIST_PROBE_MODULES,
	OPT_LOG_DIRECTORY,
	OPT_LOG_FILE,
	OPT_MAX_RESULTS,
	OPT_MAX_RUNTIME,
	OPT_MAX_SENDTO_FAILURES,
	OPT_MAX_TARGETS,
	OPT_METADATA_FILE,
	OPT_MIN_HITRATE,
	OPT_NETMAP_WAIT_PING,
	OPT_NOTES,
	OPT_NO_BLACKLIST,
	OPT_NO_HEADER_ROW,
	OPT_OUTPUT_ARGS,
	OPT_OUTPUT_FIELDS,
	OPT_OUTPUT_FILE,
	OPT_OUTPUT_FILTER,
	OPT_OUTPUT_MODULE,
	OPT_PRINT_CONFIG,
	OPT_PRINT_PIPELINE,
	OPT_PROBES,
	OPT_PROBE_ARGS,
	OPT_PROBE_MODULE,
	OPT_PROBE_TTL,
	OPT_PROMETHEUS,
	OPT_QUEUE_SIZE,
	OPT_QUIET,
	OPT_RATE,
	OPT_READ_PCAP,
	OPT_RESUME,
	OPT_RETRIES,
	OPT_SEED,
	OPT_SENDER_THREADS,
	OPT_SHARD,
	OPT_SHARDS,
	OPT_SOURCE_IP,
	OPT_SOURCE_MAC,
	OPT_SOURCE_PORT,
	OPT_SPILL_DIRECTORY,
	OPT_STAGE,
	OPT_START,
	OPT_STATUS_FD,
	OPT_STATUS_UPDATES_FILE,
	OPT_SUMMARY,
	OPT_TARGET_PORTS,
	OPT_TEXT,
	OPT_USER_METADATA,
	OPT_VALIDATE_SOURCE_PORT,
	OPT_VERBOSITY,
	OPT_VERSION,
	OPT_WHERE,
	OPT_WHITELIST_FILE,
	OPT_WRITE_PCAP,
	OPT_WRITE_STREAM,
};

struct option_def {
	enum option_id id;
	char letter; /* 0: none */
	const char *name;
	const char *aliases; /* further long names, by blanks */
	const char *arg;     /* NULL: a flag; "[x]": may be left out */
	unsigned stages;     /* programs that take it themselves */
	unsigned route;	     /* whom zmap hands it to; 0: not zmap's */
	enum option_group group;
	const char *help;
};

/* The name of a stage's program. */
const char *option_program(unsigned stage);

/* Sorted by name; ends with a NULL name. */
extern const struct option_def option_table[];

/* Does this program take the option?  zmap takes all that it hands on. */
bool option_takes(unsigned stage, const struct option_def *);

/* May it be given several times?  Of any other, one would be ignored. */
bool option_repeats(const struct option_def *);

struct option; /* getopt_long's */

struct options {
	unsigned stage;
	int argc;
	char **argv;
	const char *arg;	      /* of the option just given */
	const struct option_def *def; /* its line in the table */
	int index;		      /* first operand, at the end */
	struct option *longs;
	bool *seen; /* by the table's lines */
	char shorts[128];
};

/* -1 for lack of memory. */
int option_begin(struct options *, unsigned stage, int argc, char **argv);

/* The next OPT_*, OPT_BAD after printing what is wrong, -1 at the end. */
int option_next(struct options *);
void option_end(struct options *);

/* The line for a long name or alias (no prefixes), or NULL. */
const struct option_def *option_lookup(const char *name);

/*
 * The same among the options of one program (of zmap: all that it hands on)
 * for what a person types: also a letter, or a prefix of one option's names.
 */
const struct option_def *option_lookup_prefix(const char *name, unsigned stage);
bool option_ambiguous(const char *name, unsigned stage); /* a prefix */

/* The name most like this one, or NULL if none is like it. */
const char *option_nearest(const char *name, unsigned stage);

/* "usage: zmap-send [-dX] [-B bps] ...": what SYNOPSIS says, in lines. */
void option_synopsis(FILE *, unsigned stage, const char *operands);

/* The synopsis and a line or two for each option: --help. */
void option_help(FILE *, unsigned stage, const char *operands);

/*
 * A whole number from min to max, decimal or 0x; 0 and *v, or -1 and *why
 * ("invalid", "too small", "too large"), in the manner of strtonum(3).
 */
int option_number(const char *s, uint64_t min, uint64_t max, uint64_t *v,
    const char **why);

/* The same for sizes: "64M"; K, M and G are powers of two. */
int option_size(const char *s, uint64_t min, uint64_t max, uint64_t *v,
    const char **why);

/* The same for a decimal fraction, such as seconds, from 0 to max. */
int option_fraction(const char *s, double max, double *v, const char **why);

#endif
