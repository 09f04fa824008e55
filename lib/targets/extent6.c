/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 addresses of a scan as sets; see extent6.h. */
#include "targets/extent6.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- which prefixes a set of addresses touches --- */

/* Whether one of the windows from number `from` on has this address. */
static bool
is_in_windows(const struct extent6 *x, size_t from, struct ip6 a)
{
	for (size_t i = from; i < x->windows; i++)
		if (ranges6_contain(&x->window[i].prefixes, a) &&
		    iid_is(&x->window[i].maker, a))
			return true;
	return false;
}

/*
 * Decides about a prefix if a range holds a part of it: whether the range holds
 * its address, and, unless x is NULL, the windows of x from number `from` on
 * have it.
 */
struct against {
	const struct extent6 *x;
	size_t from;
};

static bool
is_hit(const struct iid_maker *m, struct ip6 prefix, const struct range6 *r,
    const struct against *by)
{
	struct ip6 a = iid_make(m, prefix);

	return !ip6_less(a, r->first) && !ip6_less(r->last, a) &&
	    (by->x == NULL || is_in_windows(by->x, by->from, a));
}

/* Adds the prefixes to `out` that one range holds or hits. */
static int
shadow_of(const struct iid_maker *m, const struct range6 *r,
    const struct against *by, struct ranges6 *out)
{
	struct ip6 begin = ip6_first(r->first, m->length);
	struct ip6 end = ip6_first(r->last, m->length);
	struct ip6 lo = begin, hi = ip6_last(r->last, m->length);
	bool one = ip6_equal(begin, end);

	if (!ip6_equal(r->first, begin) && !is_hit(m, begin, r, by)) {
		if (one)
			return 0;
		lo = ip6_add(ip6_last(begin, m->length), 1);
	}
	if (!ip6_equal(r->last, hi) && !is_hit(m, end, r, by)) {
		if (one)
			return 0;
		hi = ip6_from_number(ip6_number(end) - 1);
	}
	return ip6_less(hi, lo) ? 0 : ranges6_add(out, lo, hi);
}

/* The same for all ranges; those far from the window's prefixes are passed. */
static int
shadow(const struct window6 *w, const struct ranges6 *r,
    const struct against *by, struct ranges6 *out)
{
	const struct ranges6 *p = &w->prefixes;

	for (size_t i = 0; i < r->n && p->n > 0; i++) {
		if (ip6_less(r->v[i].last, p->v[0].first))
			continue;
		if (ip6_less(p->v[p->n - 1].last, r->v[i].first))
			break;
		if (shadow_of(&w->maker, &r->v[i], by, out) == -1)
			return -1;
	}
	ranges6_normalise(out);
	return 0;
}

static int
limit_window(struct window6 *w, const struct ranges6 *r,
    const struct against *by, bool keep)
{
	struct ranges6 touched = { 0 };
	int rc = shadow(w, r, by, &touched);

	if (rc == 0)
		rc = keep ? ranges6_intersect(&w->prefixes, &touched) :
			    ranges6_subtract(&w->prefixes, &touched);
	ranges6_free(&touched);
	return rc;
}

/* --- single addresses --- */

struct sieve {
	const struct ranges6 *r;
	size_t at;
	bool keep; /* those that are in r */
};

static bool
passes(void *arg, struct ip6 a, uint16_t port)
{
	struct sieve *s = arg;

	(void)port;
	return ranges6_pass(s->r, a, &s->at) == s->keep;
}

static int
sift(struct packed *p, const struct ranges6 *r, bool keep)
{
	struct sieve s = { .r = r, .keep = keep };

	if (r->n == 0 && !keep)
		return 0;
	return packed_filter(p, passes, &s);
}

static int
extent6_limit(struct extent6 *x, const struct ranges6 *r, bool keep)
{
	static const struct against nothing;

	for (size_t i = 0; i < x->windows; i++)
		if (limit_window(&x->window[i], r, &nothing, keep) == -1)
			return -1;
	if ((keep ? ranges6_intersect(&x->area, r) :
		    ranges6_subtract(&x->area, r)) == -1 ||
	    (keep ? ranges6_intersect(&x->plain, r) :
		    ranges6_subtract(&x->plain, r)) == -1)
		return -1;
	return sift(&x->addrs, r, keep) == -1 ? -1 : sift(&x->pairs, r, keep);
}

