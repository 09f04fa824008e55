/* SPDX-License-Identifier: Apache-2.0 */
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
#include <unistd.h>

#include "base/log.h"
#include "base/rights.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "scan/batch.h"
#include "scan/facts.h"
#include "stream/status.h"
#include "targets/inorder.h"
#include "targets/lists.h"
#include "targets/locate.h"
#include "targets/plan.h"
#include "targets/request.h"
#include "targets/selection.h"
#include "targets/writer.h"

static volatile sig_atomic_t interrupted;
static int wake[2]; /* a pipe, so that a signal ends a poll(2) for sure */

static void
targets_on_signal(int sig)
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
	struct sigaction sa = { .sa_handler = targets_on_signal };

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) == -1)
		err(EXIT_FAILURE, "pipe");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static void __attribute__((noreturn)) out_of_memory(void)
{
	err(EXIT_FAILURE, "memory");
}

/* What was asked for cannot be done: the reason is there, or it is memory. */
static void __attribute__((noreturn)) refuse(const char *why)
{
	if (why[0] == '\0')
		out_of_memory();
	errx(TOOL_MISUSED, "%s", why);
}

static const struct log *messages;

static void
warn_unknown(const char *what)
{
	log_say(messages, LOG_LEVEL_WARN, "%s", what);
}

static void
targets_parse_args(struct request *w, struct tool *t, int argc, char **argv)
{
	int id;

	request_init(w);
	w->in.empty = warn_unknown;
	tool_begin(t, program_of(STAGE_TARGETS), argc, argv);
	t->facts = "targets";
	messages = &t->log;
	while ((id = tool_next(t)) != -1) {
		if (id == OPT_IGNORE_BLOCKLIST_ERRORS)
			w->in.unknown = warn_unknown;
		else if (request_option(w, &t->options, id) == -1)
			refuse(w->why);
	}
	for (int i = t->options.index; i < argc; i++)
		if (request_operand(w, argv[i]) == -1)
			refuse(w->why);
	option_end(&t->options);
	if (request_check(w) == -1)
		refuse(w->why);
}

/* What was read in place of numbers. */
static void
say_numbers(const struct request *w, const struct log *log)
{
	if (w->shard_engine != NULL)
		log_info(log, "shard %" PRIu64 " of %" PRIu64 ", by %s",
		    w->wish.shard, w->wish.shards, w->engine.said);
	if (w->shard_engine != NULL && w->engine.others[0] != '\0')
		log_say(log, LOG_LEVEL_WARN,
		    "--shard %s: not asked: %s; --shard can name an engine",
		    w->shard_engine, w->engine.others);
	if (w->seed_text != NULL)
		log_info(log, "seed '%s' is %" PRIu64, w->seed_text,
		    w->wish.seed);
}

/* From here on lists are read, which strangers may have written. */
static void
targets_get_ready(struct request *w)
{
	struct rights none = { 0 };
	const char *step;

	if (request_ready(w) == -1)
		refuse(w->why);
	if (resolver_start(&w->in.resolver) == -1)
		err(EXIT_FAILURE, "cannot start what resolves names");
	if (rights_drop(&none, &step) == -1)
		err(EXIT_FAILURE, "giving up rights: %s", step);
}

static void
targets_open_output(struct writer *e, struct status *status,
    const struct request *a, int status_fd, int ports)
{
	if (a->separator == NULL)
		tool_stream_out(STDOUT_FILENO,
		    "pipe it to zmap-send, or print text with --text");
	status_open(status, status_fd, "targets");
	if (writer_open(e, status, a->separator, ports) == -1)
		out_of_memory();
}

/* --- permuted --- */

static void
warn_unguarded(void)
{
	log_say(messages, LOG_LEVEL_WARN,
	    "no blacklist: networks that are reserved, or whose owners do not want to be scanned, are not left out");
}

/* The targets of a scan that is over may be others today. */
static void
check_id(const struct request *w, const struct plan *p)
{
	char text[SCANID_TEXT];

	scanid_print(p->id, text);
	if (w->scan_id != NULL && strcmp(w->scan_id, text) != 0)
		errx(TOOL_MISUSED,
		    "these are the targets of another scan, %s, not of %s: give the seed, ports, lists and shards that it had",
		    text, w->scan_id);
}

