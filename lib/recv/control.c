/* SPDX-License-Identifier: Apache-2.0 */
/* A table of hosts that are asked in turn; see control.h. */
#include "recv/control.h"

#include <stdlib.h>

#include "addr/ip6.h"
#include "base/bytes.h"

enum {
	HOSTS = 256,
	TIMES = 8, /* that one is asked, in blocks at each rate */
	APART = 4, /* blocks: later answers to one are none to the next */
};

struct host {
	struct ip6 address; /* IPv4: in the last 32 bits */
	uint16_t port;
	uint8_t times[2];  /* in full and in reduced blocks */
	bool was_asked;	   /* ever, and */
	uint64_t last;	   /* in this block, */
	bool has_answered; /* and to that */
};

struct control {
	unsigned family;
	struct host host[HOSTS];
	unsigned n, at; /* at: who is next */
	unsigned spent; /* hosts that have been asked often enough */
	struct control_block block[2], *now;
};

bool
control_possible(const struct scan *s, const struct probe *p)
{
	return s->marks == 2 && p->ports &&
	    s->facts.source_ports.count >= BACK_AGAIN_PORTS(s->probes);
}

struct control *
control_new(const struct scan *s)
{
	struct control *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->family = (unsigned)s->facts.family;
	c->now = &c->block[0];
	return c;
}

void
control_free(struct control *c)
{
	free(c);
}

static struct ip6
control_target_of(const struct reply *r)
{
	return r->family == 6 ? r->target6 : (struct ip6){ 0, r->target };
}

/* --- who is asked --- */

static bool
is_spent(const struct host *h)
{
	return h->times[0] >= TIMES && h->times[1] >= TIMES;
}

/* What it is asked in may still be answered. */
static bool
is_waiting(const struct control *c, const struct host *h)
{
	return h->was_asked && c->now->number < h->last + APART;
}

/* NULL: there is none. */
static struct host *
room(struct control *c)
{
	struct host *h;

	if (c->n < HOSTS)
		return &c->host[c->n++];
	for (h = c->host; c->spent > 0 && h < c->host + HOSTS; h++)
		if (is_spent(h) && !is_waiting(c, h)) {
			c->spent--;
			return h;
		}
	return NULL;
}

void
control_add(struct control *c, const struct reply *r)
{
	struct host *h;

	if (c->n == HOSTS && c->spent == 0)
		return;
	h = room(c);
	if (h != NULL)
		*h = (struct host){ .address = control_target_of(r),
			.port = r->target_port };
}

/* The next one that can be asked now; NULL: there is none. */
static struct host *
control_next_host(struct control *c)
{
	struct host *h;
	unsigned i;

	for (i = 0; i < c->n; i++) {
		h = &c->host[c->at];
		c->at = (c->at + 1) % c->n;
		if (h->times[c->now->reduced] < TIMES && !is_waiting(c, h))
			return h;
	}
	return NULL;
}

/* --- asking --- */

void
control_begin(struct control *c, const struct control_block *b)
{
	c->now = &c->block[b->number % 2];
	*c->now = *b;
}

static void
control_ask(struct control *c, struct back_out *back, struct host *h)
{
	unsigned char address[IP6_SIZE];

	if (c->family == 6)
		ip6_put(address, h->address);
	else
		put32(address, (uint32_t)h->address.lo);
	back_out_target(back, BACK_AGAIN, "control", address, h->port);
	h->was_asked = true;
	h->has_answered = false;
	h->last = c->now->number;
	h->times[c->now->reduced]++;
	c->spent += is_spent(h);
	c->now->asked++;
}

/* In the middle of its part of the time. */
static uint64_t
control_due(const struct control_block *b)
{
	return b->begun + b->within * (2 * b->asked + 1) / (2 * b->again);
}

void
control_turn(struct control *c, struct back_out *back, uint64_t now)
{
	struct control_block *b = c->now;
	struct host *h;

	if (b->asked >= b->again || now < control_due(b))
		return;
	/* too late: the probe would leave in the next block */
	if (now > b->begun + b->within) {
		b->again = b->asked;
		return;
	}
	for (; b->asked < b->again && now >= control_due(b);
	     control_ask(c, back, h)) {
		h = control_next_host(c);
		if (h == NULL) {
			b->again = b->asked;
			return;
		}
	}
	back_out_flush(back);
}

uint64_t
control_next(const struct control *c)
{
	return c->now->asked < c->now->again ? control_due(c->now) : UINT64_MAX;
}

/* --- answers --- */

void
control_answer(struct control *c, const struct reply *r, bool odd)
{
	struct ip6 address = control_target_of(r);
	struct control_block *b = &c->block[odd];
	struct host *h;

	/* a router's, or a firewall's, says nothing of the host */
	if (r->icmp_error)
		return;
	for (h = c->host; h < c->host + c->n; h++)
		if (ip6_equal(h->address, address) && h->port == r->target_port)
			break;
	if (h == c->host + c->n || !h->was_asked || h->has_answered ||
	    h->last != b->number)
		return;
	h->has_answered = true;
	b->answers++;
}

const struct control_block *
control_count(const struct control *c, uint64_t number)
{
	return &c->block[number % 2];
}
