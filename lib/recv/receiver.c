/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of zmap-recv; see receiver.h. */
#include "recv/receiver.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "recv/answer.h"
#include "stream/encode.h"
#include "stream/handshake.h"

#define BATCH	    4096	 /* frames between two looks around, */
#define FILE_BATCH  256		 /* and when their results must find room */
#define DRAIN_NS    (SECOND / 2) /* without the frames that are due */
#define SLOTS	    10		 /* of the last second */
#define SLOT_NS	    (SECOND / SLOTS)
#define FULL_MS	    5 /* between two looks at a full queue */
#define WARM_UP	    5 /* seconds before, and in a row, */
#define CHECK_TICK  (SECOND / 20)
#define LOW_SECONDS 5 /* that --min-hitrate waits */

/* Of a block of time. */
struct block_count {
	uint64_t hits, drops; /* drops: before it began */
};

/* What the loop keeps besides what the caller sees. */
struct loop {
	struct receiver *r;
	struct answers answers;
	bool cooldown;
	bool begun;   /* the scan has been accepted */
	bool drained; /* the sender's targets are through */
	bool over;    /* read no more input */
	bool hurry;   /* a second signal */
	bool link_down;
	char stray[IF_NAMESIZE]; /* the device told of last, or "" */
	int greeting; /* what our reader has yet to take; 0: it is ready */
	uint64_t greeted_ns;
	bool save_told;	   /* that the savefile lacks frames */
	uint64_t until_ns; /* the cooldown lasts */
	uint64_t interrupted_ns;
	enum outcome outcome;
	unsigned char *end; /* of the input, or NULL */
	size_t end_size;
	struct block_count blocks[2];
	uint64_t slot[SLOTS], slot_now;
	uint64_t targets;  /* sent to, so far, */
	uint64_t position; /* and up to there; */
	uint64_t step;	   /* the most between two reports, */
	unsigned reports;  /* of so many that said more */
	uint64_t next_count_ns, sending_ns;
	unsigned low; /* seconds of low hit rate */
};

static void count_drops(struct loop *l);

/* Said once of each way that answers come by and probes do not leave. */
static void
tell_stray(struct loop *l, const char *device)
{
	if (strcmp(l->stray, device) == 0)
		return;
	snprintf(l->stray, sizeof l->stray, "%s", device);
	log_say(l->r->log, LOG_LEVEL_WARN,
	    "answers come in on %s, by which no probe leaves; they are taken from there, too",
	    device);
}

/*
 * Of an ICMP error, who sent it is another one than the target as a rule, and
 * has no port.
 */
static int
is_repeat(const struct receiver *r, const struct reply *a, bool success)
{
	bool router = r->by_responder && a->icmp_error;
	uint16_t port = router ? 0 : a->target_port;

	if (a->family == 6)
		return dedup_seen6(r->dedup, router ? a->saddr6 : a->target6,
		    port, success);
	return dedup_seen(r->dedup, router ? a->saddr : a->target, port,
	    success);
}

/* --dense: counts the answer, if it is to be, and says where it came from. */
static void
mark_dense(struct loop *l, const struct reply *reply, bool count)
{
	const struct dense_prefix *p = count ? dense_add(l->r->dense, reply) :
					       dense_find(l->r->dense, reply);

	l->answers.dense = p != NULL ? p->text : NULL;
}

/* --check: the record of a success may have to wait. */
static void
write_checked(struct loop *l, const struct reply *reply, bool repeat,
    bool success)
{
	struct check_record r = { .bytes = NULL };
	struct encoder e;

	r.size = answer_record(&l->answers, reply, repeat, l->cooldown,
	    &r.bytes);
	if (!success || r.size == 0)
		check_nothing(l->r->check, &r);
	else if (check_take(l->r->check, l->r->back, reply, &r))
		return;
	e = stream_begin(l->r->out, r.size + r.tail_size);
	encode_raw(&e, r.bytes, r.size);
	encode_raw(&e, r.tail, r.tail_size);
	stream_commit(l->r->out, &e, STREAM_RECORD);
}

