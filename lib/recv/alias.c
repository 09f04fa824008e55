/* SPDX-License-Identifier: Apache-2.0 */
/* Siblings of responders, prefix by prefix; see alias.h. */
#include "recv/alias.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/keytable.h"
#include "base/siphash.h"

#define FIRST_SLOTS 1024
#define FIRST_QUEUE 1024
#define QUEUE_MAX   (1u << 17)	 /* prefixes under way */
#define SIBLINGS    16		 /* at most: bits of a mask */
#define DRAWS	    64		 /* of IPv6, for siblings that may be asked */
#define WORD_KEY    0x616c696173 /* "alias": no other use of the key */
#define WORD_DRAW   0x6472617773 /* "draws" */

static const unsigned lengths4[ALIAS_LEVELS] = { 24, 0 };
static const unsigned lengths6[ALIAS_LEVELS] = { 64, 96 };

enum state { FREE, ASKED, ALIASED, REAL, UNKNOWN };

struct slot {
	uint64_t key;		   /* fingerprint of the prefix */
	uint16_t answered, closed; /* siblings, a bit each */
	uint8_t state, stage, tries;
};

/* A prefix whose siblings have been asked, and when to look at it again. */
struct wait {
	struct ip6 prefix; /* of IPv4, in the low 32 bits */
	uint64_t key, due;
	uint16_t port;
	uint8_t level;
	uint8_t stage, tries; /* of its slot then: other ones, and it is over */
};

struct alias {
	const struct scan *scan;
	struct alias_plan plan;
	struct siphash_key key;
	unsigned family;
	const unsigned *lengths;
	size_t levels;
	uint64_t space;	       /* ns between two tries */
	struct keytable table; /* of struct slot */
	struct wait *queue;    /* a ring, in the order of due */
	size_t room, head, tail;
	struct alias_counts counts;
};

/* --- how sure it is --- */

/* Of n, each with probability q: k or more. */
static double
alias_at_least(unsigned n, unsigned k, double q)
{
	double sum = 0;

	for (; k <= n; k++)
		sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) +
		    k * log(q) + (n - k) * log1p(-q));
	return sum;
}

struct alias_plan
alias_plan(unsigned family)
{
	/*
	 * no prefix of IPv6 is half full; of IPv4, half is what dense.h takes
	 */
	struct alias_plan p = { .stage = { { 3, 2 } },
		.stages = 1,
		.share = .001,
		.loss = .2 };
	const struct alias_stage *last;
	unsigned i;

	if (family != 6)
		p = (struct alias_plan){ .stage = { { 4, 3 }, { 16, 14 } },
			.stages = 2,
			.share = .5,
			.loss = .2 };
	last = &p.stage[p.stages - 1];
	p.wrong = alias_at_least(last->siblings, last->needed, p.share);
	for (i = 0; i < p.stages; i++)
		p.missed += alias_at_least(p.stage[i].siblings,
		    p.stage[i].siblings - p.stage[i].needed + 1,
		    pow(p.loss, ALIAS_TRIES));
	return p;
}

/* --- beginning and end --- */

struct alias *
alias_new(const struct scan *scan, uint64_t wait)
{
	struct alias *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->scan = scan;
	a->family = (unsigned)scan->facts.family;
	a->plan = alias_plan(a->family);
	a->key = siphash_key(scan->key);
	a->lengths = a->family == 6 ? lengths6 : lengths4;
	a->levels = a->family == 6 ? ALIAS_LEVELS : 1;
	a->space = wait / (ALIAS_TRIES * a->plan.stages + 1);
	a->table = (struct keytable){ .size = sizeof(struct slot),
		.most = ALIAS_MEMORY };
	a->room = FIRST_QUEUE;
	a->queue = calloc(a->room, sizeof *a->queue);
	if (keytable_start(&a->table, FIRST_SLOTS) == 0 && a->queue != NULL)
		return a;
	alias_free(a);
	return NULL;
}

