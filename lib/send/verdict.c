/* SPDX-License-Identifier: Apache-2.0 */
/* How a run came out; see verdict.h. */
#include "send/verdict.h"

#include <inttypes.h>
#include <stdio.h>

#include "send/run.h"

/* Targets that no way leads to, although there may be hosts; false: none. */
static bool
tell_refused(const struct sender_counts *n, char *why, size_t size)
{
	uint64_t lost = 0;
	const char *sep = "";
	char text[256] = "";
	size_t at = 0;
	unsigned i;

	for (i = 0; i < ROUTES_REFUSALS; i++) {
		if (n->refusals[i] == 0 || !routes_refusal_loses(i))
			continue;
		lost += n->refusals[i];
		at += snprintf(text + at, sizeof text - at,
		    "%s%s (%" PRIu64 ")", sep, routes_refusal_text(i),
		    n->refusals[i]);
		sep = ", ";
	}
	if (lost > 0)
		snprintf(why, size, "%" PRIu64 " targets were not probed: %s",
		    lost, text);
	return lost > 0;
}

static void
tell_auto(const struct run *r)
{
	const struct tempo *t = &r->tempo;
	char late[64] = "";

	if (t->delay.slowed > 0)
		snprintf(late, sizeof late,
		    ", %" PRIu64 " times because answers came later",
		    t->delay.slowed);
	log_info(r->send->log,
	    "-r auto came to %.4g packets a second, by %" PRIu64
	    " raises and %" PRIu64 " falls%s",
	    t->full, t->knee.raises, t->knee.falls, late);
}

/* That it is not known, and what would have told it. */
static void
tell_unknown(const struct run *r)
{
	char more[160] = "";

	if (!r->send->rate_auto && r->send->probe->ports &&
	    r->asked.again_number == 0)
		snprintf(more, sizeof more,
		    "; with %u source ports, hosts that have answered are asked again, and tell it",
		    BACK_AGAIN_PORTS(r->probes));
	log_info(r->send->log,
	    "too few answers, or too short a scan, to know what was lost by the rate%s",
	    more);
}

static void
print_rate_loss(const struct run *r, const struct arm_loss *l, char *text,
    size_t size)
{
	size_t n = snprintf(text, size,
	    r->send->rate_auto ?
		"%.2g %% (%.2g to %.2g) is lost at %.4g packets a second" :
		"%.2g %% (%.2g to %.2g) more is lost at %.4g packets a second than at half of that",
	    100 * l->share, 100 * l->low, 100 * l->high, r->tempo.full);

	if (l->again && n < size)
		snprintf(text + n, size - n,
		    ", by %" PRIu64 " probes to hosts that had answered",
		    tempo_again(&r->tempo));
}

/* What the rate cost; true: more than --max-loss allows. */
static bool
tell_loss(const struct run *r, char *why, size_t size)
{
	struct arm_loss l;
	char text[200];

	if (!r->tempo.on)
		return false;
	if (!tempo_loss(&r->tempo, &l)) {
		tell_unknown(r);
		return false;
	}
	if (r->send->rate_auto)
		tell_auto(r);
	print_rate_loss(r, &l, text, sizeof text);
	if (100 * l.low <= r->send->max_loss) {
		log_info(r->send->log, "%s", text);
		return false;
	}
	snprintf(why, size, "%s: more than --max-loss %g; lower -r", text,
	    r->send->max_loss);
	return true;
}

enum outcome
verdict(struct run *r, char *why, size_t size)
{
	const char *failure = sender_error(r->sender);
	struct sender_counts n;

	sender_counts(r->sender, &n);
	if (r->uplink.gone[0] != '\0')
		failure = r->uplink.gone;
	if (failure == NULL)
		failure = feed_error(r->feed);
	if (failure != NULL) {
		snprintf(why, size, "%s", failure);
		return OUTCOME_FAILED;
	}
	if (sender_too_many_failures(r->sender)) {
		snprintf(why, size,
		    "stopped after %" PRIu64 " packets that could not be sent",
		    n.failures);
		return OUTCOME_STOPPED;
	}
	if (r->watch.interrupted)
		return OUTCOME_INTERRUPTED;
	if (n.failures > 0) {
		snprintf(why, size,
		    "%" PRIu64 " packets could not be sent: %" PRIu64
		    " targets were not probed as asked",
		    n.failures, n.failed);
		return OUTCOME_INCOMPLETE;
	}
	if (tell_loss(r, why, size))
		return OUTCOME_INCOMPLETE;
	if (tell_refused(&n, why, size) || uplink_losses(&r->uplink, why, size))
		return OUTCOME_INCOMPLETE;
	return OUTCOME_DONE;
}

enum keeper_end
verdict_checkpoint(struct run *r, const struct stream_item *end)
{
	if (r->watch.reader_gone)
		return KEEPER_LOST;
	if (end != NULL && stream_end_outcome(end) == OUTCOME_DONE &&
	    work_drained(&r->work))
		return KEEPER_DONE;
	return KEEPER_STOPPED;
}
