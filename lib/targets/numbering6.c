/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers to IPv6 targets and back; see numbering6.h. */
#include "targets/numbering6.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK	      IID_ROOM /* lookups whose memory is asked for at once */
#define LEAST_BUCKETS 4096u
#define MOST_GROUPS   64
#define FEW_STEPS     1024 /* so few that all of them stay in the cache */

/* Bits of an address behind the prefixes that a step counts; 0 if it has none.
 */
static inline unsigned
part_of(const struct numbering6 *s, const struct numbering6_step *t)
{
	return t->window < NUMBERING6_SINGLE ?
	    IP6_BITS - s->maker[t->window].length :
	    0;
}

static inline unsigned __int128
width_of(const struct numbering6 *s, const struct numbering6_step *t,
    uint64_t n)
{
	return (unsigned __int128)n << part_of(s, t);
}

static inline uint64_t
step_begin(const struct numbering6 *s, size_t k)
{
	return k > 0 ? s->end[k - 1] : 0;
}

/* The address or prefix that a step begins with. */
static struct ip6
step_first(const struct numbering6 *s, size_t k)
{
	const struct numbering6_step *t = &s->step[k];

	return ip6_from_number(
	    ip6_number(t->origin) + width_of(s, t, step_begin(s, k)));
}

/* --- building --- */

/* n addresses; of step, origin and at are still the first's. */
static int
add_step(struct numbering6 *s, struct numbering6_step step, uint64_t n)
{
	step.origin = ip6_from_number(
	    ip6_number(step.origin) - width_of(s, &step, s->addresses));
	step.at -= s->addresses;
	if (s->steps == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;
		void *v = reallocarray(s->step, cap, sizeof *s->step);
		void *e = reallocarray(s->end, cap, sizeof *s->end);

		s->step = v != NULL ? v : s->step;
		s->end = e != NULL ? e : s->end;
		if (v == NULL || e == NULL)
			return -1;
		s->cap = cap;
	}
	s->step[s->steps] = step;
	s->end[s->steps++] = s->addresses += n;
	return 0;
}

static int
add_windows(struct numbering6 *s, const struct extent6 *x)
{
	s->maker = calloc(x->windows + 1, sizeof *s->maker);
	s->begin = calloc(x->windows + 1, sizeof *s->begin);
	if (s->maker == NULL || s->begin == NULL)
		return -1;
	for (; s->windows < x->windows; s->windows++) {
		const struct window6 *w = &x->window[s->windows];
		unsigned part = IP6_BITS - w->maker.length;

		s->begin[s->windows] = s->steps;
		s->maker[s->windows] = w->maker;
		for (size_t i = 0; i < w->prefixes.n; i++) {
			const struct range6 *r = &w->prefixes.v[i];
			struct numbering6_step step = { r->first, s->windows,
				0 };

			if (add_step(s, step,
				((ip6_number(r->last) - ip6_number(r->first)) >>
				    part) +
				    1) == -1)
				return -1;
		}
	}
	s->begin[s->windows] = s->steps;
	return 0;
}

/* Single addresses of one run of the array, up to number `to`. */
static int
add_singles(struct numbering6 *s, size_t from, size_t to)
{
	return add_step(s,
	    (struct numbering6_step){ packed_addr(&s->addrs, from),
		NUMBERING6_SINGLE, from },
	    to - from);
}

/* Those below `before`, all if it is NULL. */
static int
add_below(struct numbering6 *s, const struct ip6 *before, size_t *run,
    size_t *at)
{
	const struct packed *p = &s->addrs;
	size_t limit = before == NULL ? p->n : packed_lower(p, *before, 0);

	for (; *run < packed_runs(p); ++*run) {
		struct packed_run r = packed_run(p, *run);
		size_t from = *at > r.begin ? *at : r.begin;
		size_t to = limit < r.end ? limit : r.end;

		if (from < to && add_singles(s, from, to) == -1)
			return -1;
		if (from < to)
			*at = to;
		if (limit < r.end)
			break;
	}
	return 0;
}

static int
add_rest(struct numbering6 *s)
{
	size_t run = 0, at = 0;

	for (size_t i = 0; i < s->plain.n; i++) {
		const struct range6 *r = &s->plain.v[i];
		struct numbering6_step step = { r->first, NUMBERING6_RANGE, 0 };

		if (add_below(s, &r->first, &run, &at) == -1 ||
		    add_step(s, step,
			ip6_number(r->last) - ip6_number(r->first) + 1) == -1)
			return -1;
	}
	return add_below(s, NULL, &run, &at);
}

