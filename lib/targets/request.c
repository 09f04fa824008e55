/* SPDX-License-Identifier: Apache-2.0 */
/* Options of zmap-targets, and the plan that they make; see request.h. */
#include "targets/request.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "targets/lines.h"
#include "targets/resume.h"

static int __attribute__((format(printf, 2, 3)))
request_fail(struct request *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof w->why, fmt, ap);
	va_end(ap);
	return -1;
}

/* A function of the library has failed, and said why unless it is memory. */
static int
fail_for(struct request *w, const char *why)
{
	return request_fail(w, "%s", why != NULL ? why : "");
}

void
request_init(struct request *w)
{
	*w = (struct request){
		.wish = { .shards = 1, .limit = UINT64_MAX },
		.copies = 1,
		.spread = option_standard(option_table, OPT_SPREAD).real,
	};
	lists_init(&w->in);
}

void
request_free(struct request *w)
{
	lists_free(&w->in);
	checkpoint_free(&w->checkpoint);
}

static int
add_list(struct request *w, enum selection_part part, const char *text,
    bool is_path)
{
	if (lists_add(&w->in, part, text, is_path) == -1)
		return fail_for(w, w->in.why);
	return 0;
}

int
request_operand(struct request *w, const char *text)
{
	return add_list(w, SCOPE_ALLOW, text, strcmp(text, "-") == 0);
}

static int
separator(struct request *w, const char *arg)
{
	w->separator = arg != NULL ? arg : ":";
	if (strlen(w->separator) <= LINES_SEPARATOR_MAX)
		return 0;
	return request_fail(w, "--text: the separator is over %d bytes long",
	    LINES_SEPARATOR_MAX);
}

static int
family(struct request *w, unsigned n)
{
	if (w->family != 0 && w->family != n)
		return request_fail(w, "-4 and -6 exclude each other");
	w->family = n;
	w->in.family = n;
	return 0;
}

static int
iid(struct request *w, const char *arg)
{
	char why[200];

	if (iids_parse(&w->iids, arg, why, sizeof why) == 0)
		return 0;
	return request_fail(w, "--iid: %s", why);
}

static void
max_targets(struct plan_wish *w, const struct amount *a)
{
	w->limit = a->whole != 0 ? UINT64_MAX : a->n;
	w->share = a->whole != 0 ? a->n : 0;
	w->whole = a->whole;
}

int
request_option(struct request *w, const struct options *o, int id)
{
	switch (id) {
	case OPT_BLACKLIST_FILE:
		return add_list(w, SCOPE_BLOCK, o->arg, true);
	case OPT_BANDWIDTH:
		w->bandwidth = o->value.real;
		return 0;
	case OPT_PROBES:
		w->copies = o->value.number;
		return 0;
	case OPT_RATE:
		w->rate = o->value.real;
		return 0;
	case OPT_RATE_SHARE:
		w->rate_share = o->value.real;
		w->running = o->value.last;
		return 0;
	case OPT_SPREAD:
		w->spread = o->value.real;
		return 0;
	case OPT_WHITELIST_FILE:
		return add_list(w, SCOPE_ALLOW, o->arg, true);
	case OPT_LIST_OF_IPS_FILE:
		return add_list(w, SCOPE_LIST, o->arg, true);
	case OPT_MAX_TARGETS:
		max_targets(&w->wish, &o->value.amount);
		return 0;
	case OPT_SEED:
		w->has_seed = true;
		w->wish.seed = o->value.number;
		w->seed_text = argument_is_text(o->arg) ? o->arg : NULL;
		return 0;
	case OPT_SHARDS:
		w->has_shards = true;
		w->wish.shards = o->value.number;
		return 0;
	case OPT_SHARD:
		w->has_shard = true;
		w->wish.shard = o->value.number;
		w->shard_engine = o->value.number == ARGUMENT_WORD ? o->arg :
								     NULL;
		return 0;
	case OPT_START:
		w->has_start = true;
		w->start = o->value.number;
		return 0;
	case OPT_TEXT:
		return separator(w, o->arg);
	case OPT_IPV4:
		return family(w, 4);
	case OPT_IPV6:
		return family(w, 6);
	case OPT_IID:
		return iid(w, o->arg);
	case OPT_TARGET_PORTS:
		w->ports = o->arg;
		return 0;
	case OPT_RESUME:
		w->resume = o->arg;
		return 0;
	case OPT_POLITE:
		w->wish.polite = true;
		return 0;
	case OPT_SCAN_ID:
		w->scan_id = o->arg;
		return 0;
	case OPT_WHERE:
		w->where = o->arg;
		return 0;
	case OPT_COUNT:
		w->count = true;
		return 0;
	case OPT_IN_ORDER:
		w->in_order = true;
		return 0;
	case OPT_NO_BLACKLIST:
		w->no_blacklist = true;
		return 0;
	}
	return request_fail(w, "--%s is not known here", o->def->name);
}