int
extent6_take_out(struct extent6 *x, const struct ranges6 *r)
{
	return r->n == 0 ? 0 : extent6_limit(x, r, false);
}

int
extent6_limit_to(struct extent6 *x, const struct ranges6 *r)
{
	return extent6_limit(x, r, true);
}

/* --- settling --- */

static int
make_windows(struct extent6 *x, struct intake6 *in,
    const struct extent6_wish *wish, char *why, size_t size)
{
	size_t each = wish->iids->n > 0 ? wish->iids->n : 1;

	x->window = calloc(in->windows * each + 1, sizeof *x->window);
	if (x->window == NULL)
		return -1;
	for (size_t i = 0; i < in->windows; i++) {
		if (ranges6_join(&x->area, &in->window[i].area) == -1)
			return -1;
		for (size_t k = 0; k < each; k++) {
			struct window6 *w = &x->window[x->windows++];

			if (iid_maker(&w->maker, wish->iids, k,
				in->window[i].length, wish->seed, why,
				size) == -1 ||
			    ranges6_copy(&w->prefixes, &in->window[i].area) ==
				-1)
				return -1;
		}
	}
	ranges6_normalise(&x->area);
	return 0;
}

/* Windows of one length, numbers begin to end - 1, among longer ones. */
static int
leave_group(struct extent6 *x, size_t begin, size_t end, struct ranges6 *longer)
{
	const struct against by = { x, end };
	struct ranges6 area = { 0 };
	int rc = ranges6_copy(&area, &x->window[begin].prefixes);

	for (size_t i = begin; rc == 0 && i < end && longer->n > 0; i++)
		rc = limit_window(&x->window[i], longer, &by, false);
	if (rc == 0)
		rc = ranges6_join(longer, &area);
	ranges6_normalise(longer);
	ranges6_free(&area);
	return rc;
}

/* Leaves to longer windows what consists of them. */
static int
leave_to_longer(struct extent6 *x)
{
	struct ranges6 longer = { 0 };
	size_t begin, end;
	int rc = 0;

	for (end = x->windows; rc == 0 && end > 0; end = begin) {
		begin = end - 1;
		while (begin > 0 &&
		    x->window[begin - 1].maker.length ==
			x->window[begin].maker.length)
			begin--;
		rc = leave_group(x, begin, end, &longer);
	}
	ranges6_free(&longer);
	return rc;
}

/* Takes out the prefixes whose address is listed by itself. */
static int
leave_to_addrs(struct window6 *w, const struct packed *addrs)
{
	struct ranges6 listed = { 0 };
	size_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < packed_runs(addrs); i++) {
		struct packed_run run = packed_run(addrs, i);

		for (size_t k = run.begin; rc == 0 && k < run.end; k++) {
			struct ip6 a = packed_addr(addrs, k);
			unsigned length = w->maker.length;

			if (ranges6_pass(&w->prefixes, a, &at) &&
			    iid_is(&w->maker, a))
				rc = ranges6_add(&listed, ip6_first(a, length),
				    ip6_last(a, length));
		}
	}
	if (rc == 0)
		rc = ranges6_subtract(&w->prefixes, &listed);
	ranges6_free(&listed);
	return rc;
}

static int
settle_areas(struct extent6 *x)
{
	static const struct against nothing;

	if (sift(&x->addrs, &x->plain, false) == -1 || leave_to_longer(x) == -1)
		return -1;
	for (size_t i = 0; i < x->windows; i++)
		if (limit_window(&x->window[i], &x->plain, &nothing, false) ==
			-1 ||
		    leave_to_addrs(&x->window[i], &x->addrs) == -1)
			return -1;
	return 0;
}