/* Its later copies need not be sent, whatever it has answered. */
static void
tell_answered(struct loop *l, const struct reply *reply)
{
	unsigned char address[IP6_SIZE];

	if (l->r->back == NULL)
		return;
	if (reply->family == 6)
		ip6_put(address, reply->target6);
	else
		put32(address, reply->target);
	back_out_target(l->r->back, BACK_ANSWERED, NULL, address,
	    l->r->probe->ports ? reply->target_port : 0);
}

static void
receiver_on_frame(void *ctx, const struct capture_frame *f)
{
	struct loop *l = ctx;
	struct receiver_tally *t = &l->r->tally;
	struct reply reply;
	enum refusal refused;
	bool success, app;
	int seen;

	t->received++;
	l->answers.link = f->link;
	refused = answer_read(&l->answers, f->bytes, f->caplen, f->len,
	    f->time_ns, &reply);
	if (refused == REFUSED_NOT && l->answers.kind != CHECK_NOT) {
		check_answer(l->r->check, l->r->back, l->answers.kind, &reply,
		    answer_success(&l->answers));
		/* no answer to the scan */
		refused = l->answers.kind == CHECK_PORT ? REFUSED_PORT :
							  REFUSED_SOURCE;
	}
	t->refused[refused]++;
	if (refused != REFUSED_NOT)
		return;
	if (f->stray != NULL)
		tell_stray(l, f->stray);
	success = answer_success(&l->answers);
	app = answer_app_success(&l->answers);
	seen = is_repeat(l->r, &reply, success);
	if (success && (seen != 1 || l->r->scan->probes > 1))
		l->blocks[l->answers.mark].hits++;
	if (success)
		coverage_answer(l->r->coverage, reply.target,
		    reply.family == 6 ? &reply.target6 : NULL,
		    reply.target_port, l->answers.copy, seen != 1, f->time_ns);
	if (l->r->tell_answered && seen != 1 && !reply.icmp_error)
		tell_answered(l, &reply);
	t->valid++;
	t->in_cooldown += l->cooldown;
	t->success += success;
	t->app_success += app;
	t->forgotten += seen == -1;
	t->repeats += seen == 1;
	t->cooldown_success += l->cooldown && success;
	if (seen != 1) {
		t->unique += success;
		t->app_unique += app;
		t->cooldown_unique += l->cooldown && success;
		t->failure_unique += !success;
		l->slot[l->slot_now % SLOTS]++;
	}
	if (l->r->dense != NULL)
		mark_dense(l, &reply, seen != 1 && success);
	if (seen == 1 && spool_drops_repeat(l->r->spool))
		return;
	if (l->answers.tail > 0)
		write_checked(l, &reply, seen == 1, success);
	else
		answer_write(&l->answers, &reply, seen == 1, l->cooldown,
		    l->r->out);
}

/* --- the input --- */

static void
begin_cooldown(struct loop *l)
{
	if (l->cooldown)
		return;
	l->cooldown = true;
	l->until_ns = clock_ns() + l->r->cooldown_ns;
	memset(l->slot, 0, sizeof l->slot);
	log_debug(l->r->log, "sending is over, receiving for %g s more",
	    l->r->cooldown_ns / 1e9);
}

/* Nothing more is wanted from the sender, who sees its reader gone. */
static void
close_input(struct loop *l)
{
	if (l->over)
		return;
	l->over = true;
	close(stream_in_fd(l->r->in));
	begin_cooldown(l);
}

static void
receiver_fail(struct loop *l, const char *what, const char *why)
{
	if (l->r->why[0] == '\0')
		snprintf(l->r->why, sizeof l->r->why, "%s: %s", what, why);
	l->outcome = OUTCOME_FAILED;
}

/* The share of the whole scan that may have been sent by now. */
static double
sent_by_now(const struct loop *l)
{
	const struct facts *f = &l->r->scan->facts;
	uint64_t sent = l->targets, most = f->targets;

	if (!l->over)
		sent += 2 * l->step;
	if (sent > most && most > 0)
		sent = most;
	return (double)sent / (double)f->count;
}

/*
 * What the sender says is up to a second old, and more may be on its way: twice
 * as much as the most that it has said at a time.  The first reports may be
 * about less than a second, and say nothing of that.
 */
