/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every option of every program, in one table: names, argument, type, range
 * and default, help, which programs take it, and which of them zmap(1) hands
 * it to.  Parsing, help, the wrapper's routing, names in configuration files,
 * shell completion and what a program says of itself all come from here.
 *
 *	struct options o;
 *	int c;
 *
 *	option_begin(&o, program_of(STAGE_SEND), argc, argv);
 *	while ((c = option_next(&o)) != -1)
 *		switch (c) {
 *		case OPT_RATE:
 *			... o.value.real, or the text: o.arg ...
 *		}
 *	argv + o.index is what is left.
 *
 * A value that is not of its row's type and range never gets to the caller.
 * cli/tool.h does the rest that is the same in every program.
 */
#ifndef OPTION_H
#define OPTION_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/argument.h"

enum stage_bit {
	STAGE_TARGETS = 1 << 0,
	STAGE_SEND = 1 << 1,
	STAGE_RECV = 1 << 2,
	STAGE_FILTER = 1 << 3,
	STAGE_OUT = 1 << 4,
	STAGE_STATUS = 1 << 5,
	STAGE_ZMAP = 1 << 6,
	STAGE_ALL = (1 << 7) - 1,
	STAGE_DIFF = 1 << 7,  /* no stage of a scan */
	STAGE_IN = 1 << 8,    /* nor is this */
	STAGE_MERGE = 1 << 9, /* nor this */
	STAGE_LAST = STAGE_MERGE,
	/* programs with tables of their own */
	STAGE_BANNER = 1 << 12,
	STAGE_FORGE = 1 << 10,
	STAGE_COMPANION = 1 << 11, /* each of examples/companions */
	STAGE_OPTOUT = 1 << 14,
};

enum option_group {
	GROUP_COMMON,
	GROUP_TARGETS,
	GROUP_SCAN,
	GROUP_NETWORK,
	GROUP_PROBE,
	GROUP_RESULTS,
	GROUP_HOSTS,
	GROUP_TALK,
	GROUP_RULE,
	GROUP_MONITOR,
	GROUP_ADDITIONAL,
};

enum option_id {
	OPT_BAD = '?', /* option_next has printed why */
	OPT_ALIASED = 256,
	OPT_APPEND,
	OPT_ANONYMOUS,
	OPT_ATTRIBUTION,
	OPT_ATTRIBUTION_PADN,
	OPT_BACK,
	OPT_BACK_FD,
	OPT_BANDWIDTH,
	OPT_BATCH,
	OPT_BLACKLIST_FILE,
	OPT_BUFFER_SIZE,
	OPT_CHECK,
	OPT_CHECK_SOURCE,
	OPT_CHECK_WAIT,
	OPT_CHECKPOINT,
	OPT_CHECKPOINT_LAG,
	OPT_COMPARE,
	OPT_COMPLETION,
	OPT_CONFIG,
	OPT_CONTACT,
	OPT_COOLDOWN_TIME,
	OPT_CORES,
	OPT_COUNT,
	OPT_DEDUP_BY,
	OPT_DEDUP_METHOD,
	OPT_DEDUP_WINDOW_SIZE,
	OPT_DENSE,
	OPT_DENSE_SHARE,
	OPT_DESCRIPTION,
	OPT_DISABLE_SYSLOG,
	OPT_DRYRUN,
	OPT_EXCLUDE,
	OPT_FAST_DRYRUN,
	OPT_GATEWAY_MAC,
	OPT_HELP,
	OPT_IGNORE_BLOCKLIST_ERRORS,
	OPT_IID,
	OPT_IN_ORDER,
	OPT_INTERFACE,
	OPT_IO,
	OPT_IPLAYER,
	OPT_IPV4,
	OPT_IPV6,
	OPT_KEYS,
	OPT_LANGUAGES,
	OPT_LINE_FD,
	OPT_LIST_OF_IPS_FILE,
	OPT_LIST_OUTPUT_FIELDS,
	OPT_LIST_OUTPUT_MODULES,
	OPT_LIST_PROBE_MODULES,
	OPT_LIST_ROUTES,
	OPT_LOG_DIRECTORY,
	OPT_LOG_FILE,
	OPT_MAX_LOSS,
	OPT_MAX_RESULTS,
	OPT_MAX_RUNTIME,
	OPT_MAX_SENDTO_FAILURES,
	OPT_MAX_TARGETS,
	OPT_MEMORY,
	OPT_MEASURE_LOSS,
	OPT_METADATA_FILE,
	OPT_MIN_HITRATE,
	OPT_NETMAP_WAIT_PING,
	OPT_NON_ALIASED,
	OPT_NOTES,
	OPT_NO_BLACKLIST,
	OPT_NO_HEADER_ROW,
	OPT_ON_LINK,
	OPT_ONLY_FIELDS,
	OPT_OUTPUT_ARGS,
	OPT_OUTPUT_FIELDS,
	OPT_OUTPUT_FILE,
	OPT_OUTPUT_FILTER,
	OPT_OUTPUT_MODULE,
	OPT_POLITE,
	OPT_PRINT_CONFIG,
	OPT_PRINT_PIPELINE,
	OPT_PROBES,
	OPT_PROBE_ARGS,
	OPT_PROBE_MODULE,
	OPT_PROBE_TTL,
	OPT_PROBING_TXT,
	OPT_PROMETHEUS,
	OPT_QUEUE_SIZE,
	OPT_QUIET,
	OPT_RATE,
	OPT_RATE_SHARE,
	OPT_READ_PCAP,
	OPT_RESEND,
	OPT_RESUME,
	OPT_RETRIES,
	OPT_SCAN_ID,
	OPT_SEED,
	OPT_SENDER_THREADS,
	OPT_SHARD,
	OPT_SHARDS,
	OPT_SOURCE_IP,
	OPT_SOURCE_MAC,
	OPT_SOURCE_PORT,
	OPT_SPILL_DIRECTORY,
	OPT_SPREAD,
	OPT_STAGE,
	OPT_START,
	OPT_STATUS_FD,
	OPT_STATUS_FILE,
	OPT_STATUS_UPDATES_FILE,
	OPT_SUMMARY,
	OPT_TARGET_PORTS,
	OPT_TEXT,
	OPT_TEXT_FIELDS,
	OPT_TEXT_FORMAT,
	OPT_USER_METADATA,
	OPT_VALIDATE_SOURCE_PORT,
	OPT_VERBOSITY,
	OPT_VERSION,
	OPT_WHERE,
	OPT_WHITELIST_FILE,
	OPT_WRITE_PCAP,
	OPT_WRITE_STREAM,
	OPT_OWN, /* the first of a program with a table of its own */
};

