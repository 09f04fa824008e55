/*
 * zmap-targets: what is to be scanned, in which order.
 *
 * Reads lists of addresses, takes out the blacklist, and writes every target
 * once, permuted by a seed, as a stream for zmap-send or as text.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "checkpoint.h"
#include "emit.h"
#include "lines.h"
#include "list.h"
#include "log.h"
#include "option.h"
#include "plan.h"
#include "scope.h"
#include "status.h"
#include "targets.h"
#include "tool.h"

#define OPERANDS   "[target ...]"
#define SHARDS_MAX 65535
/* Without a blacklist, more addresses than a /8 has must be meant. */
#define UNGUARDED_MAX (UINT32_C(1) << 24)

struct source { /* a list that was asked for */
	enum scope_part part;
	const char *text; /* path, or an operand */
	int is_path;
};

struct args {
	struct source *source;
	size_t sources;
	struct plan_wish wish;
	int has_seed, has_shards, has_shard, has_start;
	int no_blacklist, ignore_names, in_order, count;
	const char *ports, *resume, *where, *separator;
	uint64_t start;
	int status_fd;
	struct log log;
};

static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* No SA_RESTART: a read that waits for more targets must end, too. */
static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static void __attribute__((noreturn)) out_of_memory(void)
{
	err(EXIT_FAILURE, "memory");
}

static uint64_t
number(const struct options *o, uint64_t min, uint64_t max)
{
	const char *why;
	uint64_t v;

	if (option_number(o->arg, min, max, &v, &why) == -1)
		errx(TOOL_MISUSED, "--%s %s: %s", o->def->name, o->arg, why);
	return v;
}

/* "1000" or "0.1%"; the share is kept as a fraction, so it is exact. */
static void
parse_limit(struct plan_wish *w, const char *arg)
{
	const char *s = arg;
	int point = 0;

	w->share = 0;
	w->limit = 0;
	w->whole = 100;
	for (; (*s >= '0' && *s <= '9') || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = 1;
			continue;
		}
		if (w->share > UINT64_MAX / 10 - 9 ||
		    (point && w->whole >= UINT64_C(100000000000)))
			errx(TOOL_MISUSED, "--max-targets %s: too many digits",
			    arg);
		w->share = w->share * 10 + (*s - '0');
		w->whole *= point ? 10 : 1;
	}
	if (s == arg || (s[0] == '%' ? s[1] != '\0' : s[0] != '\0' || point))
		errx(TOOL_MISUSED,
		    "--max-targets %s: not a number or a "
		    "percentage",
		    arg);
	if (w->share == 0)
		errx(TOOL_MISUSED, "--max-targets %s: too small", arg);
	if (*s == '\0') {
		w->limit = w->share;
		w->share = 0;
	} else if (w->share > w->whole) {
		errx(TOOL_MISUSED, "--max-targets %s: over 100%%", arg);
	}
}

static void
add_source(struct args *a, enum scope_part part, const char *text, int is_path)
{
	a->source = reallocarray(a->source, a->sources + 1, sizeof(*a->source));
	if (a->source == NULL)
		out_of_memory();
	if (is_path && strcmp(text, "-") == 0)
		for (size_t i = 0; i < a->sources; i++)
			if (a->source[i].is_path &&
			    strcmp(a->source[i].text, "-") == 0)
				errx(TOOL_MISUSED,
				    "stdin cannot be two lists at once");
	a->source[a->sources++] = (struct source){ part, text, is_path };
}