void
alias_free(struct alias *a)
{
	if (a == NULL)
		return;
	keytable_free(&a->table);
	free(a->queue);
	free(a);
}

const struct alias_counts *
alias_count(const struct alias *a)
{
	return &a->counts;
}

size_t
alias_memory(const struct alias *a)
{
	return keytable_memory(&a->table) + a->room * sizeof *a->queue;
}

bool
alias_pending(const struct alias *a)
{
	return a->head != a->tail;
}

/* --- prefixes and their siblings --- */

static struct ip6
alias_target_of(const struct reply *r)
{
	return r->family == 6 ? r->target6 : (struct ip6){ 0, r->target };
}

/* The prefix of this level that an address is in. */
static struct ip6
alias_prefix_at(const struct alias *a, struct ip6 address, size_t level)
{
	unsigned length = a->lengths[level];

	return ip6_first(address, a->family == 6 ? length : 96 + length);
}

static void
alias_mix(const struct alias *a, struct ip6 prefix, size_t level, uint64_t word,
    uint64_t out[2])
{
	struct siphash h = siphash_start(a->key);

	siphash_add(&h, prefix.hi);
	siphash_add(&h, prefix.lo);
	siphash_add(&h, a->lengths[level]);
	siphash_add(&h, word);
	siphash_end(&h, out);
}

static uint64_t
alias_key_of(const struct alias *a, struct ip6 prefix, size_t level)
{
	uint64_t out[2];

	alias_mix(a, prefix, level, WORD_KEY, out);
	return out[0] != 0 ? out[0] : 1;
}

/* As zmap-send will see it (send/asked.h). */
static bool
alias_may_ask(const struct alias *a, struct ip6 address)
{
	return a->family == 6 ?
	    facts_allow_sibling6(&a->scan->facts, address) :
	    facts_allow_sibling(&a->scan->facts, (uint32_t)address.lo);
}

/* Number i of those drawn; of IPv4 no address is drawn twice. */
static struct ip6
alias_draw(const struct alias *a, struct ip6 prefix, size_t level, unsigned i)
{
	struct ip6 mask = ip6_mask(a->lengths[level]);
	uint64_t out[2];

	if (a->family == 6) {
		alias_mix(a, prefix, level, (uint64_t)i << 40 | WORD_DRAW, out);
		return (struct ip6){ prefix.hi | (out[0] & ~mask.hi),
			prefix.lo | (out[1] & ~mask.lo) };
	}
	alias_mix(a, prefix, level, WORD_DRAW, out);
	prefix.lo |= (out[0] + i * (out[1] | 1)) & 255;
	return prefix;
}

/* The siblings of a prefix, the same each time.  How many. */
static unsigned
alias_siblings(const struct alias *a, struct ip6 prefix, size_t level,
    struct ip6 out[SIBLINGS])
{
	unsigned most = a->plan.stage[a->plan.stages - 1].siblings, n = 0, i;
	unsigned draws = a->family == 6 ? DRAWS : 256;

	for (i = 0; i < draws && n < most; i++) {
		out[n] = alias_draw(a, prefix, level, i);
		n += alias_may_ask(a, out[n]);
	}
	return n;
}

/* Which of them is this address?  -1: none. */
static int
alias_which(const struct alias *a, struct ip6 address, size_t level)
{
	struct ip6 all[SIBLINGS];
	unsigned n = alias_siblings(a, alias_prefix_at(a, address, level),
		     level, all),
		 i;

	for (i = 0; i < n; i++)
		if (ip6_equal(all[i], address))
			return (int)i;
	return -1;
}

/* --- the queue --- */

static int
alias_grow_queue(struct alias *a)
{
	size_t n = a->room * 2, i;
	struct wait *q;

	if (n > QUEUE_MAX || (q = calloc(n, sizeof *q)) == NULL)
		return -1;
	for (i = a->tail; i < a->head; i++)
		q[i & (n - 1)] = a->queue[i & (a->room - 1)];
	free(a->queue);
	a->queue = q;
	a->room = n;
	return 0;
}