static int
numbering6_build_jump(struct numbering6 *s)
{
	uint64_t most = s->steps * 2, buckets;
	size_t i = 0;

	if (s->addresses == 0)
		return 0;
	if (most < LEAST_BUCKETS)
		most = LEAST_BUCKETS;
	while (((s->addresses - 1) >> s->shift) + 1 > most)
		s->shift++;
	buckets = ((s->addresses - 1) >> s->shift) + 1;
	s->jump = malloc(buckets * sizeof *s->jump);
	if (s->jump == NULL)
		return -1;
	for (uint64_t b = 0; b < buckets; b++) {
		while (s->end[i] <= b << s->shift)
			i++;
		s->jump[b] = i;
	}
	return 0;
}

/* A pair that addresses and ports have anyway is not repeated. */
static bool
is_own_pair(void *arg, struct ip6 a, uint16_t port)
{
	const struct numbering6 *s = arg;
	size_t index;

	return !ports_find(&s->ports, port, &index) || !numbering6_has(s, a);
}

int
numbering6_build(struct numbering6 *s, struct extent6 *x, struct ports *ports)
{
	*s = (struct numbering6){
		.area = x->area,
		.plain = x->plain,
		.addrs = x->addrs,
		.pairs = x->pairs,
		.ports = *ports,
	};
	x->area = x->plain = (struct ranges6){ 0 };
	x->addrs = x->pairs = (struct packed){ 0 };
	*ports = (struct ports){ 0 };
	if (add_windows(s, x) == -1 || add_rest(s) == -1 ||
	    numbering6_build_jump(s) == -1 ||
	    packed_filter(&s->pairs, is_own_pair, s) == -1) {
		numbering6_free(s);
		return -1;
	}
	s->mixed = s->begin[s->windows] == s->steps &&
	    iid_mix(&s->mix, s->maker, s->windows);
	s->by_ports = s->addresses * (s->ports.n ? s->ports.n : 1);
	s->count = s->by_ports + s->pairs.n;
	/* see numbering.c, which has the same */
	s->reciprocal = s->ports.n > 1 ? UINT64_MAX / s->ports.n + 1 : 0;
	return 0;
}

void
numbering6_free(struct numbering6 *s)
{
	free(s->step);
	free(s->end);
	free(s->jump);
	free(s->begin);
	free(s->maker);
	ranges6_free(&s->area);
	ranges6_free(&s->plain);
	packed_free(&s->addrs);
	packed_free(&s->pairs);
	ports_free(&s->ports);
	*s = (struct numbering6){ 0 };
}

/* --- numbers to targets --- */

/*
 * The steps of indexes. Where there are very many, as with a long blacklist,
 * the memory for all lookups is asked for at once, and in the end that of
 * single addresses.
 */
static void
find_steps(const struct numbering6 *s, const uint64_t *index, uint32_t *step,
    size_t n)
{
	if (s->steps == 1) {
		memset(step, 0, n * sizeof *step);
		return;
	}
	for (size_t i = 0; i < n; i++)
		step[i] = s->jump[index[i] >> s->shift];
	for (size_t i = 0; i < n && s->steps > FEW_STEPS; i++)
		__builtin_prefetch(&s->end[step[i]]);
	for (size_t i = 0; i < n; i++) {
		uint32_t k = step[i];

		/* mostly one further on, or not: no branch could be foreseen */
		k += index[i] >= s->end[k];
		while (__builtin_expect(index[i] >= s->end[k], 0))
			k++;
		step[i] = k;
		if (s->steps > FEW_STEPS)
			__builtin_prefetch(&s->step[k]);
	}
	for (size_t i = 0; i < n && s->addrs.n > 0; i++) {
		const struct numbering6_step *t = &s->step[step[i]];

		if (t->window == NUMBERING6_SINGLE)
			__builtin_prefetch(
			    s->addrs.v + (t->at + index[i]) * SORT_ADDR);
	}
}

static inline struct ip6
plain_at(const struct numbering6 *s, const struct numbering6_step *t,
    uint64_t index)
{
	return t->window == NUMBERING6_SINGLE ?
	    packed_addr(&s->addrs, t->at + index) :
	    ip6_add(t->origin, index);
}

