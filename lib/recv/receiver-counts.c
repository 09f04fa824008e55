/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, in status lines and in the end; see receiver-loop.h. */
#include "recv/receiver-loop.h"

#include "base/clock.h"

static uint64_t
millionths(double share)
{
	return share * 1e6 + .5;
}

/* What is known when it is over. */
static struct counter *
count_coverage(const struct receiver_loop *l, struct counter *c)
{
	struct coverage_estimate e;

	if (!coverage_estimate(l->r->coverage, l->r->tally.unique, &e))
		return c;
	*c++ = counter_of(COUNT_RECV_COPIES_BOTH, e.both);
	*c++ = counter_of(COUNT_RECV_COPIES_FIRST, e.first);
	*c++ = counter_of(COUNT_RECV_COPIES_LATER, e.later);
	*c++ = counter_of(COUNT_RECV_COVERAGE, millionths(e.share));
	*c++ = counter_of(COUNT_RECV_COVERAGE_LOW, millionths(e.low));
	*c++ = counter_of(COUNT_RECV_COVERAGE_HIGH, millionths(e.high));
	return c;
}

/* Returns where more can follow. */
static struct counter *
receiver_collect(const struct receiver_loop *l, struct counter *c)
{
	const struct receiver_tally *t = &l->r->tally;

	*c++ = counter_of(COUNT_RECV_RECEIVED, t->received);
	*c++ = counter_of(COUNT_RECV_VALID, t->valid);
	*c++ = counter_of(COUNT_RECV_INVALID, t->received - t->valid);
	*c++ = counter_of(COUNT_RECV_SUCCESS, t->success);
	*c++ = counter_of(COUNT_RECV_UNIQUE, t->unique);
	*c++ = counter_of(COUNT_RECV_REPEATS, t->repeats);
	*c++ = counter_of(COUNT_RECV_FAILURE_UNIQUE, t->failure_unique);
	if (l->r->probe->app_success != 0) {
		*c++ = counter_of(COUNT_RECV_APP_SUCCESS, t->app_success);
		*c++ = counter_of(COUNT_RECV_APP_UNIQUE, t->app_unique);
	}
	*c++ = counter_of(COUNT_RECV_KERNEL_DROPS, t->kernel_drops);
	*c++ = counter_of(COUNT_RECV_INTERFACE_DROPS, t->interface_drops);
	*c++ = counter_of(COUNT_RECV_QUEUE_DROPS, t->queue_drops);
	*c++ = counter_of(COUNT_RECV_COOLDOWN_SUCCESS, t->cooldown_success);
	*c++ = counter_of(COUNT_RECV_COOLDOWN_UNIQUE, t->cooldown_unique);
	*c = counter_end();
	return c;
}

static struct counter *
collect_wildcards(const struct wildcard *w, struct counter *c)
{
	const struct wildcard_counts *n = wildcard_count(w);

	*c++ = counter_of(COUNT_RECV_CHECKS_ASKED, n->asked);
	*c++ = counter_of(COUNT_RECV_CHECKS_ANSWERED, n->answers);
	*c++ = counter_of(COUNT_RECV_WILDCARDS, n->wildcards);
	return c;
}

/* The bounds of its verdicts as well: parts in a thousand million. */
static struct counter *
collect_aliases(const struct alias *a, unsigned family, struct counter *c)
{
	const struct alias_counts *n = alias_count(a);
	const struct alias_plan p = alias_plan(family);

	*c++ = counter_of(COUNT_RECV_ALIAS_PREFIXES, n->prefixes);
	*c++ = counter_of(COUNT_RECV_ALIAS_ASKED, n->asked);
	*c++ = counter_of(COUNT_RECV_ALIAS_ANSWERED, n->answers);
	*c++ = counter_of(COUNT_RECV_ALIASED, n->aliased);
	*c++ = counter_of(COUNT_RECV_ALIAS_UNASKED, n->unasked);
	*c++ = counter_of(COUNT_RECV_ALIAS_WRONG, p.wrong * 1e9 + .5);
	*c++ = counter_of(COUNT_RECV_ALIAS_MISSED, p.missed * 1e9 + .5);
	return c;
}

static struct counter *
collect_check(const struct receiver *r, struct counter *c)
{
	if (check_wildcard(r->check) != NULL)
		c = collect_wildcards(check_wildcard(r->check), c);
	if (check_alias(r->check) != NULL)
		c = collect_aliases(check_alias(r->check),
		    (unsigned)r->scan->facts.family, c);
	if (check_rivals(r->check) != NULL) {
		const struct rivals_counts *n = rivals_count(
		    check_rivals(r->check));

		*c++ = counter_of(COUNT_RECV_INJECTED, n->injected);
		*c++ = counter_of(COUNT_RECV_UNCOUNTED, n->forgotten);
	}
	*c++ = counter_of(COUNT_RECV_CHECKS_HURRIED, check_hurried(r->check));
	*c++ = counter_of(COUNT_RECV_CHECK_BYTES, check_memory(r->check));
	return c;
}