static int
alias_queue_put(struct alias *a, const struct wait *w)
{
	if (a->head - a->tail == a->room && alias_grow_queue(a) == -1)
		return -1;
	a->queue[a->head++ & (a->room - 1)] = *w;
	return 0;
}

/* --- asking --- */

static void
alias_ask_one(struct alias *a, struct back_out *back, struct ip6 address,
    uint16_t port)
{
	unsigned char b[IP6_SIZE];

	if (a->family == 6)
		ip6_put(b, address);
	else
		put32(b, (uint32_t)address.lo);
	back_out_target(back, BACK_SIBLING, "alias", b, port);
	a->counts.asked++;
}

/* One try of a stage: all of it that has not answered yet. */
static void
alias_ask_all(struct alias *a, struct back_out *back, struct slot *s,
    struct wait *w, uint64_t now)
{
	struct ip6 all[SIBLINGS];
	unsigned n = alias_siblings(a, w->prefix, w->level, all), i;

	s->tries++;
	w->stage = s->stage;
	w->tries = s->tries;
	w->due = now + a->space;
	if (back == NULL || alias_queue_put(a, w) == -1) {
		s->state = UNKNOWN;
		return;
	}
	for (i = 0; i < n && i < a->plan.stage[s->stage].siblings; i++)
		if (!((s->answered | s->closed) >> i & 1))
			alias_ask_one(a, back, all[i], w->port);
}

/* A prefix that is new. */
static void
alias_begin(struct alias *a, struct back_out *back, struct wait *w,
    uint64_t now)
{
	struct ip6 all[SIBLINGS];
	struct slot *s;

	/* what is not remembered can be asked about later */
	if (back == NULL || a->head - a->tail >= QUEUE_MAX ||
	    (s = keytable_take(&a->table, w->key)) == NULL) {
		a->counts.unasked++;
		return;
	}
	if (alias_siblings(a, w->prefix, w->level, all) <
	    a->plan.stage[a->plan.stages - 1].siblings) {
		s->state = UNKNOWN;
		a->counts.unasked++;
		return;
	}
	s->state = ASKED;
	a->counts.prefixes++;
	alias_ask_all(a, back, s, w, now);
}

void
alias_look(struct alias *a, struct back_out *back, const struct reply *r,
    uint64_t now, uint64_t keys[ALIAS_LEVELS])
{
	struct wait w = { .port = r->target_port };
	size_t i;

	for (i = 0; i < a->levels; i++) {
		w.prefix = alias_prefix_at(a, alias_target_of(r), i);
		w.level = (uint8_t)i;
		w.key = keys[i] = alias_key_of(a, w.prefix, i);
		if (keytable_find(&a->table, w.key) == NULL)
			alias_begin(a, back, &w, now);
	}
}

/* Has the stage what it needs, or can it not have it any more? */
static void
alias_judge(struct alias *a, struct back_out *back, struct slot *s,
    struct wait *w, uint64_t now)
{
	const struct alias_stage *stage = &a->plan.stage[s->stage];

	if ((unsigned)__builtin_popcount(s->closed) >
	    stage->siblings - stage->needed) {
		s->state = REAL;
		return;
	}
	if ((unsigned)__builtin_popcount(s->answered) < stage->needed)
		return;
	if (s->stage + 1u == a->plan.stages) {
		s->state = ALIASED;
		a->counts.aliased++;
		return;
	}
	s->stage++;
	s->tries = 0;
	alias_ask_all(a, back, s, w, now);
}

/* The slot of an address's prefix, if it has been asked about; or NULL. */
static struct slot *
alias_asked_slot(const struct alias *a, struct ip6 address, size_t level)
{
	uint64_t key = alias_key_of(a, alias_prefix_at(a, address, level),
	    level);
	struct slot *s = keytable_find(&a->table, key);

	return s != NULL && s->stage + s->tries > 0 ? s : NULL;
}

