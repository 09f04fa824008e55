/* SPDX-License-Identifier: Apache-2.0 */
/* Records that wait for what is asked about them; see check.h. */
#include "recv/check.h"

#include <stdlib.h>
#include <string.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "recv/hold.h"
#include "stream/encode.h"

struct check {
	unsigned what;
	uint64_t wait;
	struct wildcard *wildcard;
	struct alias *alias;
	struct rivals *rivals;
	struct hold *hold;
	uint64_t hurried;
};

int
check_possible(unsigned what, const struct scan *s, const struct probe *p,
    const char **why)
{
	*why = "wildcard: its probes have no ports";
	if (what & CHECK_WILDCARD && !p->ports)
		return -1;
	if (!(what & CHECK_ALIAS))
		return 0;
	*why =
	    "alias: its probes have no ports, so that of IPv4 the answers of siblings look like those of targets";
	if (!p->ports && s->facts.family != 6)
		return -1;
	*why =
	    "alias: it needs four source ports for each probe of a target; see --source-port";
	if (p->ports &&
	    s->facts.source_ports.count < BACK_SIBLING_PORTS(s->probes))
		return -1;
	*why = "alias: the scan does not say which networks it may go to";
	return s->facts.has & FACT_NETWORKS ? 0 : -1;
}

struct check *
check_new(unsigned what, const struct scan *s, const struct probe *p,
    uint64_t wait)
{
	struct check *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->what = what;
	c->wait = wait;
	c->hold = hold_new();
	if (what & CHECK_WILDCARD)
		c->wildcard = wildcard_new(s);
	if (what & CHECK_ALIAS)
		c->alias = alias_new(s, wait);
	if (what & CHECK_INJECTED)
		c->rivals = rivals_new(s, p->protocol);
	if (c->hold != NULL && !c->wildcard == !(what & CHECK_WILDCARD) &&
	    !c->alias == !(what & CHECK_ALIAS) &&
	    !c->rivals == !(what & CHECK_INJECTED))
		return c;
	check_free(c);
	return NULL;
}

void
check_free(struct check *c)
{
	if (c == NULL)
		return;
	wildcard_free(c->wildcard);
	alias_free(c->alias);
	rivals_free(c->rivals);
	hold_free(c->hold);
	free(c);
}

/* --- answers to checks --- */

uint16_t
check_port(const struct check *c, const struct reply *r)
{
	return c->wildcard != NULL ? wildcard_port(c->wildcard, r) : 0;
}

bool
check_may_be_sibling(const struct check *c, const struct reply *r)
{
	return c->alias != NULL && alias_is_allowed(c->alias, r);
}

bool
check_is_sibling(const struct check *c, const struct reply *r)
{
	return c->alias != NULL && alias_is_sibling(c->alias, r);
}

void
check_answer(struct check *c, struct back_out *back, enum check_kind kind,
    const struct reply *r, bool success)
{
	if (kind == CHECK_PORT)
		wildcard_answer(c->wildcard, r, success);
	else
		alias_answer(c->alias, back, r, success, clock_ns());
}

void
check_turn(struct check *c, struct back_out *back, uint64_t now)
{
	if (c->alias != NULL)
		alias_turn(c->alias, back, now);
}

/* --- what is known --- */

static bool
check_is_known(const struct check *c, const struct hold_memo *m)
{
	char text[ALIAS_TEXT];

	/* another answer can come as long as one waits */
	return c->rivals == NULL &&
	    (c->wildcard == NULL ||
		wildcard_verdict(c->wildcard, m->wildcard) != WILDCARD_ASKED) &&
	    (c->alias == NULL ||
		alias_verdict(c->alias, m->alias, m->address, text) !=
		    ALIAS_ASKED);
}

static void
check_put_wildcard(const struct check *c, const struct hold_memo *m,
    struct encoder *e)
{
	enum wildcard_verdict v = m == NULL ?
	    WILDCARD_UNKNOWN :
	    wildcard_verdict(c->wildcard, m->wildcard);

	if (v == WILDCARD_YES || v == WILDCARD_NO)
		encode_bool(e, v == WILDCARD_YES);
	else
		encode_null(e);
}