static void
tell_dense(struct loop *l, const struct stream_item *item)
{
	const struct facts *f = &l->r->scan->facts;
	uint64_t position = UINT64_MAX;

	if (l->r->dense == NULL || !(f->has & FACT_COUNT) || f->count == 0 ||
	    (stream_event_uint(item, "position", &position) == -1 && !l->over))
		return;
	if (position > l->position) {
		l->reports++;
		if (position - l->position > l->step)
			l->step = position - l->position;
	}
	l->position = position;
	if (l->over)
		dense_sent(l->r->dense, sent_by_now(l), position);
	else if (l->reports >= 3)
		dense_sent(l->r->dense, sent_by_now(l), position + 2 * l->step);
}

/* The sender has begun; on this machine it is known when that was. */
static void
take_begin(struct loop *l, const struct stream_item *item)
{
	uint64_t began, boot;

	if (l->r->boot != 0 && !capture_is_file(l->r->capture) &&
	    stream_event_uint(item, "boot", &boot) == 0 && boot == l->r->boot &&
	    stream_event_uint(item, "monotonic", &began) == 0 &&
	    began < l->r->live_ns)
		l->r->tally.missed_ns = l->r->live_ns - began;
}

/*
 * A block of time begins (send/tempo.h): the answers to the one before the last
 * are in.  The first is number 0.
 */
static void
take_block(struct loop *l, const struct stream_item *item)
{
	struct receiver_tally *t = &l->r->tally;
	struct block_count *c;
	uint64_t number, drops;

	if (l->r->back == NULL ||
	    stream_event_uint(item, "number", &number) == -1)
		return;
	count_drops(l);
	drops = t->kernel_drops + t->interface_drops + t->queue_drops;
	c = &l->blocks[number % 2];
	if (number >= 2)
		back_out_event(l->r->back, "block",
		    (struct counter[]){ { "number", number - 2 },
			{ "hits", c->hits }, { "drops", drops - c->drops },
			{ NULL, 0 } });
	*c = (struct block_count){ .drops = drops };
}

/* The targets are through, and the sender waits for the way back to close. */
static void
take_drained(struct loop *l)
{
	l->drained = true;
	begin_cooldown(l);
}

/* The scan has been accepted: our files may lose what is in them. */
static int
begin_files(struct loop *l)
{
	if (l->begun)
		return 0;
	l->begun = true;
	capture_save_begin(l->r->capture);
	if (l->r->dense != NULL && outfile_take(l->r->dense_file) == -1) {
		receiver_fail(l, "--dense", strerror(errno));
		return -1;
	}
	if (l->r->keep == NULL || outfile_take(l->r->kept) == 0)
		return 0;
	receiver_fail(l, "--write-stream", strerror(errno));
	return -1;
}

static int
take_item(struct loop *l, const struct stream_item *item)
{
	if (handshake_accepted(item) && begin_files(l) == -1)
		return -1;
	if (l->r->keep != NULL) {
		stream_pass(l->r->keep, item);
		stream_flush(l->r->keep);
	}
	switch (item->what) {
	case STREAM_HEADER:
		receiver_fail(l, "stdin",
		    "a second scan; start zmap-recv for each");
		return -1;
	case STREAM_RECORD:
		receiver_fail(l, "stdin", "a record in a stream of probes");
		return -1;
	case STREAM_EVENT:
		if (stream_event_uint(item, "targets", &l->targets) == 0 &&
		    l->sending_ns == 0)
			l->sending_ns = clock_ns();
		tell_dense(l, item);
		if (stream_event_is(item, "begin"))
			take_begin(l, item);
		if (stream_event_is(item, "block"))
			take_block(l, item);
		if (stream_event_is(item, "drained"))
			take_drained(l);
		/* by itself: the spool may drop records, but no event */
		stream_flush(l->r->out);
		stream_pass(l->r->out, item);
		stream_flush(l->r->out);
		break;
	case STREAM_END:
		stream_event_uint(item, "targets", &l->targets);
		stream_event_uint(item, "failures", &l->r->tally.unsent);
		l->end = malloc(item->size);
		if (l->end == NULL) {
			receiver_fail(l, "stdin", strerror(errno));
			return -1;
		}
		memcpy(l->end, item->bytes, item->size);
		l->end_size = item->size;
		l->outcome = outcome_worse(l->outcome,
		    stream_end_outcome(item));
		l->over = true;
		tell_dense(l, item);
		begin_cooldown(l);
		break;
	}
	return 0;
}