static void
map_window(const struct numbering6 *s, const uint64_t *index,
    const uint32_t *step, struct ip6 *addr, size_t n)
{
	const struct numbering6_step *t = s->step;
	const struct iid_maker *m = &s->maker[t[step[0]].window];
	const unsigned part = IP6_BITS - m->length;
	uint64_t hi[IID_ROOM];

	if (part >= 64) {
		for (size_t i = 0; i < n; i++)
			hi[i] = t[step[i]].origin.hi +
			    (index[i] << (part - 64));
		iid_make_high(m, hi, addr, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		addr[i] = ip6_from_number(ip6_number(t[step[i]].origin) +
		    ((unsigned __int128)index[i] << part));
	iid_make_all(m, addr, n);
}

/* Addresses of indexes that lie all in one window, or all in none. */
static void
map_group(const struct numbering6 *s, const uint64_t *index,
    const uint32_t *step, struct ip6 *addr, size_t n)
{
	if (s->step[step[0]].window < s->windows)
		map_window(s, index, step, addr, n);
	else
		for (size_t i = 0; i < n; i++)
			addr[i] = plain_at(s, &s->step[step[i]], index[i]);
}

/* The group of a step: its window, or one behind them all. */
static inline size_t
group_of(const struct numbering6 *s, uint32_t step)
{
	uint64_t w = s->step[step].window;

	return w < s->windows ? w : s->windows;
}

/*
 * With several windows a branch on each target's could not be predicted, so
 * targets are put into groups first.
 */
static void
map_groups(const struct numbering6 *s, const uint64_t *index,
    const uint32_t *step, struct ip6 *addr, size_t n)
{
	size_t end[MOST_GROUPS + 1] = { 0 }, begin = 0;
	uint64_t grouped[CHUNK];
	uint32_t steps[CHUNK];
	struct ip6 a[CHUNK];
	uint16_t from[CHUNK];

	for (size_t i = 0; i < n; i++)
		end[group_of(s, step[i]) + 1]++;
	for (size_t g = 1; g <= s->windows; g++)
		end[g] += end[g - 1];
	for (size_t i = 0; i < n; i++) {
		size_t to = end[group_of(s, step[i])]++;

		grouped[to] = index[i];
		steps[to] = step[i];
		from[to] = i;
	}
	for (size_t g = 0; g <= s->windows; begin = end[g++])
		if (begin < end[g])
			map_group(s, grouped + begin, steps + begin, a + begin,
			    end[g] - begin);
	for (size_t i = 0; i < n; i++)
		addr[from[i]] = a[i];
}

static void
map_mixed(const struct numbering6 *s, const uint64_t *index,
    const uint32_t *step, struct ip6 *addr, size_t n)
{
	uint64_t hi[IID_ROOM];
	uint8_t which[CHUNK];

	for (size_t i = 0; i < n; i++) {
		const struct numbering6_step *t = &s->step[step[i]];

		hi[i] = t->origin.hi + index[i];
		which[i] = t->window;
	}
	iid_make_mixed(&s->mix, which, hi, addr, n);
}

/* Indexes of addresses, CHUNK at most. */
static void
map_index(const struct numbering6 *s, const uint64_t *index, struct ip6 *addr,
    size_t n)
{
	bool plain = s->begin[s->windows] < s->steps;
	uint32_t step[CHUNK];

	find_steps(s, index, step, n);
	if (s->windows + plain <= 1)
		map_group(s, index, step, addr, n);
	else if (s->mixed)
		map_mixed(s, index, step, addr, n);
	else if (s->windows < MOST_GROUPS)
		map_groups(s, index, step, addr, n);
	else
		for (size_t i = 0; i < n; i++)
			map_group(s, index + i, step + i, addr + i, 1);
}

static void
numbering6_map_plain(const struct numbering6 *s, const uint64_t *number,
    struct ip6 *addr, uint16_t *port, size_t n)
{
	uint64_t index[CHUNK];

	if (s->ports.n <= 1) {
		map_index(s, number, addr, n);
		for (size_t i = 0; port != NULL && i < n; i++)
			port[i] = s->ports.v[0];
		return;
	}
	for (size_t i = 0; i < n; i++) {
		index[i] = (unsigned __int128)number[i] * s->reciprocal >> 64;
		port[i] = s->ports.v[number[i] - index[i] * s->ports.n];
	}
	map_index(s, index, addr, n);
}

static bool
numbering6_any_pair(const struct numbering6 *s, const uint64_t *number,
    size_t n)
{
	if (s->pairs.n > 0)
		for (size_t i = 0; i < n; i++)
			if (number[i] >= s->by_ports)
				return true;
	return false;
}

static void
map_one(const struct numbering6 *s, uint64_t number, struct ip6 *addr,
    uint16_t *port)
{
	size_t i = number - s->by_ports;

	if (number < s->by_ports) {
		numbering6_map_plain(s, &number, addr, port, 1);
		return;
	}
	*addr = packed_addr(&s->pairs, i);
	*port = packed_port(&s->pairs, i);
}

void
numbering6_map(const struct numbering6 *s, const uint64_t *number,
    struct ip6 *addr, uint16_t *port, size_t n)
{
	while (n > 0) {
		size_t k = n < CHUNK ? n : CHUNK;

		if (!numbering6_any_pair(s, number, k))
			numbering6_map_plain(s, number, addr, port, k);
		else
			for (size_t i = 0; i < k; i++)
				map_one(s, number[i], addr + i, port + i);
		number += k;
		addr += k;
		port = port != NULL ? port + k : NULL;
		n -= k;
	}
}

/* --- and back --- */

/* The step among [low, high) that begins last at or before `a`, or high. */
static size_t
step_of(const struct numbering6 *s, size_t low, size_t high, struct ip6 a)
{
	size_t begin = low, end = high;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ip6_less(a, step_first(s, mid)))
			high = mid;
		else
			low = mid + 1;
	}
	return low == begin ? end : low - 1;
}

