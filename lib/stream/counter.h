/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every counter of every stage, in one table: what it is called in events and
 * status lines, whether it only grows, under which key metadata has it and
 * under which name Prometheus.  Producers and readers use its index, so a name
 * cannot be misspelt; the man pages are compared with the table by a test.
 */
#ifndef COUNTER_H
#define COUNTER_H
#include <stddef.h>
#include <stdint.h>

enum counter_id {
	/* zmap-targets */
	COUNT_TARGETS_TARGETS,
	COUNT_TARGETS_POSITION,
	/* zmap-send */
	COUNT_SEND_IN,
	COUNT_SEND_TARGETS,
	COUNT_SEND_EXCLUDED,
	COUNT_SEND_REFUSED,
	COUNT_SEND_NO_ROUTE, /* by reason, as enum routes_refusal has them */
	COUNT_SEND_UNREACHABLE,
	COUNT_SEND_PROHIBITED,
	COUNT_SEND_BLACKHOLE,
	COUNT_SEND_GATEWAY_SILENT,
	COUNT_SEND_OWN_ADDRESS,
	COUNT_SEND_BROADCAST,
	COUNT_SEND_MULTICAST,
	COUNT_SEND_LOWER_DROPS,
	COUNT_SEND_FAILED,
	COUNT_SEND_LEFT,
	COUNT_SEND_PACKETS,
	COUNT_SEND_FAILURES,
	COUNT_SEND_WAITS,
	COUNT_SEND_LINK_WAITS,
	COUNT_SEND_ASKED,
	COUNT_SEND_ASKED_REFUSED,
	COUNT_SEND_SPARED,
	COUNT_SEND_LOSS,
	COUNT_SEND_LOSS_LOW,
	COUNT_SEND_LOSS_HIGH,
	COUNT_SEND_AGAIN,
	COUNT_SEND_AGAIN_ANSWERS,
	COUNT_SEND_RAISES,
	COUNT_SEND_FALLS,
	COUNT_SEND_SLOWED,
	COUNT_SEND_POSITION,
	COUNT_SEND_RATE,
	COUNT_SEND_THREADS,
	COUNT_SEND_SECONDS_LEFT,
	/* zmap-recv */
	COUNT_RECV_CAPTURED,
	COUNT_RECV_KERNEL_DROPS,
	COUNT_RECV_UNREAD,
	COUNT_RECV_INTERFACE_DROPS,
	COUNT_RECV_RECEIVED,
	COUNT_RECV_VALID,
	COUNT_RECV_INVALID,
	COUNT_RECV_LINK, /* by reason, as enum refusal has them */
	COUNT_RECV_TRUNCATED,
	COUNT_RECV_FRAGMENT,
	COUNT_RECV_PROTOCOL,
	COUNT_RECV_ADDRESS,
	COUNT_RECV_SOURCE,
	COUNT_RECV_PORT,
	COUNT_RECV_QUOTE,
	COUNT_RECV_VALIDATION,
	COUNT_RECV_FRAGMENTS,
	COUNT_RECV_SUCCESS,
	COUNT_RECV_UNIQUE,
	COUNT_RECV_APP_SUCCESS,
	COUNT_RECV_APP_UNIQUE,
	COUNT_RECV_FAILURE_UNIQUE,
	COUNT_RECV_REPEATS,
	COUNT_RECV_PASSED,
	COUNT_RECV_QUEUE_DROPS,
	COUNT_RECV_QUEUE_DEPTH,
	COUNT_RECV_QUEUE_BYTES,
	COUNT_RECV_SPILLED,
	COUNT_RECV_QUEUE_MOST,
	COUNT_RECV_COOLDOWN,
	COUNT_RECV_COOLDOWN_LEFT_MS,
	COUNT_RECV_COOLDOWN_SUCCESS,
	COUNT_RECV_COOLDOWN_UNIQUE,
	COUNT_RECV_IN_COOLDOWN,
	COUNT_RECV_LATE,
	COUNT_RECV_FORGOTTEN,
	COUNT_RECV_DEDUP_BYTES,
	COUNT_RECV_CHECKS_ASKED,
	COUNT_RECV_CHECKS_ANSWERED,
	COUNT_RECV_WILDCARDS,
	COUNT_RECV_ALIAS_PREFIXES,
	COUNT_RECV_ALIAS_ASKED,
	COUNT_RECV_ALIAS_ANSWERED,
	COUNT_RECV_ALIASED,
	COUNT_RECV_ALIAS_UNASKED,
	COUNT_RECV_ALIAS_WRONG,
	COUNT_RECV_ALIAS_MISSED,
	COUNT_RECV_CHECKS_HURRIED,
	COUNT_RECV_CHECK_BYTES,
	COUNT_RECV_INJECTED,
	COUNT_RECV_UNCOUNTED,
	COUNT_RECV_DENSE,
	COUNT_RECV_DENSE_BYTES,
	COUNT_RECV_DENSE_FORGOTTEN,
	COUNT_RECV_LINK_DOWNS,
	COUNT_RECV_MISSED_NS,
	COUNT_RECV_WAITED,
	COUNT_RECV_BACK_DROPS,
	COUNT_RECV_COPIES_BOTH,
	COUNT_RECV_COPIES_FIRST,
	COUNT_RECV_COPIES_LATER,
	COUNT_RECV_COVERAGE,
	COUNT_RECV_COVERAGE_LOW,
	COUNT_RECV_COVERAGE_HIGH,
	/* zmap-diff */
	COUNT_DIFF_OLD,
	COUNT_DIFF_NEW,
	COUNT_DIFF_SAME,
	COUNT_DIFF_APPEARED,
	COUNT_DIFF_WENT,
	COUNT_DIFF_CHANGED,
	/* zmap-merge */
	COUNT_MERGE_IN,
	COUNT_MERGE_OUT,
	COUNT_MERGE_REPEATS,
	COUNT_MERGE_RUNS,
	COUNT_MERGE_CUT,
	COUNT_MERGE_SHARDS,
	COUNT_MERGE_COMPLETE,
	/* zmap-filter, zmap-out, and all others that loop.h drives */
	COUNT_LOOP_IN,
	COUNT_LOOP_OUT,
	COUNT_LOOP_FILTERED,
	COUNTERS
};

enum counter_kind {
	COUNTER_GROWS, /* a resumed scan adds to it */
	COUNTER_GAUGE, /* goes up and down: two runs have no sum of it */
};

struct counter_row {
	const char *stage; /* that metadata and metrics take it from */
	const char *name;
	enum counter_kind kind;
	const char *metadata; /* key, or NULL */
	const char *metric;   /* name for Prometheus, or NULL */
	const char *help;
};

extern const struct counter_row counter_table[COUNTERS];

/* A named count: for end events and status lines.  Ends with a NULL name. */
struct counter {
	const char *name;
	uint64_t value;
};

static inline struct counter
counter_of(enum counter_id id, uint64_t value)
{
	return (struct counter){ counter_table[id].name, value };
}

static inline struct counter
counter_end(void)
{
	return (struct counter){ NULL, 0 };
}

/* NULL for a name that this stage does not count. */
const struct counter_row *counter_find(const char *stage, const char *name);

#endif