/* All that is there to read.  -1: the input is broken, write what there is. */
static int
read_input(struct loop *l, bool readable)
{
	struct stream_in *in = l->r->in;
	struct stream_item item;
	int rc;

	if (readable && stream_fill(in) == -1 && errno != EAGAIN) {
		receiver_fail(l, "stdin", strerror(errno));
		return -1;
	}
	while (!l->over && (rc = stream_next(in, &item)) != 0) {
		if (rc == -1) {
			/* whoever was interrupted need not say goodbye */
			if (l->interrupted_ns != 0) {
				l->over = true;
				begin_cooldown(l);
				return 0;
			}
			receiver_fail(l, "stdin", stream_error(in));
			return -1;
		}
		if (take_item(l, &item) == -1)
			return -1;
	}
	return 0;
}

/* --- our reader --- */

enum { READY, OUR_READY, OUR_HEADER };

static void
begin_greeting(struct loop *l)
{
	l->greeted_ns = clock_ns();
	l->greeting = READY;
	/* of a savefile everything has been sent */
	if (handshake_can_tell(l->r->out_fd) && !capture_is_file(l->r->capture))
		l->greeting = OUR_HEADER;
}

/*
 * Goes on as far as our reader has come (see taken.h).  Before it is ready
 * nothing is read, so the sender waits.
 */
static int
receiver_greet(struct loop *l)
{
	struct spool_counts queue;

	if (l->greeting == READY)
		return 0;
	stream_flush(l->r->out);
	spool_count(l->r->spool, &queue);
	if (queue.bytes > 0 || !taken(l->r->out_fd)) {
		if (clock_ns() - l->greeted_ns < TAKEN_PATIENCE)
			return 0;
		log_say(l->r->log, LOG_LEVEL_WARN,
		    "nobody reads the results yet: the scan begins all the same");
		l->greeting = OUR_READY;
	}
	if (l->greeting-- == OUR_HEADER) {
		stream_event(l->r->out, "ready", "recv", NULL);
		stream_flush(l->r->out);
		return 0;
	}
	return read_input(l, false);
}

/* --- once a second --- */

static uint64_t
millionths(double share)
{
	return share * 1e6 + .5;
}

/* What is known when it is over. */
static struct counter *
count_coverage(const struct loop *l, struct counter *c)
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
receiver_collect(const struct loop *l, struct counter *c)
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

static void
receiver_report(struct loop *l, bool final)
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

static void
count_drops(struct loop *l)
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

static double
hit_rate(const struct loop *l)
{
	return l->targets == 0 ? 0 : 100.0 * l->r->tally.unique / l->targets;
}

/* --min-hitrate: five seconds in a row, after five to begin with. */
static void
receiver_guard(struct loop *l, uint64_t now)
{
	if (l->r->min_hitrate <= 0 || l->cooldown || l->sending_ns == 0 ||
	    now - l->sending_ns < WARM_UP * SECOND)
		return;
	l->low = hit_rate(l) < l->r->min_hitrate ? l->low + 1 : 0;
	if (l->low < LOW_SECONDS)
		return;
	log_say(l->r->log, LOG_LEVEL_ERROR,
	    "hit rate is %.4g %%, below --min-hitrate=%g: stopping the scan",
	    hit_rate(l), l->r->min_hitrate);
	l->outcome = outcome_worse(l->outcome, OUTCOME_STOPPED);
	close_input(l);
}

/* At once, since the scan goes on: the savefile may be all one wants of it. */
static void
check_save(struct loop *l)
{
	char why[256];

	if (l->save_told ||
	    capture_save_check(l->r->capture, why, sizeof why) == 0)
		return;
	l->save_told = true;
	log_say(l->r->log, LOG_LEVEL_WARN,
	    "no more frames are kept by --write-pcap: %s", why);
}

static void
each_second(struct loop *l, uint64_t now)
{
	if (now >= l->next_count_ns) {
		l->next_count_ns = now + SECOND;
		count_drops(l);
		check_save(l);
		receiver_guard(l, now);
	}
	if (status_due(l->r->status))
		receiver_report(l, false);
}

