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

enum outcome
verdict(struct run *r, char *why, size_t size)
{
	const char *failure = sender_failure(r->sender);
	struct sender_counts n;

	sender_counts(r->sender, &n);
	if (r->uplink.gone[0] != '\0')
		failure = r->uplink.gone;
	if (failure == NULL)
		failure = feed_failure(r->feed);
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