int
extent6_settle(struct extent6 *x, struct intake6 *in,
    const struct extent6_wish *wish, char *why, size_t size)
{
	*x = (struct extent6){ 0 };
	why[0] = '\0';
	if (make_windows(x, in, wish, why, size) == -1) {
		extent6_free(x);
		return -1;
	}
	x->plain = in->plain;
	x->addrs = in->addrs;
	x->pairs = in->pairs;
	in->plain = (struct ranges6){ 0 };
	in->addrs = in->pairs = (struct packed){ 0 };
	if (settle_areas(x) == 0)
		return 0;
	extent6_free(x);
	return -1;
}

/* --- questions --- */

static unsigned __int128
count_window(const struct window6 *w)
{
	unsigned part = IP6_BITS - w->maker.length;
	unsigned __int128 count = 0;

	for (size_t i = 0; i < w->prefixes.n; i++)
		count += ((ip6_number(w->prefixes.v[i].last) -
			      ip6_number(w->prefixes.v[i].first)) >>
			     part) +
		    1;
	return count;
}

/* As large as can be, where the sum is larger. */
static unsigned __int128
sum(unsigned __int128 a, unsigned __int128 b)
{
	return b > ~a ? ~(unsigned __int128)0 : a + b;
}

unsigned __int128
extent6_count(const struct extent6 *x)
{
	unsigned __int128 count = packed_count(&x->addrs);

	count = sum(count, ranges6_count(&x->plain));
	for (size_t i = 0; i < x->windows; i++)
		count = sum(count, count_window(&x->window[i]));
	return count;
}

bool
extent6_has(const struct extent6 *x, struct ip6 a)
{
	return ranges6_contain(&x->plain, a) || packed_has(&x->addrs, a, 0) ||
	    is_in_windows(x, 0, a);
}

/* "2001:db8::/32", or both ends where it is not a prefix. */
static size_t
print_range(const struct range6 *r, char text[2 * IP6_TEXT])
{
	unsigned length = ip6_common(r->first, r->last);
	char *end = ip6_print(r->first, text);

	if (ip6_equal(ip6_first(r->first, length), r->first) &&
	    ip6_equal(ip6_last(r->first, length), r->last))
		return end - text + sprintf(end, "/%u", length);
	*end++ = '-';
	return ip6_print(r->last, end) - text;
}

static void
extent6_consider(const struct ranges6 *r, unsigned length, struct range6 *most,
    unsigned *part)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct range6 *a = &r->v[i];
		unsigned __int128 old = ip6_number(most->last) -
		    ip6_number(most->first);
		unsigned __int128 new = ip6_number(a->last) -
		    ip6_number(a->first);

		if (*part == 0 ||
		    new >> (IP6_BITS - length) > old >> (IP6_BITS - *part)) {
			*most = *a;
			*part = length;
		}
	}
}

void
extent6_largest(const struct extent6 *x, char *out, size_t size)
{
	struct range6 most = { 0 };
	char text[2 * IP6_TEXT];
	unsigned part = 0, log = 0;
	unsigned __int128 n;

	extent6_consider(&x->plain, IP6_BITS, &most, &part);
	for (size_t i = 0; i < x->windows; i++)
		extent6_consider(&x->window[i].prefixes,
		    x->window[i].maker.length, &most, &part);
	if (part == 0) {
		snprintf(out, size, "the lists");
		return;
	}
	print_range(&most, text);
	n = (ip6_number(most.last) - ip6_number(most.first)) >>
	    (IP6_BITS - part);
	while (log < IP6_BITS && n >> log > 0)
		log++;
	if (part == IP6_BITS)
		snprintf(out, size, "%s has 2^%u addresses", text, log);
	else
		snprintf(out, size, "%s has 2^%u prefixes of /%u", text, log,
		    part);
}

/* --- the same for the same addresses --- */

bool
extent6_next(const struct ranges6 *plain, const struct packed *addrs,
    struct extent6_walk *w, struct range6 *r)
{
	bool range = w->range < plain->n, one = false;
	struct ip6 a;