static int
ask_engine(struct request *w)
{
	char why[512];

	if (w->shard_engine == NULL)
		return 0;
	if (shard_auto(&w->engine, w->shard_engine,
		w->has_shards ? w->wish.shards : 0, why, sizeof why) == -1)
		return request_fail(w, "--shard %s: %s", w->shard_engine, why);
	if (w->engine.shards > 65535)
		return request_fail(w, "--shard %s: %s: over 65535 shards",
		    w->shard_engine, w->engine.said);
	w->has_shards = true;
	w->wish.shards = w->engine.shards;
	w->wish.shard = w->engine.shard;
	return 0;
}

int
request_check(struct request *w)
{
	if (ask_engine(w) == -1)
		return -1;
	if (w->has_shards != w->has_shard)
		return request_fail(w, "--shards and --shard go together");
	if (w->wish.shard >= w->wish.shards)
		return request_fail(w,
		    "--shard %" PRIu64
		    ": shards are numbered from 0 to %" PRIu64,
		    w->wish.shard, w->wish.shards - 1);
	if (w->count + (w->where != NULL) + w->in_order > 1)
		return request_fail(w,
		    "--count, --where and --in-order exclude each other");
	if (w->resume != NULL && w->has_start)
		return request_fail(w,
		    "--resume and --start exclude each other");
	if (w->in_order && w->wish.polite)
		return request_fail(w,
		    "--in-order and --polite are two orders");
	if (w->in_order && w->wish.share > 0)
		return request_fail(w,
		    "--in-order: a share of targets that are still to come");
	if (w->has_seed || w->resume != NULL || w->in_order)
		return 0;
	if (w->wish.shards > 1)
		return request_fail(w,
		    "shards need a --seed, the same for all");
	if (w->has_start)
		return request_fail(w, "--start needs the --seed of the scan");
	if (w->where != NULL)
		return request_fail(w, "--where needs the --seed of the scan");
	return 0;
}

int
request_ports(struct request *w, struct ports *p)
{
	char why[128];

	*p = (struct ports){ 0 };
	if (w->ports == NULL || ports_parse(p, w->ports, why, sizeof why) == 0)
		return 0;
	return request_fail(w, "--target-ports: %s: %s", w->ports, why);
}

static int
read_checkpoint(struct request *w)
{
	struct checkpoint *c = &w->checkpoint;

	if (checkpoint_read(c, w->resume, w->why, sizeof w->why) == -1)
		return -1;
	/* in order there is no seed */
	if ((w->has_seed && !w->in_order && w->wish.seed != c->seed) ||
	    (w->has_shards &&
		(w->wish.shards != c->shards || w->wish.shard != c->shard)))
		return request_fail(w, "%s: seed or shard are not those given",
		    w->resume);
	w->wish.seed = c->seed;
	w->wish.shards = c->shards;
	w->wish.shard = c->shard;
	return 0;
}

int
request_ready(struct request *w)
{
	if (w->resume != NULL && read_checkpoint(w) == -1)
		return -1;
	return lists_ready(&w->in) == -1 ? fail_for(w, w->in.why) : 0;
}

static int
request_guard(struct request *w, const struct selection *scope)
{
	unsigned __int128 addrs = selection_addresses(scope);
	char number[32] = "over 2^64";

	if (scope->given[SCOPE_BLOCK] || w->no_blacklist || w->count ||
	    w->where != NULL)
		return 0;
	w->unguarded = true;
	if (addrs <= WANTED_UNGUARDED_MAX)
		return 0;
	if (addrs <= UINT64_MAX)
		snprintf(number, sizeof number, "%" PRIu64, (uint64_t)addrs);
	return request_fail(w,
	    "%s addresses and no blacklist: give one by --blacklist-file, or say --no-blacklist",
	    number);
}

static int
go_to(struct request *w, struct plan *p, uint64_t position, const char *option)
{
	if (position < p->begin || position > plan_last(p))
		return request_fail(w,
		    "%s: position %" PRIu64 " is not from %" PRIu64
		    " to %" PRIu64 ", which is what this scan or shard has",
		    option, position, p->begin, plan_last(p));
	plan_seek(p, position);
	return 0;
}

/* IPv6 has more than that; these numbers are for people. */
static uint64_t
at_most_64(unsigned __int128 n)
{
	return n > UINT64_MAX ? UINT64_MAX : (uint64_t)n;
}

