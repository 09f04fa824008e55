/*
 * zmap-targets: what is to be scanned, in which order.
 *
 * Reads lists of addresses, takes out the blacklist, and writes every target
 * once, permuted by a seed, as a stream for zmap-send or as text.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "checkpoint.h"
#include "emit.h"
#include "follow.h"
#include "intake.h"
#include "lines.h"
#include "log.h"
#include "option.h"
#include "plan.h"
#include "resume.h"
#include "rights.h"
#include "scope.h"
#include "status.h"
#include "targets.h"
#include "tool.h"
#include "where.h"

#define OPERANDS   "[target ...]"
#define SHARDS_MAX 65535
/* Without a blacklist, more addresses than a /8 has must be meant. */
#define UNGUARDED_MAX (UINT32_C(1) << 24)

struct args {
	struct intake in;
	struct plan_wish wish;
	int has_seed, has_shards, has_shard, has_start;
	int no_blacklist, in_order, count;
	const char *ports, *resume, *where, *separator;
	uint64_t start;
	int status_fd;
	struct log log;
};

static volatile sig_atomic_t interrupted;
static int wake[2]; /* a pipe, so that a signal ends a poll(2) for sure */

static void
on_signal(int sig)
{
	int saved = errno;
	ssize_t n;

	(void)sig;
	interrupted = 1;
	n = write(wake[1], "", 1);
	(void)n;
	errno = saved;
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) == -1)
		err(EXIT_FAILURE, "pipe");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static void __attribute__((noreturn)) out_of_memory(void)
{
	err(EXIT_FAILURE, "memory");
}

