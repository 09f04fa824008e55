/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by prefix, in a hash table; see dense.h. */
#include "recv/dense.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/keytable.h"
#include "base/siphash.h"

#define FIRST_SLOTS (1u << 12)
#define EXACT_MAX   4096 /* addresses up to which all terms are added */
#define LEVELS	    3	 /* prefixes that an address is in, at most */

static const unsigned length4 = 24, lengths6[LEVELS] = { 64, 96, 112 };
static const unsigned above[] = { 16, 8 }; /* bits, of windows */

struct slot {
	uint64_t key; /* fingerprint of prefix and port */
	uint32_t answers;
	uint32_t dense; /* 1 + where in the list; 0: not in it; or NEED | n */
};

/* Not dense yet: the answers with which to count again. */
#define NEED 0x80000000u

/* A prefix of IPv4 that may be dense one day. */
struct candidate {
	uint32_t address;
	uint16_t port;
};

struct dense {
	const struct scan *scan;
	double share, sent;
	struct siphash_key key;
	struct keytable table; /* of struct slot */
	struct dense_prefix *list;
	size_t nlist, allocated;
	uint64_t forgotten;

	dense_counter *count; /* or NULL */
	void *ctx;
	uint64_t position;
	uint32_t least; /* answers, if all that are asked answer */
	struct candidate *candidates;
	size_t ncandidates, room;
};

struct dense *
dense_new(const struct scan *scan, double share)
{
	const struct facts *f = &scan->facts;
	struct dense *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->scan = scan;
	d->share = share;
	/* until more is known, all that is to be sent */
	d->sent = f->has & FACT_COUNT && f->targets > 0 &&
		f->targets < f->count ?
	    (double)f->targets / (double)f->count :
	    1;
	d->position = UINT64_MAX;
	d->key = siphash_key(scan->key);
	d->table = (struct keytable){ .size = sizeof(struct slot),
		.most = DENSE_MEMORY };
	if (keytable_start(&d->table, FIRST_SLOTS) == -1) {
		free(d);
		return NULL;
	}
	return d;
}

void
dense_free(struct dense *d)
{
	if (d == NULL)
		return;
	keytable_free(&d->table);
	free(d->list);
	free(d->candidates);
	free(d);
}

void
dense_sent(struct dense *d, double share, uint64_t position)
{
	d->sent = share > 1 ? 1 : share < 0 ? 0 : share;
	d->position = position;
}

size_t
dense_count(const struct dense *d)
{
	return d->nlist;
}

const struct dense_prefix *
dense_at(const struct dense *d, size_t i)
{
	return &d->list[i];
}

uint64_t
dense_forgotten(const struct dense *d)
{
	return d->forgotten;
}

size_t
dense_memory(const struct dense *d)
{
	return keytable_memory(&d->table) + d->allocated * sizeof *d->list +
	    d->room * sizeof *d->candidates;
}

/* --- how likely it is --- */

/* Of n, each with probability q: the logarithm of k and no other number. */
static double
log_exactly(double n, double k, double q)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(q) +
	    (n - k) * log1p(-q);
}

/* The same of k or more, k > nq: a sum of falling terms. */
static double
at_least(uint64_t n, uint64_t k, double q)
{
	double term, sum, ratio = q / (1 - q);
	uint64_t i;

	term = sum = exp(log_exactly((double)n, (double)k, q));
	for (i = k; i < n && term > sum * 1e-9; i++) {
		term *= (double)(n - i) / (double)(i + 1) * ratio;
		sum += term;
	}
	return sum;
}

/* The bound of Chernoff, in a form that holds for any n. */
static double
bound(double n, double k, double q)
{
	double p = k / n;
	double divergence = p * log(p / q);

	if (p < 1)
		divergence += (1 - p) * log((1 - p) / (1 - q));
	return exp(-n * divergence);
}

/* Are k of n too many for each to be seen with probability q? */
static bool
too_many(uint64_t n, uint64_t k, double q)
{
	double mean = (double)n * q;

	if ((double)k <= mean || k == 0)
		return false;
	if (k > n) /* the networks said so, and something else is true */
		k = n;
	if (q >= 1)
		return false;
	if (q <= 0)
		return true;
	return (n <= EXACT_MAX ?
		       at_least(n, k, q) :
		       bound((double)n, (double)k, q)) <= DENSE_CHANCE;
}