static void
make_plan(struct request *w, struct plan *p, const struct log *log)
{
	if (request_plan(w, p) == -1)
		refuse(w->why);
	check_id(w, p);
	if (w->left < w->asked && !w->count && w->where == NULL)
		log_info(log,
		    "%" PRIu64 " of %" PRIu64
		    " addresses are scanned; the others are in a blacklist",
		    w->left, w->asked);
	if (w->unguarded)
		warn_unguarded();
	if (p->wish.polite && !w->count && w->where == NULL)
		log_info(log,
		    "of any %" PRIu64
		    " targets in a row, a network of %s has two at most",
		    plan_gap(p),
		    p->family == 6 ? "65,536 prefixes" : "256 addresses");
	log_debug(log,
	    "%" PRIu64 " targets in all, %" PRIu64 " here, seed %" PRIu64,
	    p->count, p->end - p->at, p->wish.seed);
	if (w->skipped_blocks > 0)
		log_debug(log,
		    "%" PRIu64 " entries of blacklists are of IPv%u: skipped",
		    w->skipped_blocks, p->family == 6 ? 4 : 6);
	if (w->skipped_targets > 0)
		log_info(log, "%" PRIu64 " targets are of IPv%u: skipped",
		    w->skipped_targets, p->family == 6 ? 4 : 6);
}

static enum outcome
run_permuted(struct request *a, struct plan *p, int status_fd, char **argv)
{
	static struct plan_batch batch;
	enum outcome outcome = OUTCOME_DONE;
	struct status status;
	struct header *h;
	struct writer e;
	int rc = 0;

	lists_resolved(&a->in);
	targets_open_output(&e, &status, a, status_fd, plan_ports_kind(p));
	e.position = p->at;
	catch_signals();
	if (e.out != NULL) {
		h = stream_derive(e.out, NULL, "targets", argv);
		if (h == NULL || plan_describe(p, &h->scan) == -1)
			out_of_memory();
		facts_identify(&status, &h->scan);
		status_facts(&status, &h->scan);
		rc = stream_header(e.out);
	}
	while (rc == 0 && !interrupted && plan_next(p, &batch))
		rc = writer_put(&e,
		    &(struct writer_targets){ .next = batch.next,
			.n = batch.n,
			.copy = batch.copy,
			.family = p->family,
			.addr = batch.addr,
			.addr6 = batch.addr6,
			.port = batch.port });
	if (interrupted)
		outcome = OUTCOME_INTERRUPTED;
	if (rc == -1 || writer_end(&e, outcome) == -1)
		err(EXIT_FAILURE, "stdout");
	writer_close(&e);
	return outcome;
}

/* What is blacklisted since the scan began is found by going through it. */
static void
print_count(struct plan *p)
{
	static struct plan_batch batch;
	uint64_t n = 0;

	if (networks_empty(&p->skip))
		n = p->end - p->at;
	else
		while (plan_next(p, &batch))
			n += batch.n;
	printf("%" PRIu64 "\n", n);
}

/* --- where --- */

static enum outcome
print_where(struct request *a, const struct plan *p)
{
	struct list_entry e;
	struct list l;
	bool found = false;
	int rc;

	if (list_text(&l, a->where) == -1)
		errx(TOOL_MISUSED, "%s", l.why);
	l.resolver = &a->in.resolver;
	l.all = 1;
	while ((rc = lists_next(&a->in, &l, &e)) == 1)
		if (locate_print(stdout, p, &e, &found) == -1) {
			rc = lists_refuse(&a->in, &l,
			    "too many addresses to ask for, over 2^32");
			break;
		}
	if (rc == -1)
		refuse(a->in.why);
	list_close(&l);
	return found ? OUTCOME_DONE : OUTCOME_FAILED;
}

/* --- in order --- */