static void
take_option(struct args *a, int c, const struct options *o)
{
	switch (c) {
	case OPT_BLACKLIST_FILE:
		add_source(a, SCOPE_BLOCK, o->arg, 1);
		break;
	case OPT_WHITELIST_FILE:
		add_source(a, SCOPE_ALLOW, o->arg, 1);
		break;
	case OPT_LIST_OF_IPS_FILE:
		add_source(a, SCOPE_LIST, o->arg, 1);
		break;
	case OPT_TARGET_PORTS:
		a->ports = o->arg;
		break;
	case OPT_MAX_TARGETS:
		parse_limit(&a->wish, o->arg);
		break;
	case OPT_SEED:
		a->wish.seed = number(o, 0, UINT64_MAX);
		a->has_seed = 1;
		break;
	case OPT_SHARDS:
		a->wish.shards = number(o, 1, SHARDS_MAX);
		a->has_shards = 1;
		break;
	case OPT_SHARD:
		a->wish.shard = number(o, 0, SHARDS_MAX - 1);
		a->has_shard = 1;
		break;
	case OPT_START:
		a->start = number(o, 0, GROUP_MAX);
		a->has_start = 1;
		break;
	case OPT_RESUME:
		a->resume = o->arg;
		break;
	case OPT_WHERE:
		a->where = o->arg;
		break;
	case OPT_TEXT:
		a->separator = o->arg != NULL ? o->arg : ":";
		if (strlen(a->separator) > LINES_SEPARATOR_MAX)
			errx(TOOL_MISUSED,
			    "--text: the separator is over "
			    "%d bytes long",
			    LINES_SEPARATOR_MAX);
		break;
	case OPT_COUNT:
		a->count = 1;
		break;
	case OPT_IN_ORDER:
		a->in_order = 1;
		break;
	case OPT_NO_BLACKLIST:
		a->no_blacklist = 1;
		break;
	case OPT_IGNORE_BLOCKLIST_ERRORS:
		a->ignore_names = 1;
		break;
	case OPT_STATUS_FD:
		a->status_fd = number(o, 0, INT32_MAX);
		break;
	case OPT_VERBOSITY:
		a->log.level = number(o, 0, LOG_LEVEL_TRACE);
		break;
	case OPT_HELP:
		option_help(stdout, STAGE_TARGETS, OPERANDS);
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	case OPT_VERSION:
		tool_version("zmap-targets");
		break;
	default:
		option_synopsis(stderr, STAGE_TARGETS, OPERANDS);
		exit(TOOL_MISUSED);
	}
}

static void
check(const struct args *a)
{
	if (a->has_shards != a->has_shard)
		errx(TOOL_MISUSED, "--shards and --shard go together");
	if (a->wish.shard >= a->wish.shards)
		errx(TOOL_MISUSED,
		    "--shard %" PRIu64 ": shards are numbered "
		    "from 0 to %" PRIu64,
		    a->wish.shard, a->wish.shards - 1);
	if (a->resume != NULL && a->has_start)
		errx(TOOL_MISUSED, "--resume and --start exclude each other");
	if (a->has_seed || a->resume != NULL || a->in_order)
		return;
	if (a->wish.shards > 1)
		errx(TOOL_MISUSED, "shards need a --seed, the same for all");
	if (a->has_start)
		errx(TOOL_MISUSED, "--start needs the --seed of the scan");
	if (a->where != NULL)
		errx(TOOL_MISUSED, "--where needs the --seed of the scan");
}

static void
parse_args(struct args *a, int argc, char **argv)
{
	struct options o;
	int c;

	*a = (struct args){
		.wish = { .shards = 1, .limit = UINT64_MAX },
		.status_fd = -1,
		.log = { "targets", LOG_LEVEL_INFO },
	};
	if (option_begin(&o, STAGE_TARGETS, argc, argv) == -1)
		out_of_memory();
	while ((c = option_next(&o)) != -1)
		take_option(a, c, &o);
	for (int i = o.index; i < argc; i++)
		add_source(a, SCOPE_ALLOW, argv[i], strcmp(argv[i], "-") == 0);
	option_end(&o);
	check(a);
}

static void
open_source(struct list *l, const struct source *s)
{
	if ((s->is_path ? list_open(l, s->text) : list_text(l, s->text)) == -1)
		errx(TOOL_MISUSED, "%s", l->why);
}

static void
read_source(struct scope *scope, const struct args *a, const struct source *s)
{
	enum list_result r;
	struct list_entry e;
	struct list l;
	const char *why;
	size_t n = 0;

	open_source(&l, s);
	/* an empty list still is one: it allows, or blocks, nothing */
	scope->given[s->part] = 1;
	while ((r = list_next(&l, &e)) != LIST_END) {
		n++;
		if (r == LIST_UNKNOWN_NAME && a->ignore_names) {
			warnx("%s", l.why);
			continue;
		}
		if (r != LIST_ENTRY)
			errx(TOOL_MISUSED, "%s", l.why);
		if (scope_add(scope, s->part, &e, &why) == -1) {
			if (why == NULL)
				out_of_memory();
			errx(TOOL_MISUSED, "%s:%lu: %s", l.name, l.line, why);
		}
	}
	if (n == 0 && !s->is_path)
		errx(TOOL_MISUSED, "'%s': not a target", s->text);
	list_close(&l);
}

