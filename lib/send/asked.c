/* SPDX-License-Identifier: Apache-2.0 */
/* Probes that the way back asks for; see asked.h. */
#include "send/asked.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#define TURN	 64		     /* messages before looking elsewhere */
#define LOOK_NS	 (SECOND / 20)	     /* for the end of the targets */
#define RETRY_NS (5 * SECOND / 1000) /* where there was no room */

int
asked_open(struct asked *a, int fd, bool with_ports, struct work *w,
    const struct facts *f, const struct log *log)
{
	*a = (struct asked){ .work = w, .facts = f, .log = log };
	if (fd == -1)
		return 0;
	a->in = back_in_new(fd, f->family, with_ports);
	if (a->in == NULL || work_hold(w) == -1)
		return -1;
	return 0;
}

void
asked_close(struct asked *a)
{
	back_in_free(a->in);
	a->in = NULL;
}

/* May the scan go there? */
static bool
allowed(const struct asked *a, const struct batch *b, size_t i)
{
	const struct facts *f = a->facts;
	bool six = f->family == 6;

	if (a->message.what == BACK_SIBLING)
		return a->sibling_number != 0 &&
		    (six ? facts_allow_sibling6(f, batch_address6(b, i)) :
			   facts_allow_sibling(f, batch_address(b, i)));
	if (a->message.what == BACK_AGAIN && a->again_number == 0)
		return false;
	if (!(f->has & FACT_NETWORKS))
		return true;
	return six ? ranges6_contain(&f->networks6, batch_address6(b, i)) :
		     ranges_contain(&f->networks, batch_address(b, i)) != 0;
}

/* Number i of the message.  false: there is no room. */
static bool
ask_one(struct asked *a, size_t i)
{
	const struct batch *b = &a->message.batch;
	const unsigned char *address = b->addresses + b->width * i;
	uint16_t port = batch_port(b, i);

	switch (a->message.what) {
	case BACK_AGAIN:
		return work_invite(a->work, address, port, a->again_number);
	case BACK_SIBLING:
		return work_ask(a->work, address, port, a->sibling_number);
	default:
		return work_ask(a->work, address, port, 0);
	}
}

/* The targets of the message, one by one.  false: there is no more room. */
static bool
ask(struct asked *a)
{
	const struct batch *b = &a->message.batch;
	for (; a->at < b->count; a->at++) {
		if (!allowed(a, b, a->at)) {
			a->refused++;
			continue;
		}
		if (!ask_one(a, a->at))
			return false;
	}
	return true;
}

/* Where memory is short, copies are sent all the same. */
static void
asked_keep(struct asked *a)
{
	const struct batch *b = &a->message.batch;
	size_t i;

	for (i = 0; a->answered != NULL && i < b->count; i++)
		if (a->facts->family == 6)
			answered_add6(a->answered, batch_address6(b, i),
			    batch_port(b, i));
		else
			answered_add(a->answered, batch_address(b, i),
			    batch_port(b, i));
}

/* One message.  false: it has to wait. */
static bool
take_message(struct asked *a)
{
	if (a->message.event) {
		if (a->event != NULL)
			a->event(a->ctx, a->message.item);
		return true;
	}
	if (a->message.what != BACK_ANSWERED)
		return ask(a);
	asked_keep(a);
	return true;
}

void
asked_turn(struct asked *a, uint64_t now)
{
	const char *why;
	unsigned i;
	int rc;

	if (asked_fd(a) == -1 && !a->pending)
		return;
	for (i = 0; i < TURN; i++) {
		if (!a->pending) {
			rc = back_in_next(a->in, &a->message);
			if (rc == -1 && (why = back_in_error(a->in)) != NULL)
				log_say(a->log, LOG_LEVEL_WARN,
				    "the way back is broken, and not used any more: %s",
				    why);
			if (rc != 1)
				return;
			a->at = 0;
		}
		a->heard_ns = now;
		a->pending = !take_message(a);
		if (a->pending)
			return;
	}
}

int
asked_fd(const struct asked *a)
{
	/* what has no room yet stays in the pipe */
	return a->in == NULL || a->pending ? -1 : back_in_fd(a->in);
}

uint64_t
asked_next(const struct asked *a)
{
	if (a->in == NULL)
		return UINT64_MAX;
	return clock_ns() + (a->pending ? RETRY_NS : LOOK_NS);
}

bool
asked_wait(struct asked *a, uint64_t now)
{
	uint64_t since;

	if (a->drained_ns == 0)
		a->drained_ns = now;
	if (a->in == NULL)
		return false;
	if (a->pending)
		return now - a->drained_ns < ASKED_MOST_NS;
	if (!back_in_live(a->in))
		return false;
	since = a->heard_ns > a->drained_ns ? a->heard_ns : a->drained_ns;
	return now - since < ASKED_IDLE_NS &&
	    now - a->drained_ns < ASKED_MOST_NS;
}
