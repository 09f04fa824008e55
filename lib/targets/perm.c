/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The permuted order of targets. The hot loop is perm_run() below: eight
 * elements are in flight, each a fixed number of steps ahead of the one before,
 * so that the processor works on eight independent multiplications instead of
 * waiting for one long chain.
 */
#include "targets/perm.h"

#include <stdlib.h>

#include "base/sort.h"
#include "targets/splitmix.h"

#define LANES 8

static uint64_t
perm_draw(uint64_t *state, uint64_t p)
{
	return 1 + ((unsigned __int128)splitmix64(state) * (p - 1) >> 64);
}

/* The exponent of an element, counted from the start of the walk. */
static uint64_t
exponent(const struct perm *p, uint64_t x)
{
	uint64_t order = p->group.p - 1;
	uint64_t from = group_log(p->log, p->start);

	return (group_log(p->log, x) + order - from) % order;
}

int
perm_make(struct perm *p, uint64_t n, uint64_t seed)
{
	*p = (struct perm){ .n = n };
	group_find(&p->group, n);
	p->start = perm_draw(&seed, p->group.p);
	do
		p->generator = perm_draw(&seed, p->group.p);
	while (!group_generated_by(&p->group, p->generator));
	p->one = group_step(&p->group, p->generator);
	p->eight = group_step(&p->group,
	    group_pow(p->generator, LANES, p->group.p));
	p->log = group_log_open(&p->group, p->generator);
	p->holes = p->group.p - 1 - n;
	p->hole = reallocarray(NULL, p->holes + 1, sizeof *p->hole);
	if (p->log == NULL || p->hole == NULL) {
		perm_free(p);
		return -1;
	}
	for (size_t i = 0; i < p->holes; i++)
		p->hole[i] = exponent(p, n + 1 + i);
	sort_u64(p->hole, p->holes);
	return 0;
}

void
perm_free(struct perm *p)
{
	group_log_close(p->log);
	free(p->hole);
	*p = (struct perm){ 0 };
}

/* How many holes come before `position`: hole i does if hole[i] - i does. */
static size_t
holes_before(const struct perm *p, uint64_t position)
{
	size_t low = 0, high = p->holes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->hole[mid] - mid <= position)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void
perm_seek(const struct perm *p, struct perm_walk *w, uint64_t position)
{
	w->hole = holes_before(p, position);
	w->exponent = position + w->hole;
	w->x = group_mul(p->start,
	    group_pow(p->generator, w->exponent, p->group.p), p->group.p);
}

uint64_t
perm_find(const struct perm *p, uint64_t value)
{
	uint64_t e = exponent(p, value + 1);
	size_t low = 0, high = p->holes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->hole[mid] < e)
			low = mid + 1;
		else
			high = mid;
	}
	return e - low;
}

static inline void
perm_ask_for(const struct perm_ahead *a, uint64_t value)
{
	uint64_t line = (unsigned __int128)value * a->scale >> 64;

	/* not by a pointer: it may be past the end of what is there */
	__builtin_prefetch(
	    (void *)((uintptr_t)a->line + line * PERM_AHEAD_LINE));
}

/* `count` values from element x on; returns the element after them. */
static inline __attribute__((always_inline)) uint64_t
perm_run(const struct perm *p, uint64_t x, uint64_t *value, size_t count,
    const struct perm_ahead *ahead)
{
	const struct group_step one = p->one, eight = p->eight;
	uint64_t lane[LANES];
	size_t i = 0;

	lane[0] = x;
	for (unsigned k = 1; k < LANES; k++)
		lane[k] = group_next(&one, lane[k - 1]);
	for (; i + LANES <= count; i += LANES)
		for (unsigned k = 0; k < LANES; k++) {
			value[i + k] = lane[k] - 1;
			if (ahead != NULL)
				perm_ask_for(ahead, lane[k] - 1);
			lane[k] = group_next(&eight, lane[k]);
		}
	for (unsigned k = 0; i + k < count; k++)
		value[i + k] = lane[k] - 1;
	return lane[count - i];
}

static uint64_t
perm_run_asking(const struct perm *p, uint64_t x, uint64_t *value, size_t count)
{
	const struct perm_ahead ahead = p->ahead;

	return perm_run(p, x, value, count, &ahead);
}

static uint64_t
perm_run_silently(const struct perm *p, uint64_t x, uint64_t *value,
    size_t count)
{
	return perm_run(p, x, value, count, NULL);
}

void
perm_next(const struct perm *p, struct perm_walk *w, uint64_t *value,
    size_t count)
{
	while (count > 0) {
		size_t n = count;

		while (w->hole < p->holes && w->exponent == p->hole[w->hole]) {
			w->x = group_next(&p->one, w->x);
			w->exponent++;
			w->hole++;
		}
		if (w->hole < p->holes && p->hole[w->hole] - w->exponent < n)
			n = p->hole[w->hole] - w->exponent;
		w->x = p->ahead.line != NULL ?
		    perm_run_asking(p, w->x, value, n) :
		    perm_run_silently(p, w->x, value, n);
		w->exponent += n;
		value += n;
		count -= n;
	}
}
