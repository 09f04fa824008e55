/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of one batch; see aim.h. */
#include "send/aim.h"

#include "send/thread.h"

#define GUEST_TIME  0.05 /* seconds, in whose packets a guest is drawn; or, */
#define GUEST_AMONG 4096 /* without a rate, how many these are */

/* The way that a probe takes, and its source; why not, if there is none. */
static enum routes_refusal
find_way(const struct thread *t, unsigned source, struct probe_target *to,
    uint32_t *outlet)
{
	const struct sender_config *c = &t->sender->config;
	long way = routes_way4(c->routes, source, to->port, to->address);

	if (way == -1)
		return ROUTES_NO_ROUTE;
	*outlet = (uint32_t)way;
	if (c->outlets[way].source != 0)
		to->source = c->outlets[way].source;
	return c->outlets[way].refused;
}

static enum routes_refusal
find_way6(const struct thread *t, unsigned source, struct probe_target *to,
    uint32_t *outlet)
{
	const struct sender_config *c = &t->sender->config;
	struct address a = { .size = IP6_SIZE };
	long way;

	ip6_put(a.b, to->address6);
	way = routes_way(c->routes, source, to->port, &a);
	if (way == -1)
		return ROUTES_NO_ROUTE;
	*outlet = (uint32_t)way;
	if (c->by_route)
		to->source6 = c->outlets[way].source6;
	return c->outlets[way].refused;
}

static bool
left_out(const struct sender_config *c, const struct work_chunk *chunk,
    unsigned i)
{
	return c->form.config.family == 6 ?
	    optout_has6(c->exclude, chunk->address6[i]) :
	    optout_has(c->exclude, chunk->address[i]);
}

/* --resend silent: a later copy of a target that has answered? */
static bool
has_answered(const struct sender_config *c, const struct work_chunk *chunk,
    unsigned i)
{
	if (chunk->from == 0)
		return false;
	return c->form.config.family == 6 ?
	    answered_has6(c->answered, chunk->address6[i], chunk->port[i]) :
	    answered_has(c->answered, chunk->address[i], chunk->port[i]);
}

/* Of frame n of the batch, whose target is set. */
static enum routes_refusal
choose_way(struct thread *t, unsigned source, unsigned n)
{
	const struct sender_config *c = &t->sender->config;
	struct probe_target *to = &t->frames.target[n];

	if (c->routes == NULL)
		return ROUTES_OPEN;
	if (c->by_route)
		source = 0;
	return c->form.config.family == 6 ?
	    find_way6(t, source, to, &t->frames.outlet[n]) :
	    find_way(t, source, to, &t->frames.outlet[n]);
}

/* The chunk's next probe, as frame n of the batch, and its way. */
static enum routes_refusal
aim(struct thread *t, const struct ledger_chunk *o, unsigned n)
{
	const struct sender_config *c = &t->sender->config;
	const struct work_chunk *chunk = o->chunk;
	struct probe_target *to = &t->frames.target[n];
	unsigned number = o->number +
	    atomic_load_explicit(&t->sender->mark, memory_order_relaxed);

	return choose_way(t,
	    c->form.config.family == 6 ?
		form_target6(&c->form, chunk->address6[o->at],
		    chunk->port[o->at], number, to) :
		form_target(&c->form, chunk->address[o->at], chunk->port[o->at],
		    number, to),
	    n);
}

/* The same of a guest; false: it may not go there, or cannot. */
static bool
aim_guest(struct thread *t, const struct work_guest *g, unsigned n)
{
	const struct sender_config *c = &t->sender->config;
	const bool six = c->form.config.family == 6;
	struct probe_target *to = &t->frames.target[n];
	unsigned number = g->number +
	    atomic_load_explicit(&t->sender->mark, memory_order_relaxed);

	if (c->exclude != NULL &&
	    (six ? optout_has6(c->exclude, g->address6) :
		   optout_has(c->exclude, g->address)))
		return false;
	return choose_way(t,
		   six ? form_target6(&c->form, g->address6, g->port, number,
			     to) :
			 form_target(&c->form, g->address, g->port, number, to),
		   n) == ROUTES_OPEN;
}

/*
 * Where in a batch of n a guest goes; n: it does not yet, or there is none.  It
 * is drawn among the packets of some time to come, because those behind a
 * pause, or first in a group, meet less traffic than others.
 */
static unsigned
guest_place(struct thread *t, const struct ledger_chunk *o, unsigned n)
{
	struct sender *s = t->sender;
	uint64_t z, among;

	if (o->chunk->asked || !work_has_guests(s->work))
		return n;
	if (!t->guest_waits) {
		among = (uint64_t)(rate_get(s->rate) * GUEST_TIME);
		z = t->dice += 0x9e3779b97f4a7c15;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		t->guest_in = (z >> 32) * (among > 0 ? among : GUEST_AMONG) >>
		    32;
		t->guest_waits = true;
	}
	if (t->guest_in < n)
		return (unsigned)t->guest_in;
	t->guest_in -= n;
	return n;
}

/* As frame n of the batch, in front of the chunk's next probe. */
static bool
seat_guest(struct thread *t, const struct ledger_chunk *o, unsigned n)
{
	struct work_guest g;

	t->guest_waits = false;
	if (!work_take_guest(t->sender->work, &g))
		return false;
	if (!aim_guest(t, &g, n)) {
		ledger_add(&t->ledger.asked_lost, 1);
		return false;
	}
	ledger_mark_guest(&t->ledger, t->io->in + n, o->at);
	return true;
}

/* The next probe of this target, or the next target: then true. */
static bool
go_on(struct ledger_chunk *o)
{
	if (++o->number < o->chunk->to)
		return false;
	o->number = o->chunk->from;
	o->at++;
	return true;
}

/*
 * A target that cannot be reached.  If its other probes can, it is one that
 * was not probed as asked.
 */
static void
refuse_target(struct thread *t, struct ledger_chunk *o, enum routes_refusal why)
{
	if (o->number == o->chunk->from) {
		ledger_refuse(&t->ledger, o, why);
		o->at++;
		return;
	}
	ledger_fail(o, o->at);
	go_on(o);
}

static unsigned
choose(struct thread *t, struct ledger_chunk *o, unsigned n)
{
	const struct sender_config *c = &t->sender->config;
	enum routes_refusal why;
	unsigned i = 0, target, guest = guest_place(t, o, n);

	while (i < n && o->at < o->chunk->count) {
		if (i == guest) {
			guest = n;
			if (seat_guest(t, o, i)) {
				i++;
				continue;
			}
		}
		if (c->exclude != NULL && o->number == o->chunk->from &&
		    left_out(c, o->chunk, o->at)) {
			o->excluded++;
			o->at++;
			continue;
		}
		if (c->answered != NULL && o->number == o->chunk->from &&
		    has_answered(c, o->chunk, o->at)) {
			o->spared++;
			o->at++;
			continue;
		}
		why = aim(t, o, i);
		if (why != ROUTES_OPEN) {
			refuse_target(t, o, why);
			continue;
		}
		target = o->at;
		ledger_mark(&t->ledger, t->io->in + i, target, go_on(o));
		i++;
	}
	return i;
}

unsigned
aim_choose(struct thread *t, unsigned n)
{
	struct optout *exclude = t->sender->config.exclude;
	struct answered *answered = t->sender->config.answered;

	if (exclude != NULL)
		optout_begin(exclude);
	if (answered != NULL)
		answered_begin(answered);
	n = choose(t, ledger_last(&t->ledger), n);
	if (answered != NULL)
		answered_end(answered);
	if (exclude != NULL)
		optout_end(exclude);
	return n;
}