static bool
find_in_window(const struct numbering6 *s, size_t w, struct ip6 a,
    uint64_t *index)
{
	size_t k = step_of(s, s->begin[w], s->begin[w + 1], a);
	const struct iid_maker *m = &s->maker[w];
	unsigned __int128 offset;

	if (k == s->begin[w + 1])
		return false;
	offset = (ip6_number(a) - ip6_number(step_first(s, k))) >>
	    (IP6_BITS - m->length);
	if (offset >= s->end[k] - step_begin(s, k) || !iid_is(m, a))
		return false;
	*index = step_begin(s, k) + offset;
	return true;
}

static bool
find_address(const struct numbering6 *s, struct ip6 a, uint64_t *index)
{
	const struct numbering6_step *t;
	unsigned __int128 offset;
	size_t k;

	for (size_t w = 0; w < s->windows; w++)
		if (find_in_window(s, w, a, index))
			return true;
	k = step_of(s, s->begin[s->windows], s->steps, a);
	if (k == s->steps)
		return false;
	t = &s->step[k];
	offset = ip6_number(a) - ip6_number(step_first(s, k));
	if (t->window == NUMBERING6_SINGLE) {
		size_t at = packed_lower(&s->addrs, a, 0);

		if (at >= s->addrs.n ||
		    !ip6_equal(packed_addr(&s->addrs, at), a))
			return false;
		offset = at - t->at - step_begin(s, k);
	}
	*index = step_begin(s, k) + offset;
	return offset < s->end[k] - step_begin(s, k);
}

bool
numbering6_has(const struct numbering6 *s, struct ip6 addr)
{
	uint64_t index;

	return find_address(s, addr, &index);
}

bool
numbering6_find(const struct numbering6 *s, struct ip6 addr, uint16_t port,
    uint64_t *number)
{
	uint64_t index;
	size_t p = 0, i;

	if ((s->ports.n == 0 || ports_find(&s->ports, port, &p)) &&
	    find_address(s, addr, &index)) {
		*number = index * (s->ports.n ? s->ports.n : 1) + p;
		return true;
	}
	i = packed_lower(&s->pairs, addr, port);
	*number = s->by_ports + i;
	return i < s->pairs.n && ip6_equal(packed_addr(&s->pairs, i), addr) &&
	    packed_port(&s->pairs, i) == port;
}

int
numbering6_prefixes(const struct numbering6 *s, size_t window,
    struct ranges6 *r)
{
	unsigned length = s->maker[window].length;

	for (size_t k = s->begin[window]; k < s->begin[window + 1]; k++) {
		const struct numbering6_step *t = &s->step[k];
		struct ip6 last = ip6_from_number(
		    ip6_number(t->origin) + width_of(s, t, s->end[k] - 1));

		if (ranges6_add(r, step_first(s, k), ip6_last(last, length)) ==
		    -1)
			return -1;
	}
	return 0;
}