static void
parse_ports(struct ports *p, const char *arg)
{
	const char *why, *where;
	size_t len;

	*p = (struct ports){ 0 };
	if (arg == NULL || ports_parse(p, arg, &why, &where, &len) == 0)
		return;
	if (why == NULL)
		out_of_memory();
	errx(TOOL_MISUSED, "--target-ports %s: '%.*s' %s", arg, (int)len, where,
	    why);
}

static void
guard(const struct args *a, const struct scope *scope, uint64_t addrs)
{
	if (scope->given[SCOPE_BLOCK] || a->no_blacklist)
		return;
	if (addrs > UNGUARDED_MAX)
		errx(TOOL_MISUSED,
		    "%" PRIu64 " addresses and no blacklist: "
		    "give one by --blacklist-file, or --no-blacklist",
		    addrs);
	warnx("no blacklist: reserved networks and those whose owners asked "
	      "not to be scanned are not left out");
}

static uint64_t
random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		err(EXIT_FAILURE, "getrandom");
	return seed;
}

static void
make_plan(struct plan *p, struct scope *scope, struct ports *ports,
    const struct plan_wish *wish)
{
	const char *why;

	if (plan_make(p, scope, ports, wish, &why) == 0)
		return;
	if (why == NULL)
		out_of_memory();
	errx(TOOL_MISUSED, "%s", why);
}

static int
ports_kind(const struct space *s)
{
	if (!space_has_ports(s))
		return TARGETS_NO_PORTS;
	return space_one_port(s) >= 0 ? space_one_port(s) : TARGETS_OWN_PORTS;
}

static void
load(struct scope *scope, const struct args *a, const struct ports *ports)
{
	for (size_t i = 0; i < a->sources; i++)
		read_source(scope, a, &a->source[i]);
	if (scope_settle(scope, ports) == -1)
		out_of_memory();
}

static enum outcome
run(const struct args *a, struct plan *p, char **argv)
{
	static struct plan_batch batch;
	struct status status;
	struct emit e;
	enum outcome outcome = OUTCOME_DONE;
	int failed = 0;

	catch_signals();
	status_open(&status, a->status_fd, "targets");
	if (a->separator == NULL)
		tool_stream_out(STDOUT_FILENO);
	if (emit_open(&e, &status, a->separator, ports_kind(&p->space)) == -1)
		out_of_memory();
	if (e.out != NULL) {
		struct header *h = stream_derive(e.out, NULL, "targets", argv);

		if (h == NULL || plan_describe(p, &h->scan) == -1)
			out_of_memory();
		status_scan(&status, &h->scan);
		status_facts(&status, &h->scan);
		failed = stream_header(e.out) == -1;
	}
	while (!failed && plan_next(p, &batch)) {
		if (interrupted) {
			outcome = OUTCOME_INTERRUPTED;
			break;
		}
		failed = emit_put(&e, batch.next, batch.addr, batch.port,
			     batch.n) == -1;
	}
	if (failed || emit_end(&e, outcome) == -1)
		err(EXIT_FAILURE, "stdout");
	emit_close(&e);
	return outcome;
}

int
main(int argc, char **argv)
{
	struct scope scope = { 0 };
	enum outcome outcome = OUTCOME_DONE;
	struct ports ports;
	struct args a;
	struct plan p;

	tool_begin();
	parse_args(&a, argc, argv);
	parse_ports(&ports, a.ports);
	load(&scope, &a, &ports);
	if (scope_take_out(&scope, &scope.range[SCOPE_BLOCK]) == -1)
		out_of_memory();
	if (!a.has_seed)
		a.wish.seed = random_seed();
	if (!a.count && a.where == NULL)
		guard(&a, &scope, ranges_count(&scope.addrs));
	make_plan(&p, &scope, &ports, &a.wish);
	if (a.count)
		printf("%" PRIu64 "\n", p.end - p.begin);
	else
		outcome = run(&a, &p, argv);
	tool_close_stdout();
	plan_free(&p);
	scope_free(&scope);
	free(a.source);
	return outcome;
}