/* What arrays of zmap-send have room for. */
#define OPTION_BATCH_MAX   1024
#define OPTION_THREADS_MAX 255

struct option_def {
	int id;
	char letter; /* 0: none */
	const char *name;
	const char *aliases; /* further long names, by blanks */
	const char *arg;     /* NULL: a flag; "[x]": may be left out */
	unsigned stages;     /* programs that take it themselves */
	unsigned route;	     /* stage that zmap hands it to; 0: not zmap's */
	enum option_group group;
	const char *help;

	enum argument_type type;
	uint64_t min, max;    /* of numbers; max 0: the type's own */
	const char *words;    /* for ARG_WORD and ARG_WORDS, by blanks */
	const char *standard; /* in force if nothing is given, or NULL */
	const char *ask;      /* shell words that print values, or NULL */
	bool repeats;	      /* may be given several times */
	bool steers;	      /* needs the way back, see scan/back.h */
};

/*
 * Rows that a table of a program's own has in common with others; tool_next
 * deals with them.
 */
/* clang-format off */
#define OPTION_HELP(stage) \
	{ OPT_HELP, 'h', "help", NULL, NULL, stage, 0, GROUP_ADDITIONAL, \
	    "Print help and exit", .type = ARG_FLAG }
#define OPTION_VERSION(stage) \
	{ OPT_VERSION, 'V', "version", NULL, NULL, stage, 0, GROUP_ADDITIONAL, \
	    "Print version and exit", .type = ARG_FLAG }
#define OPTION_VERBOSITY(stage) \
	{ OPT_VERBOSITY, 'v', "verbosity", NULL, "n", stage, 0, GROUP_MONITOR, \
	    "Level of log detail, 0-5", \
	    .type = ARG_COUNT, .max = 5, .standard = "3" }
#define OPTION_LOG_FILE(stage) \
	{ OPT_LOG_FILE, 'l', "log-file", NULL, "path", stage, 0, GROUP_MONITOR, \
	    "Write messages behind what is in this file", .type = ARG_PATH }
#define OPTION_DISABLE_SYSLOG(stage) \
	{ OPT_DISABLE_SYSLOG, 0, "disable-syslog", NULL, NULL, stage, 0, \
	    GROUP_MONITOR, "Changes nothing: syslog is never written", \
	    .type = ARG_FLAG }
/* clang-format on */

struct program {
	const char *name;
	unsigned stage;
	const struct option_def *table;
	const char *operands; /* for the synopsis; NULL: takes none */
	const char *about;    /* what it reads, does and writes */
	const char *input;    /* said to who gives an operand, or NULL */
	bool stops;	      /* options end at the first operand */
};

/* The program of a stage; the table's rows in help are its own. */
const struct program *program_of(unsigned stage);
const char *option_program(unsigned stage); /* its name */

/* Sorted by name; ends with a NULL name. */
extern const struct option_def option_table[];

/* Does this program take the option?  zmap takes all that it hands on. */
bool option_takes(unsigned stage, const struct option_def *);

struct option; /* getopt_long's */

struct options {
	const struct program *program;
	int argc;
	char **argv;
	const char *arg;	      /* of the option just given */
	const struct option_def *def; /* its line in the table */
	struct argument value;	      /* of arg, by the type of the line */
	int index;		      /* first operand, at the end */
	struct option *longs;
	char *aliases;	    /* the names of some of them */
	const char **given; /* arguments, by the table's lines */
	char shorts[128];
};

/* -1 for lack of memory. */
int option_begin(struct options *, const struct program *, int argc,
    char **argv);

/* The next option's id, OPT_BAD after printing what is wrong, -1 at the end. */
int option_next(struct options *);
void option_end(struct options *);

/* The value that is in force where the option is not given. */
struct argument option_standard(const struct option_def *table, int id);

/* The line for a long name or alias (no prefixes), or NULL. */
const struct option_def *option_lookup(const char *name);

#endif