static struct counter *
collect_dense(const struct dense *d, struct counter *c)
{
	*c++ = counter_of(COUNT_RECV_DENSE, dense_count(d));
	*c++ = counter_of(COUNT_RECV_DENSE_BYTES, dense_memory(d));
	*c++ = counter_of(COUNT_RECV_DENSE_FORGOTTEN, dense_forgotten(d));
	return c;
}

void
receiver_count_drops(struct receiver_loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	struct capture_counts counts;

	capture_count(l->r->capture, &counts);
	t->captured = counts.captured;
	t->kernel_drops = counts.kernel_drops;
	t->interface_drops = counts.interface_drops;
	t->link_downs = counts.link_downs;
	if (counts.link_down != l->link_down)
		log_say(l->r->log, LOG_LEVEL_WARN, "the link is %s",
		    counts.link_down ? "down: no answers can arrive" :
				       "up again");
	l->link_down = counts.link_down;
}

void
receiver_report(struct receiver_loop *l, bool final)
{
	struct spool_counts queue;
	struct counter c[COUNTERS + 1], *at;
	uint64_t now = clock_ns();

	/* who hears of us takes the scan as begun */
	if (!l->begun)
		return;
	spool_count(l->r->spool, &queue);
	l->r->tally.queue_drops = queue.dropped;
	at = receiver_collect(l, c);
	*at++ = counter_of(COUNT_RECV_QUEUE_DEPTH, queue.records);
	*at++ = counter_of(COUNT_RECV_QUEUE_BYTES, queue.bytes);
	if (final)
		at = count_coverage(l, at);
	if (final && l->r->check != NULL)
		at = collect_check(l->r, at);
	*at++ = counter_of(COUNT_RECV_FRAGMENTS,
	    l->r->tally.refused[REFUSED_FRAGMENT]);
	*at++ = counter_of(COUNT_RECV_COOLDOWN, l->cooldown);
	if (l->cooldown)
		*at++ = counter_of(COUNT_RECV_COOLDOWN_LEFT_MS,
		    l->until_ns > now ? (l->until_ns - now) / 1000000 : 0);
	*at = counter_end();
	status_line(l->r->status, c, final);
}

void
receiver_count_end(struct receiver_loop *l, struct counter *at)
{
	const struct receiver_tally *t = &l->r->tally;
	struct spool_counts queue;
	enum refusal i;

	spool_count(l->r->spool, &queue);
	*at++ = counter_of(COUNT_RECV_CAPTURED, t->captured);
	at = receiver_collect(l, at);
	*at++ = counter_of(COUNT_RECV_UNREAD, t->unread);
	*at++ = counter_of(COUNT_RECV_PASSED, t->valid - t->queue_drops);
	for (i = REFUSED_NOT + 1; i < REFUSED_KINDS; i++)
		*at++ = counter_of(COUNT_RECV_LINK + i - REFUSED_LINK,
		    t->refused[i]);
	*at++ = counter_of(COUNT_RECV_IN_COOLDOWN, t->in_cooldown);
	*at++ = counter_of(COUNT_RECV_LATE, t->late);
	*at++ = counter_of(COUNT_RECV_FORGOTTEN, t->forgotten);
	*at++ = counter_of(COUNT_RECV_LINK_DOWNS, t->link_downs);
	*at++ = counter_of(COUNT_RECV_MISSED_NS, t->missed_ns);
	*at++ = counter_of(COUNT_RECV_WAITED,
	    l->cooldown && !l->r->hurried && clock_ns() >= l->until_ns);
	at = count_coverage(l, at);
	if (t->back_drops > 0)
		*at++ = counter_of(COUNT_RECV_BACK_DROPS, t->back_drops);
	if (queue.spilled > 0) {
		*at++ = counter_of(COUNT_RECV_SPILLED, queue.spilled);
		*at++ = counter_of(COUNT_RECV_QUEUE_MOST, queue.most);
	}
	*at++ = counter_of(COUNT_RECV_DEDUP_BYTES, dedup_memory(l->r->dedup));
	if (l->r->dense != NULL) {
		dense_settle(l->r->dense);
		at = collect_dense(l->r->dense, at);
	}
	if (l->r->check != NULL)
		at = collect_check(l->r, at);
	*at = counter_end();
}