bool
alias_is_allowed(const struct alias *a, const struct reply *r)
{
	return alias_may_ask(a, alias_target_of(r));
}

bool
alias_is_sibling(const struct alias *a, const struct reply *r)
{
	struct ip6 address = alias_target_of(r);
	size_t i;

	for (i = 0; i < a->levels; i++)
		if (alias_asked_slot(a, address, i) != NULL &&
		    alias_which(a, address, i) != -1)
			return true;
	return false;
}

void
alias_answer(struct alias *a, struct back_out *back, const struct reply *r,
    bool success, uint64_t now)
{
	struct ip6 address = alias_target_of(r);
	struct wait w = { .port = r->target_port };
	struct slot *s;
	size_t i;
	int n;

	for (i = 0; i < a->levels; i++) {
		s = alias_asked_slot(a, address, i);
		if (s == NULL || s->state != ASKED ||
		    (n = alias_which(a, address, i)) == -1 ||
		    (s->answered | s->closed) >> n & 1)
			continue;
		a->counts.answers++;
		if (success)
			s->answered |= (uint16_t)(1u << n);
		else
			s->closed |= (uint16_t)(1u << n);
		w.prefix = alias_prefix_at(a, address, i);
		w.level = (uint8_t)i;
		w.key = s->key;
		alias_judge(a, back, s, &w, now);
	}
}

void
alias_turn(struct alias *a, struct back_out *back, uint64_t now)
{
	struct slot *s;
	struct wait w;

	while (a->tail != a->head) {
		w = a->queue[a->tail & (a->room - 1)];
		if (now < w.due)
			break;
		a->tail++;
		s = keytable_slot(&a->table, w.key);
		if (s->state != ASKED || s->stage != w.stage ||
		    s->tries != w.tries)
			continue;
		if (s->tries < ALIAS_TRIES)
			alias_ask_all(a, back, s, &w, now);
		else
			s->state = REAL;
	}
}

/* --- what is known --- */

static void
alias_print(const struct alias *a, const unsigned char address[16],
    size_t level, char text[ALIAS_TEXT])
{
	struct ip6 p = a->family == 6 ? ip6_get(address) :
					(struct ip6){ 0, get32(address) };
	char name[IP6_TEXT];

	p = alias_prefix_at(a, p, level);
	if (a->family == 6) {
		ip6_print(p, name);
		snprintf(text, ALIAS_TEXT, "%s/%u", name, a->lengths[level]);
		return;
	}
	snprintf(text, ALIAS_TEXT, "%u.%u.%u.%u/%u", (unsigned)p.lo >> 24,
	    (unsigned)p.lo >> 16 & 255, (unsigned)p.lo >> 8 & 255,
	    (unsigned)p.lo & 255, a->lengths[level]);
}

enum alias_verdict
alias_verdict(const struct alias *a, const uint64_t keys[ALIAS_LEVELS],
    const unsigned char address[16], char text[ALIAS_TEXT])
{
	const struct slot *s;
	size_t i;

	for (i = 0; i < a->levels; i++) {
		s = keytable_find(&a->table, keys[i]);
		if (s != NULL && s->state == ASKED)
			return ALIAS_ASKED;
		if (s != NULL && s->state == ALIASED) {
			alias_print(a, address, i, text);
			return ALIAS_YES;
		}
	}
	return ALIAS_NOT;
}

void
alias_give_up(struct alias *a, const uint64_t keys[ALIAS_LEVELS])
{
	struct slot *s;
	size_t i;

	for (i = 0; i < a->levels; i++) {
		s = keytable_find(&a->table, keys[i]);
		if (s != NULL && s->state == ASKED)
			s->state = UNKNOWN;
	}
}