static void
check_put_alias(const struct check *c, const struct hold_memo *m,
    struct encoder *e)
{
	char text[ALIAS_TEXT];

	if (m != NULL &&
	    alias_verdict(c->alias, m->alias, m->address, text) == ALIAS_YES)
		encode_text(e, text);
	else
		encode_null(e);
}

static void
check_put_rivals(const struct check *c, const struct hold_memo *m,
    struct encoder *e)
{
	unsigned n = 0;

	if (m == NULL || m->probe == 0) {
		encode_null(e);
		encode_null(e);
		return;
	}
	n = rivals_of(c->rivals, m->probe);
	encode_uint(e, n);
	encode_bool(e, n > 1);
}

/* m: NULL for what is no success.  Returns its size. */
static size_t
check_put_tail(const struct check *c, const struct hold_memo *m,
    unsigned char tail[CHECK_TAIL])
{
	struct encoder e = encoder_on(tail, CHECK_TAIL);

	if (c->wildcard != NULL)
		check_put_wildcard(c, m, &e);
	if (c->alias != NULL)
		check_put_alias(c, m, &e);
	if (c->rivals != NULL)
		check_put_rivals(c, m, &e);
	return encode_size(&e);
}

void
check_nothing(const struct check *c, struct check_record *r)
{
	r->tail_size = check_put_tail(c, NULL, r->tail);
}

/* --- records that wait --- */

bool
check_pending(const struct check *c)
{
	return hold_first(c->hold) != NULL || check_asks(c);
}

bool
check_asks(const struct check *c)
{
	return c->alias != NULL && alias_pending(c->alias);
}

void
check_release(struct check *c, struct stream_out *out, uint64_t now, bool all)
{
	unsigned char tail[CHECK_TAIL];
	const struct held *h;

	while ((h = hold_first(c->hold)) != NULL) {
		if (!all && now < h->until && !check_is_known(c, &h->memo))
			break;
		if (c->wildcard != NULL)
			wildcard_give_up(c->wildcard, h->memo.wildcard);
		if (c->alias != NULL)
			alias_give_up(c->alias, h->memo.alias);
		hold_write(c->hold, tail, check_put_tail(c, &h->memo, tail),
		    out);
	}
}

/* Whom the success is from; asks, where that is new. */
static struct hold_memo
check_look(struct check *c, struct back_out *back, const struct reply *r,
    uint64_t now)
{
	struct hold_memo m = { 0 };

	if (r->family == 6)
		ip6_put(m.address, r->target6);
	else
		put32(m.address, r->target);
	if (c->wildcard != NULL)
		m.wildcard = wildcard_look(c->wildcard, back, r);
	if (c->alias != NULL)
		alias_look(c->alias, back, r, now, m.alias);
	if (c->rivals != NULL)
		m.probe = rivals_add(c->rivals, r);
	return m;
}

bool
check_take(struct check *c, struct back_out *back, const struct reply *r,
    struct check_record *record)
{
	uint64_t now = clock_ns();
	struct hold_memo m = check_look(c, back, r, now);

	/* behind others that wait, so that their order stays */
	if (hold_first(c->hold) != NULL || !check_is_known(c, &m)) {
		if (hold_put(c->hold, &m, record->bytes, record->size,
			now + c->wait))
			return true;
		c->hurried++;
	}
	record->tail_size = check_put_tail(c, &m, record->tail);
	return false;
}

/* --- counters --- */

const struct wildcard *
check_wildcard(const struct check *c)
{
	return c->wildcard;
}

const struct alias *
check_alias(const struct check *c)
{
	return c->alias;
}

const struct rivals *
check_rivals(const struct check *c)
{
	return c->rivals;
}

uint64_t
check_hurried(const struct check *c)
{
	return c->hurried;
}

size_t
check_memory(const struct check *c)
{
	return HOLD_MEMORY +
	    (c->wildcard != NULL ? wildcard_memory(c->wildcard) : 0) +
	    (c->alias != NULL ? alias_memory(c->alias) : 0);
}
