/* SPDX-License-Identifier: Apache-2.0 */
/* Counts and events of a run; see report.h. */
#include "send/report.h"

#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "send/run.h"

struct counter *
report_counts(struct run *r, struct counter *c)
{
	struct sender_counts n;
	struct arm_loss loss;
	uint64_t in = work_targets(&r->work), gone;
	unsigned i;

	sender_counts(r->sender, &n);
	gone = n.targets + n.failed + n.excluded + n.refused;
	*c++ = counter_of(COUNT_SEND_IN, in);
	*c++ = counter_of(COUNT_SEND_TARGETS, n.targets);
	*c++ = counter_of(COUNT_SEND_EXCLUDED, n.excluded);
	*c++ = counter_of(COUNT_SEND_REFUSED, n.refused);
	*c++ = counter_of(COUNT_SEND_FAILED, n.failed);
	*c++ = counter_of(COUNT_SEND_LEFT, in > gone ? in - gone : 0);
	*c++ = counter_of(COUNT_SEND_PACKETS, n.packets);
	*c++ = counter_of(COUNT_SEND_FAILURES, n.failures);
	*c++ = counter_of(COUNT_SEND_WAITS, n.waits);
	*c++ = counter_of(COUNT_SEND_LINK_WAITS, n.link_waits);
	*c++ = counter_of(COUNT_SEND_POSITION, work_position(&r->work));
	for (i = ROUTES_OPEN + 1; i < ROUTES_REFUSALS; i++)
		if (n.refusals[i] > 0)
			*c++ = counter_of(COUNT_SEND_NO_ROUTE + i - 1,
			    n.refusals[i]);
	if (r->send->back != -1) {
		*c++ = counter_of(COUNT_SEND_ASKED, n.asked);
		*c++ = counter_of(COUNT_SEND_ASKED_REFUSED,
		    n.asked_lost + r->asked.refused);
	}
	if (tempo_loss(&r->tempo, &loss)) {
		*c++ = counter_of(COUNT_SEND_LOSS, loss.share * 1e6);
		*c++ = counter_of(COUNT_SEND_LOSS_LOW, loss.low * 1e6);
		*c++ = counter_of(COUNT_SEND_LOSS_HIGH, loss.high * 1e6);
	}
	if (r->send->measure_loss) {
		*c++ = counter_of(COUNT_SEND_AGAIN, tempo_again(&r->tempo));
		*c++ = counter_of(COUNT_SEND_AGAIN_ANSWERS,
		    tempo_again_answers(&r->tempo));
	}
	if (r->answered != NULL)
		*c++ = counter_of(COUNT_SEND_SPARED, n.spared);
	if (r->send->rate_auto) {
		*c++ = counter_of(COUNT_SEND_RAISES, r->tempo.knee.raises);
		*c++ = counter_of(COUNT_SEND_FALLS, r->tempo.knee.falls);
		*c++ = counter_of(COUNT_SEND_SLOWED, r->tempo.delay.slowed);
	}
	if (r->uplink.queues.n > 0)
		*c++ = counter_of(COUNT_SEND_LOWER_DROPS, r->uplink.dropped);
	*c = counter_end();
	return c;
}

void
report_status(struct run *r, bool final)
{
	struct counter c[COUNTERS + 1], *at;
	uint64_t now = clock_ns();

	if (!r->begun || (!final && !status_due(&r->report.status)))
		return;
	at = report_counts(r, c);
	*at++ = counter_of(COUNT_SEND_RATE,
	    r->send->rate_auto ? r->tempo.full : rate_get(&r->rate));
	*at++ = counter_of(COUNT_SEND_THREADS, sender_running(r->sender));
	if (r->end != 0)
		*at++ = counter_of(COUNT_SEND_SECONDS_LEFT,
		    r->end > now ? (r->end - now + SECOND / 2) / SECOND : 0);
	*at = counter_end();
	status_line(&r->report.status, c, final);
}

void
report_progress(struct run *r)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
	struct counter c[COUNTERS + 2], *at;

	if (poll(&p, 1, 0) != 1 || pthread_mutex_trylock(&r->report.lock) != 0)
		return;
	at = report_counts(r, c);
	*at++ = (struct counter){ "time", clock_wall_ns() };
	*at = counter_end();
	stream_event(r->report.out, "progress", "send", c);
	stream_flush(r->report.out);
	pthread_mutex_unlock(&r->report.lock);
}

void
report_event(struct run *r, const char *what, const struct counter *c)
{
	pthread_mutex_lock(&r->report.lock);
	stream_event(r->report.out, what, "send", c);
	stream_flush(r->report.out);
	pthread_mutex_unlock(&r->report.lock);
}

void
report_pass(void *ctx, const struct stream_item *item)
{
	struct run *r = ctx;

	pthread_mutex_lock(&r->report.lock);
	stream_pass(r->report.out, item);
	stream_flush(r->report.out);
	pthread_mutex_unlock(&r->report.lock);
}