/* --- the way back --- */

/*
 * --check: an answer that comes now could be asked about, and have a verdict.
 */
static bool
may_ask(const struct loop *l)
{
	return l->r->checks & CHECK_ASKS && !l->over &&
	    clock_ns() + l->r->check_wait_ns < l->until_ns;
}

/*
 * It is closed when no probe is due any more that an answer has made necessary;
 * the sender ends then, if it has waited for that.
 */
static void
tend_back(struct loop *l)
{
	struct receiver *r = l->r;

	if (r->back == NULL)
		return;
	back_out_flush(r->back);
	r->tally.back_drops = back_out_dropped(r->back);
	if ((!l->drained && !l->over) || may_ask(l))
		return;
	if (!l->over && r->check != NULL && check_asks(r->check))
		return;
	back_out_close(r->back);
	r->back = NULL;
}

/* --- signals, and waiting --- */

static void
take_signal(struct loop *l)
{
	struct signalfd_siginfo info;
	double left = l->r->cooldown_ns / 1e9;
	uint64_t now = clock_ns();

	if (read(l->r->signal_fd, &info, sizeof info) != sizeof info)
		return;
	l->outcome = outcome_worse(l->outcome, OUTCOME_INTERRUPTED);
	if (l->interrupted_ns != 0 || capture_is_file(l->r->capture)) {
		l->hurry = l->r->hurried = true;
		return;
	}
	l->interrupted_ns = now;
	if (l->cooldown) /* to a tenth */
		left = l->until_ns > now ?
		    (l->until_ns - now) / (SECOND / 10) / 10.0 :
		    0;
	log_info(l->r->log, "interrupted: receiving for %g s more", left);
	/* the sender, which has been told too, has a second to say its end */
}

/* Up to when nothing is to be done unless something happens. */
static uint64_t
deadline(const struct loop *l)
{
	uint64_t t = l->next_count_ns, soon;

	if (l->r->check != NULL && check_pending(l->r->check)) {
		soon = clock_ns() + CHECK_TICK;
		if (soon < t)
			t = soon;
	}
	if (l->cooldown && l->until_ns < t)
		t = l->until_ns;
	if (l->interrupted_ns != 0 && !l->over &&
	    l->interrupted_ns + SECOND < t)
		t = l->interrupted_ns + SECOND;
	return t;
}

/* So many nanoseconds, but no more than patience, in milliseconds. */
static struct timespec
pause_until(uint64_t ns, int patience)
{
	if (ns / 1000000 >= (unsigned)patience)
		ns = patience * 1000000ull;
	return clock_timespec(ns);
}

/* What has been received so far is counted, and in the savefile. */
static void __attribute__((noreturn)) leave(struct loop *l)
{
	char why[256];

	count_drops(l);
	capture_save_end(l->r->capture, why, sizeof why);
	l->r->status->outcome = outcome_name(OUTCOME_INTERRUPTED);
	receiver_report(l, true);
	outcome_reader_gone();
}

