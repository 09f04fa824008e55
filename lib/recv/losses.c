/* SPDX-License-Identifier: Apache-2.0 */
/* What a receiver says of itself when it is over; see receiver.h. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "recv/receiver.h"

#define ADVICE_NS (2 * SECOND) /* a cooldown with an end to speak of */

#define OF(member) offsetof(struct receiver_tally, member)

/* Each is told if it is not 0. */
static const struct loss {
	size_t at;
	bool seconds; /* from ns, for a %f */
	const char *says;
} losses[] = {
	{ OF(kernel_drops), false,
	    "the kernel dropped %" PRIu64
	    " frames (lower --rate, or raise --buffer-size)" },
	{ OF(interface_drops), false,
	    "the interface dropped %" PRIu64 " frames (lower --rate)" },
	{ OF(queue_drops), false,
	    "%" PRIu64
	    " answers were dropped because their reader is too slow (lower --rate, or raise --queue-size, or give a larger --spill-directory)" },
	{ OF(forgotten), false,
	    "of %" PRIu64
	    " answers it is not known whether they are repeats, for lack of memory (use --dedup-method=window)" },
	{ OF(link_downs), false,
	    "the link went down (answers of that time are missing)" },
	{ OF(missed_ns), true,
	    "zmap-send began %.3f s before the capture was live (its output must go straight to zmap-recv)" },
	{ OF(unsent), false, "%" PRIu64 " probes could not be sent" },
	{ .says = NULL },
};

static size_t
print_loss(const struct loss *l, uint64_t count, char *buf, size_t size)
{
	if (l->seconds)
		return snprintf(buf, size, l->says, (double)count / SECOND);
	return snprintf(buf, size, l->says, count);
}

int
receiver_losses(const struct receiver *r, char *buf, size_t size)
{
	const struct loss *l;
	uint64_t count;
	size_t n, told = 0;

	n = snprintf(buf, size, "results are incomplete:");
	for (l = losses; l->says != NULL && n < size; l++) {
		count = *(const uint64_t *)((const char *)&r->tally + l->at);
		if (count == 0)
			continue;
		n += snprintf(buf + n, size - n, told++ > 0 ? "; " : " ");
		if (n < size)
			n += print_loss(l, count, buf + n, size - n);
	}
	return told > 0;
}

/* "98.96", or "99.998" where two digits say too little. */
static const char *
percent(double share, char buf[16])
{
	snprintf(buf, 16, share > 0.9999 && share < 1 ? "%.4f" : "%.2f",
	    100 * share);
	return buf;
}

/* Why it is not known how much was found, or NULL. */
static const char *
unknown(const struct receiver *r)
{
	if (r->scan->probes == 1)
		return "the coverage is not known with one probe to each target: -P 2 would tell";
	if (!(r->scan->facts.has & FACT_DISTANCE))
		return "the coverage is not known, because probes in a row are lost together: --spread would tell";
	if (r->tell_answered)
		return "the coverage is not known with --resend silent, which does not ask targets again that have answered";
	if (!r->probe->ports)
		return "the coverage is not known, because these answers do not say which probe they are to";
	if (r->coverage->copies == NULL)
		return "the coverage is known with --dedup-method=full alone";
	return NULL;
}

int
receiver_coverage(const struct receiver *r, char *buf, size_t size)
{
	struct coverage_estimate e;
	char share[16], low[16], high[16];
	const char *why = unknown(r);

	if (r->tally.unique == 0 || capture_is_file(r->capture))
		return 0;
	if (coverage_estimate(r->coverage, r->tally.unique, &e))
		snprintf(buf, size,
		    "found %s %% (%s to %s) of the hosts that answer this address; others cannot be seen",
		    percent(e.share, share), percent(e.low, low),
		    percent(e.high, high));
	else if (why != NULL)
		snprintf(buf, size, "%s", why);
	else
		return 0;
	return 1;
}

int
receiver_advice(const struct receiver *r, char *buf, size_t size)
{
	const struct receiver_tally *t = &r->tally;

	/* the last second of one is also its first, when all answer */
	if (r->cooldown_ns < ADVICE_NS)
		return 0;
	/* now and then a host answers after minutes */
	if (t->late * 1000 <= t->unique + t->failure_unique)
		return 0;
	snprintf(buf, size,
	    "%" PRIu64 " of %" PRIu64
	    " targets answered for the first time in the last second of the cooldown: a --cooldown-time longer than %g may find more",
	    t->late, t->unique + t->failure_unique, r->cooldown_ns / 1e9);
	return 1;
}