	while (w->run < packed_runs(addrs)) {
		struct packed_run run = packed_run(addrs, w->run);

		if (w->at < run.begin)
			w->at = run.begin;
		if (w->at < run.end) {
			one = true;
			break;
		}
		w->run++;
	}
	if (one) {
		a = packed_addr(addrs, w->at);
		if (!range || ip6_less(a, plain->v[w->range].first)) {
			*r = (struct range6){ a, a };
			w->at++;
			return true;
		}
	}
	if (range)
		*r = plain->v[w->range++];
	return range;
}

static void
digest_range(struct scanid *id, const struct range6 *r)
{
	unsigned __int128 more = ip6_number(r->last) - ip6_number(r->first);

	scanid_add(id, r->first.hi);
	scanid_add(id, r->first.lo);
	scanid_add(id, more >> 64);
	scanid_add(id, (uint64_t)more);
}

void
ranges6_digest(const struct ranges6 *r, struct scanid *id)
{
	scanid_add(id, r->n);
	for (size_t i = 0; i < r->n; i++)
		digest_range(id, &r->v[i]);
}

static void
digest_iid(const struct iid *iid, struct scanid *id)
{
	scanid_add(id, iid->kind);
	scanid_add(id, iid->vendor);
	scanid_add(id, iid->bits.hi);
	scanid_add(id, iid->bits.lo);
}

void
iids_digest(const struct iids *iids, struct scanid *id)
{
	scanid_add(id, iids->n);
	for (size_t i = 0; i < iids->n; i++)
		digest_iid(&iids->v[i], id);
}

static void
digest_plain(const struct extent6 *x, struct scanid *id)
{
	struct extent6_walk w = { 0 };
	struct range6 r, whole = { 0 };
	uint64_t n = 0;

	while (extent6_next(&x->plain, &x->addrs, &w, &r)) {
		if (n > 0 && ip6_equal(ip6_add(whole.last, 1), r.first)) {
			whole.last = r.last;
			continue;
		}
		if (n++ > 0)
			digest_range(id, &whole);
		whole = r;
	}
	if (n > 0)
		digest_range(id, &whole);
	scanid_add(id, n);
}

void
extent6_digest(const struct extent6 *x, struct scanid *id)
{
	scanid_add(id, x->windows);
	for (size_t i = 0; i < x->windows; i++) {
		const struct window6 *w = &x->window[i];

		scanid_add(id, w->maker.length);
		digest_iid(&w->maker.iid, id);
		ranges6_digest(&w->prefixes, id);
	}
	digest_plain(x, id);
	scanid_add(id, packed_count(&x->pairs));
	for (size_t i = 0; i < x->pairs.n; i++) {
		struct ip6 a = packed_addr(&x->pairs, i);

		scanid_add(id, a.hi);
		scanid_add(id, a.lo);
		scanid_add(id, packed_port(&x->pairs, i));
	}
}

int
extent6_copy(struct extent6 *to, const struct extent6 *from)
{
	*to = (struct extent6){ 0 };
	to->window = calloc(from->windows + 1, sizeof *to->window);
	if (to->window == NULL)
		return -1;
	for (; to->windows < from->windows; to->windows++) {
		const struct window6 *w = &from->window[to->windows];

		to->window[to->windows].maker = w->maker;
		if (ranges6_copy(&to->window[to->windows].prefixes,
			&w->prefixes) == -1)
			goto fail;
	}
	if (ranges6_copy(&to->area, &from->area) == 0 &&
	    ranges6_copy(&to->plain, &from->plain) == 0 &&
	    packed_copy(&to->addrs, &from->addrs) == 0 &&
	    packed_copy(&to->pairs, &from->pairs) == 0)
		return 0;
fail:
	extent6_free(to);
	return -1;
}

void
extent6_free(struct extent6 *x)
{
	for (size_t i = 0; i < x->windows; i++)
		ranges6_free(&x->window[i].prefixes);
	free(x->window);
	ranges6_free(&x->area);
	ranges6_free(&x->plain);
	packed_free(&x->addrs);
	packed_free(&x->pairs);
	*x = (struct extent6){ 0 };
}