/* Waits up to so many milliseconds, if nothing happens. */
static int
look_around(struct loop *l, int patience)
{
	struct pollfd p[] = {
		{ .fd = l->over || l->greeting != READY ?
			-1 :
			stream_in_fd(l->r->in),
		    .events = POLLIN },
		{ .fd = l->r->signal_fd, .events = POLLIN },
		{ .fd = l->r->out_fd },
		{ .fd = l->r->solicited.fd, .events = POLLIN },
		{ .fd = capture_fd(l->r->capture), .events = POLLIN },
	};
	uint64_t now = clock_ns(), until = deadline(l);
	struct timespec wait = { 0 };

	if (patience > 0) {
		stream_flush(l->r->out);
		wait = pause_until(until > now ? until - now : 0, patience);
		if (l->greeting != READY)
			wait = handshake_pause(l->greeted_ns);
	}
	if (ppoll(p, patience > 0 ? 5 : 4, &wait, NULL) > 0) {
		if (p[2].revents & (POLLERR | POLLNVAL))
			leave(l);
		if (p[1].revents & POLLIN)
			take_signal(l);
		if (p[3].revents & POLLIN)
			solicited_answer(&l->r->solicited);
		if (p[0].revents != 0 && read_input(l, true) == -1)
			return -1;
	}
	if (receiver_greet(l) == -1)
		return -1;
	now = clock_ns();
	if (l->r->check != NULL) {
		check_turn(l->r->check, l->r->back, now);
		check_release(l->r->check, l->r->out, now, false);
	}
	tend_back(l);
	while (l->slot_now < now / SLOT_NS) {
		if (now / SLOT_NS - l->slot_now > SLOTS)
			l->slot_now = now / SLOT_NS - SLOTS;
		l->slot[++l->slot_now % SLOTS] = 0;
	}
	if (l->interrupted_ns != 0 && !l->over &&
	    now >= l->interrupted_ns + SECOND)
		close_input(l);
	each_second(l, now);
	if (stream_out_error(l->r->out) == EPIPE)
		leave(l);
	if (stream_out_error(l->r->out) != 0) {
		receiver_fail(l, "stdout",
		    strerror(stream_out_error(l->r->out)));
		return -1;
	}
	return 0;
}

static int
read_frames(struct loop *l, int max)
{
	char why[256];
	int n;

	n = capture_read(l->r->capture, max, receiver_on_frame, l, why,
	    sizeof why);
	if (n == -1)
		receiver_fail(l,
		    capture_is_file(l->r->capture) ? "savefile" : "capture",
		    why);
	return n;
}

/*
 * All that the kernel has put into the ring by now, and nothing later: the
 * last block is handed over when it is CAPTURE_RETIRE_MS old, and there may be
 * many before it.
 */
static void
receiver_drain(struct loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	struct pollfd p = { .fd = capture_fd(l->r->capture), .events = POLLIN };
	uint64_t until = 0, last;
	int n = 0;

	count_drops(l);
	last = t->captured - t->kernel_drops;
	while (n >= 0 && t->received < last) {
		n = read_frames(l, BATCH);
		if (n != 0 || until == 0)
			until = clock_ns() + DRAIN_NS;
		else if (clock_ns() > until)
			break; /* they are not there, whatever it counted */
		if (n == 0)
			poll(&p, 1, CAPTURE_RETIRE_MS);
	}
}

static void
run_live(struct loop *l)
{
	int n;

	for (;;) {
		n = read_frames(l, BATCH);
		if (n == -1)
			break;
		if (look_around(l, n < BATCH ? INT_MAX : 0) == -1)
			break;
		if (l->hurry ||
		    (l->cooldown && l->over && clock_ns() >= l->until_ns))
			break;
	}
	if (n != -1)
		receiver_drain(l);
}

/*
 * The input first, to its end: it is short, and says how the scan went.  A
 * file waits for a slow reader, as a network does not.
 */
static void
run_file(struct loop *l)
{
	int n, rc;

	l->r->cooldown_ns = 0;
	while (!l->over && !l->hurry)
		if (look_around(l, INT_MAX) == -1)
			l->over = true; /* the file is read all the same */
	l->cooldown = false;
	if (begin_files(l) == -1)
		return;
	do {
		n = read_frames(l, FILE_BATCH);
		do
			rc = look_around(l,
			    spool_is_full(l->r->spool) ? FULL_MS : 0);
		while (rc == 0 && !l->hurry && spool_is_full(l->r->spool));
	} while (n > 0 && rc == 0 && !l->hurry);
}

/* --- beginning and end --- */

/* Bytes behind the end of the input, if there are any by now. */
static void
check_input(struct loop *l)
{
	struct pollfd p = { .fd = stream_in_fd(l->r->in), .events = POLLIN };
	struct stream_item item;

	if (l->end == NULL)
		return;
	if (poll(&p, 1, 0) > 0)
		stream_fill(l->r->in);
	if (stream_next(l->r->in, &item) != 0)
		receiver_fail(l, "stdin",
		    "a second scan; start zmap-recv for each");
}

static struct counter *
collect_dense(const struct dense *d, struct counter *c)
{
	*c++ = counter_of(COUNT_RECV_DENSE, dense_count(d));
	*c++ = counter_of(COUNT_RECV_DENSE_BYTES, dense_memory(d));
	*c++ = counter_of(COUNT_RECV_DENSE_FORGOTTEN, dense_forgotten(d));
	return c;
}

