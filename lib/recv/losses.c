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

int
receiver_advice(const struct receiver *r, char *buf, size_t size)
{
	const struct receiver_tally *t = &r->tally;

	/* the last second of one is also its first, when all answer */
	if (r->cooldown_ns < ADVICE_NS)
		return 0;
	/* now and then somebody answers after minutes */
	if (t->late * 1000 <= t->unique + t->failure_unique)
		return 0;
	snprintf(buf, size,
	    "%" PRIu64 " of %" PRIu64
	    " targets answered for the first time in the last second of the cooldown: a --cooldown-time longer than %g may find more",
	    t->late, t->unique + t->failure_unique, r->cooldown_ns / 1e9);
	return 1;
}