unsigned
dense_least(const struct dense *d, const struct dense_prefix *p)
{
	unsigned low = 0, high = 1000, middle;

	while (high - low > 1) {
		middle = (low + high) / 2;
		if (p->probed != DENSE_UNCOUNTED ?
			too_many(p->probed, p->answers, middle / 1000.0) :
			too_many(p->addresses, p->answers,
			    middle / 1000.0 * d->sent))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* --- addresses --- */

/* Of the sorted ranges: the first that does not end before the address. */
static size_t
first_range(const struct ranges *r, uint32_t address)
{
	size_t low = 0, high = r->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (ranges_last(r->v[middle]) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t
addresses4(const struct ranges *r, uint32_t first, uint32_t last)
{
	uint64_t n = 0;
	uint32_t a, b;
	size_t i;

	for (i = first_range(r, first);
	     i < r->n && ranges_first(r->v[i]) <= last; i++) {
		a = ranges_first(r->v[i]);
		b = ranges_last(r->v[i]);
		n += (uint64_t)(b < last ? b : last) - (a > first ? a : first) +
		    1;
	}
	return n;
}

static size_t
first_range6(const struct ranges6 *r, struct ip6 address)
{
	size_t low = 0, high = r->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (ip6_less(r->v[middle].last, address))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many prefixes of this length, which ranges hold whole. */
static unsigned __int128
prefixes6(const struct ranges6 *r, struct ip6 first, struct ip6 last,
    unsigned window)
{
	const unsigned shift = IP6_BITS - window;
	unsigned __int128 n = 0;
	struct ip6 a, b;
	size_t i;

	for (i = first_range6(r, first);
	     i < r->n && !ip6_less(last, r->v[i].first); i++) {
		a = ip6_less(r->v[i].first, first) ? first : r->v[i].first;
		b = ip6_less(last, r->v[i].last) ? last : r->v[i].last;
		/* shift is below 128: a window has a length */
		n += (ip6_number(b) >> shift) - (ip6_number(a) >> shift) + 1;
		if (n >> 63 != 0)
			break;
	}
	return n;
}

/* Up to 2^63, more than any scan has. */
static uint64_t
addresses6(const struct ranges6 *r, struct ip6 first, struct ip6 last)
{
	const uint64_t most = UINT64_C(1) << 63;
	unsigned __int128 n = prefixes6(r, first, last, IP6_BITS);

	return n < most ? (uint64_t)n : most;
}

/* How many targets are in it. */
static uint64_t
targets6(const struct facts *f, const struct dense_prefix *p)
{
	struct ip6 first = ip6_get(p->address), last;
	unsigned __int128 n;

	last = ip6_last(first, p->length);
	if (p->windows == NULL)
		return addresses6(&f->networks6, first, last);
	n = prefixes6(&p->windows->prefixes, first, last, p->windows->length);
	n *= p->windows->identifiers;
	return n > UINT32_MAX ? UINT32_MAX : (uint64_t)n;
}

/* How many of its addresses the scan has. */
static uint64_t
addresses(const struct dense *d, const struct dense_prefix *p)
{
	const struct facts *f = &d->scan->facts;
	uint32_t first;

	if (f->family == 6)
		return targets6(f, p);
	first = get32(p->address);
	return addresses4(&f->networks, first,
	    first | (uint32_t)(UINT32_MAX >> p->length));
}

/* The prefix of this length that the answer is about. */
static struct dense_prefix
prefix_of(const struct reply *r, unsigned length)
{
	struct dense_prefix p = { .length = length, .port = r->target_port };

	if (r->family == 6)
		ip6_put(p.address, ip6_first(r->target6, length));
	else
		put32(p.address, r->target & ~(UINT32_MAX >> length));
	return p;
}

/*
 * The windows that a target is of, or NULL: where prefixes of windows are in
 * others, it is counted with the longer ones.
 */
static const struct facts_windows *
windows_of(const struct facts *f, struct ip6 target)
{
	for (size_t i = f->nwindows; i > 0; i--)
		if (ranges6_contain(&f->windows[i - 1].prefixes, target))
			return &f->windows[i - 1];
	return NULL;
}

/* The prefixes in which an answer counts, the shortest first. */
static size_t
prefixes_of(const struct dense *d, const struct reply *r,
    struct dense_prefix p[LEVELS])
{
	const struct facts_windows *w;
	size_t n = 0;

	if (r->family != 6) {
		p[0] = prefix_of(r, length4);
		return 1;
	}
	w = windows_of(&d->scan->facts, r->target6);
	for (; w == NULL && n < LEVELS; n++)
		p[n] = prefix_of(r, lengths6[n]);
	for (size_t i = 0; w != NULL && i < sizeof above / sizeof *above; i++)
		if (w->length > above[i]) {
			p[n] = prefix_of(r, w->length - above[i]);
			p[n++].windows = w;
		}
	return n;
}

/* --- the table --- */

static uint64_t
fingerprint(const struct dense *d, const struct dense_prefix *p)
{
	struct siphash h = siphash_start(d->key);
	struct ip6 a = ip6_get(p->address);
	uint64_t out[2];

	siphash_add(&h, a.hi);
	siphash_add(&h, a.lo);
	siphash_add(&h,
	    (uint64_t)(p->windows != NULL ? p->windows->length : 0) << 32 |
		p->length << 16 | p->port);
	siphash_end(&h, out);
	return out[0] != 0 ? out[0] : 1;
}

static void
print_prefix(struct dense_prefix *p, bool six)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(six ? AF_INET6 : AF_INET, p->address, text, sizeof text);
	snprintf(p->text, sizeof p->text, "%s/%u", text, p->length);
}

/* -1: no memory; it will be tried again with the next answer. */
static int
list_add(struct dense *d, struct dense_prefix *p)
{
	struct dense_prefix *list;
	size_t n;

	if (d->nlist == d->allocated) {
		n = d->allocated * 2 + 64;
		list = reallocarray(d->list, n, sizeof *list);
		if (list == NULL)
			return -1;
		d->list = list;
		d->allocated = n;
	}
	print_prefix(p, d->scan->facts.family == 6);
	d->list[d->nlist++] = *p;
	return 0;
}

/* --- where it is known what was asked --- */

void
dense_counted(struct dense *d, dense_counter *count, void *ctx)
{
	uint32_t k = 1;

	while (k < EXACT_MAX && !too_many(k, k, d->share))
		k++;
	d->count = count;
	d->ctx = ctx;
	d->least = k;
}

/* -1: no memory: it is looked at with its next answer, but not at the end. */
static int
add_candidate(struct dense *d, const struct dense_prefix *p)
{
	struct candidate *c;
	size_t n;

	if (d->ncandidates == d->room) {
		n = d->room * 2 + 64;
		c = reallocarray(d->candidates, n, sizeof *c);
		if (c == NULL)
			return -1;
		d->candidates = c;
		d->room = n;
	}
	d->candidates[d->ncandidates++] = (struct candidate){ get32(p->address),
		p->port };
	return 0;
}

/* With how many answers of n it would be, if no more are asked. */
static uint32_t
needed(const struct dense *d, uint64_t n, uint32_t answers)
{
	uint32_t k = answers + 1;

	while (k <= n && !too_many(n, k, d->share))
		k++;
	return k;
}

/* A prefix with this number of answers, which is in no list yet. */
static void
dense_decide(struct dense *d, struct slot *s, struct dense_prefix *p,
    const struct reply *r)
{
	p->probed = d->count(d->ctx, p, r, d->position);
	if (!too_many(p->probed, p->answers, d->share)) {
		s->dense = NEED | needed(d, p->probed, p->answers);
		return;
	}
	p->addresses = addresses(d, p);
	if (list_add(d, p) == 0)
		s->dense = (uint32_t)d->nlist;
}

static void
dense_consider(struct dense *d, struct slot *s, struct dense_prefix *p,
    const struct reply *r)
{
	if (s->answers < (s->dense != 0 ? s->dense & ~NEED : d->least))
		return;
	if (s->dense == 0)
		add_candidate(d, p);
	dense_decide(d, s, p, r);
}

void
dense_settle(struct dense *d)
{
	struct dense_prefix p = { .length = length4 };
	struct slot *s;
	size_t i;

	if (d->count == NULL)
		return;
	for (i = 0; i < d->ncandidates; i++) {
		put32(p.address, d->candidates[i].address);
		p.port = d->candidates[i].port;
		s = keytable_slot(&d->table, fingerprint(d, &p));
		p.answers = s->answers;
		if (s->dense & NEED)
			dense_decide(d, s, &p, NULL);
	}
	for (i = 0; i < d->nlist; i++)
		d->list[i].probed = d->count(d->ctx, &d->list[i], NULL,
		    d->position);
}

/* --- answers --- */

/* Counts one answer in one prefix. */
static void
add_one(struct dense *d, struct dense_prefix *p, const struct reply *r)
{
	struct slot *s = keytable_take(&d->table, fingerprint(d, p));

	if (s == NULL) {
		d->forgotten++;
		return;
	}
	s->answers++;
	if (s->dense != 0 && !(s->dense & NEED)) {
		d->list[s->dense - 1].answers = s->answers;
		return;
	}
	p->answers = s->answers;
	if (d->count != NULL) {
		dense_consider(d, s, p, r);
		return;
	}
	p->probed = DENSE_UNCOUNTED;
	p->addresses = addresses(d, p);
	if (too_many(p->addresses, s->answers, d->share * d->sent) &&
	    list_add(d, p) == 0)
		s->dense = (uint32_t)d->nlist;
}

const struct dense_prefix *
dense_find(struct dense *d, const struct reply *r)
{
	struct dense_prefix p[LEVELS];
	const struct slot *s;
	size_t i, n;

	if (d->nlist == 0)
		return NULL;
	n = prefixes_of(d, r, p);
	for (i = 0; i < n; i++) {
		s = keytable_find(&d->table, fingerprint(d, &p[i]));
		if (s != NULL && s->dense != 0 && !(s->dense & NEED))
			return &d->list[s->dense - 1];
	}
	return NULL;
}

const struct dense_prefix *
dense_add(struct dense *d, const struct reply *r)
{
	struct dense_prefix p[LEVELS];
	size_t n = prefixes_of(d, r, p);

	for (size_t i = 0; i < n; i++)
		add_one(d, &p[i], r);
	return dense_find(d, r);
}
