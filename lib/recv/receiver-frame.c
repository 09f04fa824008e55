/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a frame; see receiver-loop.h. */
#include "recv/receiver-loop.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "stream/encode.h"

/* Said once of each way that answers come by and probes do not leave. */
static void
tell_stray(struct receiver_loop *l, const char *device)
{
	if (strcmp(l->stray, device) == 0)
		return;
	snprintf(l->stray, sizeof l->stray, "%s", device);
	log_say(l->r->log, LOG_LEVEL_WARN,
	    "answers come in on %s, though no probe leaves there; they are taken, too",
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
mark_dense(struct receiver_loop *l, const struct reply *reply, bool count)
{
	const struct dense_prefix *p = count ? dense_add(l->r->dense, reply) :
					       dense_find(l->r->dense, reply);

	l->answers.dense = p != NULL ? p->text : NULL;
}

/* --check: the record of a success may have to wait. */
static void
write_checked(struct receiver_loop *l, const struct reply *reply, bool repeat,
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
tell_answered(struct receiver_loop *l, const struct reply *reply)
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

/* It is to a probe that the way back has asked for, and none to the scan. */
static enum refusal
take_asked(struct receiver_loop *l, const struct reply *reply)
{
	const struct answers *a = &l->answers;

	if (a->kind == CHECK_AGAIN)
		control_answer(l->control, reply, a->mark % 2 == 1);
	else
		check_answer(l->r->check, l->r->back, a->kind, reply,
		    answer_success(a));
	return a->kind == CHECK_SIBLING ? REFUSED_SOURCE : REFUSED_PORT;
}

void
receiver_on_frame(void *ctx, const struct capture_frame *f)
{
	struct receiver_loop *l = ctx;
	struct receiver_tally *t = &l->r->tally;
	struct reply reply;
	enum refusal refused;
	bool success, app;
	int seen;

	t->received++;
	l->answers.link = f->link;
	refused = answer_read(&l->answers, f->bytes, f->caplen, f->len,
	    f->time_ns, &reply);
	if (refused == REFUSED_NOT && l->answers.kind != CHECK_NOT)
		refused = take_asked(l, &reply);
	t->refused[refused]++;
	if (refused != REFUSED_NOT)
		return;
	if (f->stray != NULL)
		tell_stray(l, f->stray);
	success = answer_success(&l->answers);
	app = answer_app_success(&l->answers);
	seen = is_repeat(l->r, &reply, success);
	if (success)
		receiver_count_hit(l, &reply, seen == 1);
	if (l->control != NULL && success && seen != 1)
		control_add(l->control, &reply);
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
		l->slot[l->slot_now % RECEIVER_SLOTS]++;
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