static void
write_end(struct loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	struct stream_item before = { .what = STREAM_END,
		.bytes = l->end,
		.size = l->end_size };
	struct spool_counts queue;
	struct counter c[COUNTERS + 1], *at = c;
	enum refusal i;

	if (l->r->check != NULL)
		check_release(l->r->check, l->r->out, 0, true);
	stream_flush(l->r->out); /* what may be dropped, before */
	spool_count(l->r->spool, &queue);
	t->queue_drops = queue.dropped;
	if (t->kernel_drops + t->interface_drops + t->queue_drops +
		t->forgotten + t->link_downs + t->missed_ns + t->unsent >
	    0)
		l->outcome = outcome_worse(l->outcome, OUTCOME_INCOMPLETE);
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
	stream_end(l->r->out, "recv", l->outcome,
	    l->end != NULL ? &before : NULL, c);
	if (stream_flush(l->r->out) == -1) {
		if (errno == EPIPE)
			leave(l);
		receiver_fail(l, "stdout", strerror(errno));
	}
}

/*
 * Until the reader has taken everything, however long that takes.  A signal
 * now means that the results are not wanted.
 */
static void
wait_for_reader(struct loop *l)
{
	struct pollfd p[] = {
		{ .fd = l->r->signal_fd, .events = POLLIN },
		{ .fd = l->r->out_fd },
	};
	struct signalfd_siginfo info;
	struct spool_counts queue;
	int wait = 1;

	for (;;) {
		spool_count(l->r->spool, &queue);
		if (queue.bytes == 0 || queue.failed)
			break;
		if (poll(p, 2, wait) > 0) {
			if (p[1].revents & (POLLERR | POLLNVAL))
				leave(l);
			if (p[0].revents & POLLIN &&
			    read(p[0].fd, &info, sizeof info) == sizeof info) {
				receiver_fail(l, "interrupted",
				    "results are lost that nobody read");
				l->r->abandoned = true;
				break;
			}
		}
		if (status_due(l->r->status))
			receiver_report(l, false);
		wait = wait < 50 ? wait * 2 : 100;
	}
}

static enum outcome
receiver_finish(struct loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	size_t k;

	count_drops(l);
	t->unread = 0;
	if (t->captured > t->received + t->kernel_drops)
		t->unread = t->captured - t->received - t->kernel_drops;
	t->captured = t->received + t->kernel_drops + t->unread;
	check_input(l);
	if (l->cooldown && !l->hurry && !capture_is_file(l->r->capture))
		for (k = 0; k < SLOTS; k++)
			t->late += l->slot[k];
	write_end(l);
	wait_for_reader(l);
	l->r->status->outcome = outcome_name(l->outcome);
	receiver_report(l, true);
	return l->outcome;
}

enum outcome
receiver_run(struct receiver *r)
{
	struct loop *l = calloc(1, sizeof *l);
	enum outcome outcome;

	if (l == NULL)
		goto fail;
	l->r = r;
	l->answers = (struct answers){ .scan = r->scan,
		.probe = r->probe,
		.thread = r->thread,
		.check_port = r->check_port,
		.with_dense = r->dense != NULL,
		.tail = answer_tail(r->checks),
		.check = r->check,
		.only = r->only,
		.dedup = r->scan->facts.family == 6 ? NULL : r->dedup };
	if (answer_init(&l->answers) == -1)
		goto fail;
	signal(SIGPIPE, SIG_IGN); /* see leave() */
	l->slot_now = clock_ns() / SLOT_NS;
	l->next_count_ns = clock_ns() + SECOND;
	begin_greeting(l);
	if (l->greeting != READY || read_input(l, false) == 0) {
		if (capture_is_file(r->capture))
			run_file(l);
		else
			run_live(l);
	}
	outcome = receiver_finish(l);
	answer_done(&l->answers);
	free(l->end);
	free(l);
	return outcome;
fail:
	free(l);
	snprintf(r->why, sizeof r->why, "%s", strerror(errno));
	return OUTCOME_FAILED;
}