/* A function of the library has failed: with a reason, or for memory. */
static void __attribute__((noreturn)) refuse(const char *why)
{
	if (why == NULL)
		out_of_memory();
	errx(TOOL_MISUSED, "%s", why);
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

/* The lists could not be read: the reason is there, or it is memory. */
static void __attribute__((noreturn)) refuse_lists(const struct intake *in)
{
	refuse(in->why[0] != '\0' ? in->why : NULL);
}

static void
warn_unknown(const char *what)
{
	warnx("%s", what);
}

static void
add_list(struct args *a, enum scope_part part, const char *text, int is_path)
{
	if (intake_add(&a->in, part, text, is_path) == -1)
		refuse_lists(&a->in);
}

static void
take_option(struct args *a, int c, const struct options *o)
{
	const char *why;

	switch (c) {
	case OPT_BLACKLIST_FILE:
		add_list(a, SCOPE_BLOCK, o->arg, 1);
		break;
	case OPT_WHITELIST_FILE:
		add_list(a, SCOPE_ALLOW, o->arg, 1);
		break;
	case OPT_LIST_OF_IPS_FILE:
		add_list(a, SCOPE_LIST, o->arg, 1);
		break;
	case OPT_TARGET_PORTS:
		a->ports = o->arg;
		break;
	case OPT_MAX_TARGETS:
		if (plan_parse_limit(&a->wish, o->arg, &why) == -1)
			errx(TOOL_MISUSED, "--max-targets: '%s' %s", o->arg,
			    why);
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
		a->start = number(o, 0, UINT64_MAX);
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
			    "--text: the separator is over %d bytes long",
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
		a->in.unknown = warn_unknown;
		break;
	case OPT_STATUS_FD:
		a->status_fd = number(o, 0, INT32_MAX);
		if (fcntl(a->status_fd, F_GETFD) == -1)
			err(TOOL_MISUSED, "--status-fd %s", o->arg);
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
		    "--shard %" PRIu64 ": shards are numbered from 0 to "
		    "%" PRIu64,
		    a->wish.shard, a->wish.shards - 1);
	if (a->count + (a->where != NULL) + a->in_order > 1)
		errx(TOOL_MISUSED,
		    "--count, --where and --in-order exclude each other");
	if (a->resume != NULL && a->has_start)
		errx(TOOL_MISUSED, "--resume and --start exclude each other");
	if (a->in_order && a->wish.share > 0)
		errx(TOOL_MISUSED,
		    "--in-order: a share of targets that are still to come");
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
		add_list(a, SCOPE_ALLOW, argv[i], strcmp(argv[i], "-") == 0);
	option_end(&o);
	check(a);
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
	errx(TOOL_MISUSED, "--target-ports: '%.*s' %s", (int)len, where, why);
}

static void
guard(const struct args *a, const struct scope *scope)
{
	uint64_t addrs = ranges_count(&scope->addrs);

	if (scope->given[SCOPE_BLOCK] || a->no_blacklist || a->count ||
	    a->where != NULL)
		return;
	if (addrs > UNGUARDED_MAX)
		errx(TOOL_MISUSED,
		    "%" PRIu64 " addresses and no blacklist: give one by "
		    "--blacklist-file, or say --no-blacklist",
		    addrs);
	warnx("no blacklist: networks that are reserved, or whose owners "
	      "do not want to be scanned, are not left out");
}

static void
no_privilege(void)
{
	struct rights none = { 0 };
	const char *step;

	if (rights_drop(&none, &step) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", step);
}

static void
open_output(struct emit *e, struct status *status, const struct args *a,
    int ports)
{
	if (a->separator == NULL)
		tool_stream_out(STDOUT_FILENO);
	status_open(status, a->status_fd, "targets");
	if (emit_open(e, status, a->separator, ports) == -1)
		out_of_memory();
}

/* --- permuted --- */

static void
go_to(struct plan *p, uint64_t position, const char *option)
{
	if (position < p->begin || position > p->end)
		errx(TOOL_MISUSED,
		    "%s: position %" PRIu64 " is not from %" PRIu64
		    " to %" PRIu64 ", which is what this scan or shard has",
		    option, position, p->begin, p->end);
	plan_seek(p, position);
}

static void
read_checkpoint(struct checkpoint *c, struct args *a)
{
	char why[512];

	if (checkpoint_read(c, a->resume, why, sizeof(why)) == -1)
		errx(TOOL_MISUSED, "%s", why);
	if ((a->has_seed && a->wish.seed != c->seed) ||
	    (a->has_shards &&
		(a->wish.shards != c->shards || a->wish.shard != c->shard)))
		errx(TOOL_MISUSED, "%s: seed or shard are not those given",
		    a->resume);
	a->wish.seed = c->seed;
	a->wish.shards = c->shards;
	a->wish.shard = c->shard;
}

static void
make_plan(struct plan *p, struct args *a)
{
	struct scope scope = { 0 };
	struct checkpoint c;
	struct ports ports;
	const char *why;

	parse_ports(&ports, a->ports);
	if (a->resume != NULL)
		read_checkpoint(&c, a);
	else if (!a->has_seed &&
	    getrandom(&a->wish.seed, sizeof(a->wish.seed), 0) !=
		sizeof(a->wish.seed))
		err(EXIT_FAILURE, "getrandom");
	if (intake_read(&a->in, &scope, -1) == -1)
		refuse_lists(&a->in);
	if (scope_settle(&scope, &ports) == -1)
		out_of_memory();
	if (a->resume != NULL) {
		if (resume_plan(p, &scope, &ports, &a->wish, &c, &why) == -1)
			refuse(why);
		go_to(p, c.position, a->resume);
		checkpoint_free(&c);
	} else {
		if (scope_take_out(&scope, &scope.range[SCOPE_BLOCK]) == -1)
			out_of_memory();
		guard(a, &scope);
		if (plan_make(p, &scope, &ports, &a->wish, &why) == -1)
			refuse(why);
		if (a->has_start)
			go_to(p, a->start, "--start");
	}
	scope_free(&scope);
	ports_free(&ports);
	log_debug(&a->log,
	    "%" PRIu64 " targets in all, %" PRIu64 " here, "
	    "seed %" PRIu64,
	    p->space.count, p->end - p->at, p->wish.seed);
}

static int
ports_kind(const struct space *s)
{
	if (!space_has_ports(s))
		return TARGETS_NO_PORTS;
	return space_one_port(s) >= 0 ? space_one_port(s) : TARGETS_OWN_PORTS;
}

static enum outcome
run_permuted(struct args *a, struct plan *p, char **argv)
{
	static struct plan_batch batch;
	enum outcome outcome = OUTCOME_DONE;
	struct status status;
	struct header *h;
	struct emit e;
	int rc = 0;

	open_output(&e, &status, a, ports_kind(&p->space));
	e.position = p->at;
	catch_signals();
	no_privilege();
	if (e.out != NULL) {
		h = stream_derive(e.out, NULL, "targets", argv);
		if (h == NULL || plan_describe(p, &h->scan) == -1)
			out_of_memory();
		status_scan(&status, &h->scan);
		status_facts(&status, &h->scan);
		rc = stream_header(e.out);
	}
	while (rc == 0 && !interrupted && plan_next(p, &batch))
		rc = emit_put(&e, batch.next, batch.addr, batch.port, batch.n);
	if (interrupted)
		outcome = OUTCOME_INTERRUPTED;
	if (rc == -1 || emit_end(&e, outcome) == -1)
		err(EXIT_FAILURE, "stdout");
	emit_close(&e);
	return outcome;
}

/* --- where --- */

static enum outcome
print_where(struct args *a, const struct plan *p)
{
	struct list_entry e;
	struct list l;
	int found = 0, rc;

	if (list_text(&l, a->where) == -1)
		errx(TOOL_MISUSED, "%s", l.why);
	while ((rc = intake_next(&a->in, &l, &e)) == 1)
		where_print(stdout, p, &e, &found);
	if (rc == -1)
		refuse_lists(&a->in);
	list_close(&l);
	return found ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* --- in order --- */

/* A list of targets is what is scanned; without one, the whitelist is. */
static enum scope_part
part_to_follow(const struct args *a)
{
	for (size_t i = 0; i < a->in.n; i++)
		if (a->in.source[i].part == SCOPE_LIST)
			return SCOPE_LIST;
	return SCOPE_ALLOW;
}

static enum outcome
run_in_order(struct args *a, char **argv)
{
	static struct follow f;
	struct checkpoint c = { .position = a->start };
	enum scope_part part = part_to_follow(a);
	struct scope scope = { 0 };
	struct status status;
	struct ports ports;
	struct emit e;
	enum outcome outcome = OUTCOME_DONE;

	parse_ports(&ports, a->ports);
	if (a->resume != NULL)
		read_checkpoint(&c, a);
	if (a->in.n == 0)
		add_list(a, part, "0.0.0.0/0", 0);
	if (intake_read(&a->in, &scope, part) == -1)
		refuse_lists(&a->in);
	for (int i = 0; i < 3; i++)
		ranges_normalise(&scope.range[i]);
	open_output(&e, &status, a, TARGETS_NO_PORTS);
	e.position = c.position;
	catch_signals();
	f = (struct follow){
		.block = &scope.range[SCOPE_BLOCK],
		.ports = &ports,
		.wish = a->wish,
		.start = c.position,
		.stop = &interrupted,
		.wake = wake[0],
		.emit = &e,
		.argv = argv,
	};
	if (scope.given[SCOPE_ALLOW])
		f.allow = &scope.range[SCOPE_ALLOW];
	if (!scope.given[SCOPE_BLOCK] && !a->no_blacklist)
		f.entry_max = UNGUARDED_MAX;
	if (a->resume != NULL)
		f.expect = c.scan;
	if (follow_run(&f, &a->in, part) == -1) {
		/* what came before the mistake is passed on */
		if (emit_failed(&e) ||
		    (f.begun && emit_end(&e, OUTCOME_MISUSED) == -1))
			err(EXIT_FAILURE, "stdout");
		refuse_lists(&a->in);
	}
	if (interrupted)
		outcome = OUTCOME_INTERRUPTED;
	if (emit_end(&e, outcome) == -1)
		err(EXIT_FAILURE, "stdout");
	emit_close(&e);
	checkpoint_free(&c);
	scope_free(&scope);
	ports_free(&ports);
	return outcome;
}

int
main(int argc, char **argv)
{
	enum outcome outcome = OUTCOME_DONE;
	struct plan p = { 0 };
	struct args a;

	tool_begin();
	parse_args(&a, argc, argv);
	if (a.in_order) {
		outcome = run_in_order(&a, argv);
	} else {
		make_plan(&p, &a);
		if (a.count)
			printf("%" PRIu64 "\n", p.end - p.at);
		else if (a.where != NULL)
			outcome = print_where(&a, &p);
		else
			outcome = run_permuted(&a, &p, argv);
	}
	tool_close_stdout();
	plan_free(&p);
	intake_free(&a.in);
	return outcome;
}