/* A list of targets is what is scanned; without one, the whitelist is. */
static enum selection_part
part_to_follow(const struct request *a)
{
	for (size_t i = 0; i < a->in.n; i++)
		if (a->in.source[i].part == SCOPE_LIST)
			return SCOPE_LIST;
	return SCOPE_ALLOW;
}

/* What the other lists allow and forbid. */
static void
read_others(struct request *a, enum selection_part part,
    struct selection *scope, struct networks *allow)
{
	const unsigned all = 1u << SCOPE_ALLOW | 1u << SCOPE_LIST |
	    1u << SCOPE_BLOCK;

	if (lists_read(&a->in, scope, all & ~(1u << part)) == -1)
		refuse(a->in.why);
	allow->four = scope->range[SCOPE_ALLOW];
	scope->range[SCOPE_ALLOW] = (struct ranges){ 0 };
	intake6_normalise(&scope->intake[SCOPE_ALLOW]);
	if (intake6_ranges(&scope->intake[SCOPE_ALLOW], &allow->six) == -1)
		out_of_memory();
	networks_normalise(allow);
	networks_normalise(&scope->block);
}

static void
prepare_in_order(struct request *a, enum selection_part *part,
    struct ports *ports)
{
	const char *all = a->family == 6 ? "::/0" : "0.0.0.0/0";

	if (request_ports(a, ports) == -1 ||
	    (a->in.n == 0 && request_operand(a, all) == -1) ||
	    request_seed(a) == -1)
		refuse(a->why);
	*part = part_to_follow(a);
}

static enum outcome
run_in_order(struct request *a, int status_fd, char **argv)
{
	static struct inorder f;
	enum selection_part part;
	struct selection scope = { 0 };
	struct networks allow = { 0 };
	struct status status;
	struct ports ports;
	struct writer e;
	enum outcome outcome = OUTCOME_DONE;

	prepare_in_order(a, &part, &ports);
	read_others(a, part, &scope, &allow);
	targets_open_output(&e, &status, a, status_fd, TARGETS_NO_PORTS);
	f = (struct inorder){
		.family = a->family,
		.allow = scope.given[SCOPE_ALLOW] ? &allow : NULL,
		.block = &scope.block,
		.ports = &ports,
		.iids = &a->iids,
		.wish = a->wish,
		.start = a->resume != NULL ? a->checkpoint.position : a->start,
		.entry_max = GROUP_MAX,
		.stop = &interrupted,
		.emit = &e,
		.argv = argv,
		.expect = a->resume != NULL ? a->checkpoint.scan : NULL,
	};
	e.position = f.start;
	catch_signals();
	f.wake = wake[0];
	if (!scope.given[SCOPE_BLOCK] && !a->no_blacklist) {
		warn_unguarded();
		f.entry_max = WANTED_UNGUARDED_MAX;
	}
	if (inorder_run(&f, &a->in, part) == -1) {
		/* what came before the mistake is passed on */
		if (writer_failed(&e) ||
		    (f.begun && writer_end(&e, OUTCOME_MISUSED) == -1))
			err(EXIT_FAILURE, "stdout");
		refuse(a->in.why);
	}
	if (interrupted)
		outcome = OUTCOME_INTERRUPTED;
	if (writer_end(&e, outcome) == -1)
		err(EXIT_FAILURE, "stdout");
	writer_close(&e);
	networks_free(&allow);
	selection_free(&scope);
	ports_free(&ports);
	return outcome;
}

int
main(int argc, char **argv)
{
	enum outcome outcome = OUTCOME_DONE;
	struct plan p = { 0 };
	struct request a;
	struct tool t;

	targets_parse_args(&a, &t, argc, argv);
	say_numbers(&a, &t.log);
	targets_get_ready(&a);
	if (a.in_order) {
		outcome = run_in_order(&a, t.status_fd, argv);
	} else {
		make_plan(&a, &p, &t.log);
		if (a.count)
			print_count(&p);
		else if (a.where != NULL)
			outcome = print_where(&a, &p);
		else
			outcome = run_permuted(&a, &p, t.status_fd, argv);
	}
	tool_close_stdout();
	plan_free(&p);
	request_free(&a);
	return outcome;
}