/* Nothing is left: which lists have taken it, and what to do. */
static int
all_blocked(struct request *w)
{
	char lists[512] = "";
	size_t i, at = 0;

	for (i = 0; i < w->in.n && at < sizeof lists; i++)
		if (w->in.source[i].part == SCOPE_BLOCK)
			at += snprintf(lists + at, sizeof lists - at, "%s%s",
			    at > 0 ? " or " : "", w->in.source[i].text);
	if (w->asked == 1)
		return request_fail(w,
		    "nothing to scan: the address is in the blacklist %s; to scan it all the same, give another by -b FILE, or say --no-blacklist",
		    lists);
	return request_fail(w,
	    "nothing to scan: all %" PRIu64
	    " addresses are in the blacklist %s; to scan them all the same, give another by -b FILE, or say --no-blacklist",
	    w->asked, lists);
}

/* Lines of text name each target once. */
static bool
spreads(const struct request *w)
{
	return w->copies > 1 && w->spread > 0 && w->separator == NULL &&
	    !w->count && w->where == NULL;
}

/*
 * How many targets are sent to in the time of --spread.  A frame has 672 bits
 * on the wire at least, so copies are as far apart, or farther.  Without a
 * limit the rate is not known: copies are passes then.
 */
static uint64_t
request_distance(const struct request *w)
{
	double rate = w->bandwidth > 0 ? w->bandwidth / 672 : w->rate, n;
	uint64_t running = w->wish.shards;

	if (w->running > 0 && w->running < running)
		running = w->running;
	if (w->rate_share > 0 && (rate == 0 || w->rate_share / running < rate))
		rate = w->rate_share / running;
	n = ceil(rate * w->spread);
	if (rate == 0 || n > 1e15)
		return SPREAD_PASSES;
	return n < 1 ? 1 : n;
}

static int
request_begin(struct request *w, struct plan *p, struct selection *scope,
    struct ports *ports)
{
	w->asked = at_most_64(selection_addresses(scope));
	if (selection_take_out(scope, &scope->block) == -1)
		return fail_for(w, NULL);
	w->left = at_most_64(selection_addresses(scope));
	if (w->asked > 0 && w->left == 0 && selection_pairs(scope) == 0)
		return all_blocked(w);
	if (request_guard(w, scope) == -1)
		return -1;
	if (plan_make(p, scope, ports, &w->wish) == -1)
		return fail_for(w, p->why);
	if (spreads(w)) {
		plan_spread(p, w->copies, request_distance(w));
		plan_seek(p, p->begin);
	}
	return w->has_start ? go_to(w, p, w->start, "--start") : 0;
}

static int
request_go_on(struct request *w, struct plan *p, struct selection *scope,
    struct ports *ports)
{
	const struct checkpoint *c = &w->checkpoint;

	if (resume_plan(p, scope, ports, &w->wish, c) == -1)
		return fail_for(w, p->why);
	if (w->copies > 1 && c->copies != 0 && w->copies != c->copies)
		return request_fail(w,
		    "%s: the scan sends %" PRIu64
		    " probes to each target, not %u",
		    w->resume, c->copies, w->copies);
	/* as it began, whatever the rate is now */
	if (c->distance != 0)
		plan_spread(p, c->copies, c->distance);
	return go_to(w, p, c->position, w->resume);
}

int
request_seed(struct request *w)
{
	if (w->resume != NULL || w->has_seed ||
	    getrandom(&w->wish.seed, sizeof w->wish.seed, 0) ==
		sizeof w->wish.seed)
		return 0;
	return request_fail(w, "getrandom: %s", strerror(errno));
}

/* Targets say which family of the blacklists matters. */
static int
read_lists(struct request *w, struct selection *scope)
{
	const unsigned targets = 1u << SCOPE_ALLOW | 1u << SCOPE_LIST;

	if (lists_read(&w->in, scope, targets) == -1)
		return fail_for(w, w->in.why);
	w->skipped_targets = w->in.skipped;
	if (selection_decide(scope, w->family, w->why, sizeof w->why) == -1)
		return -1;
	w->in.family = scope->family;
	w->in.skipped = 0;
	if (lists_read(&w->in, scope, 1u << SCOPE_BLOCK) == -1)
		return fail_for(w, w->in.why);
	w->skipped_blocks = w->in.skipped;
	return 0;
}

int
request_plan(struct request *w, struct plan *p)
{
	struct extent6_wish wish = { .iids = &w->iids };
	struct selection scope = { 0 };
	struct ports ports;
	int rc = -1;

	if (request_ports(w, &ports) == -1)
		return -1;
	if (request_seed(w) == -1)
		goto out;
	wish.seed = w->wish.seed;
	if (read_lists(w, &scope) == -1)
		goto out;
	if (selection_settle(&scope, &ports, &wish, w->why, sizeof w->why) ==
	    -1)
		rc = -1;
	else if (w->resume != NULL)
		rc = request_go_on(w, p, &scope, &ports);
	else
		rc = request_begin(w, p, &scope, &ports);
out:
	selection_free(&scope);
	ports_free(&ports);
	return rc;
}
