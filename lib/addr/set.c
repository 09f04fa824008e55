/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address set of a scan, after all lists have been added and the
 * blacklist taken out. The permutation asks for addresses by index in random
 * order, which is what makes memory access, not arithmetic, the cost here.
 */
#include "addr/set.h"

#include <stdlib.h>
#include <string.h>

#include "addr/ranges.h"

#define LEAST_BUCKETS 4096u
#define LONG_LIST     (1u << 21)
/* So few that hardly any bucket has a boundary in it. */
#define FEW_RUNS 256u
/* So many that runs and jump table would not fit into the cache. */
#define MANY_RUNS (1u << 16)
/* Lookups whose memory is asked for at once. */
#define BATCH 256

static uint32_t
run_last(uint64_t run)
{
	return run >> 32;
}

static uint32_t
run_delta(uint64_t run)
{
	return (uint32_t)run;
}

/*
 * More buckets save steps and cost memory: up to two a run as long as that
 * is little, one for two runs in a list of many millions.
 */
static uint64_t
most_buckets(size_t runs)
{
	uint64_t most = runs < LONG_LIST ? (uint64_t)runs * 2 : runs / 2;

	return most < LEAST_BUCKETS ? LEAST_BUCKETS : most;
}

static int
build_jump(struct set *s)
{
	uint64_t buckets;
	size_t r = 0;

	s->shift = 0;
	while (((s->count - 1) >> s->shift) + 1 > most_buckets(s->runs))
		s->shift++;
	buckets = ((s->count - 1) >> s->shift) + 1;
	s->jump = malloc(buckets * sizeof *s->jump);
	if (s->jump == NULL)
		return -1;
	for (uint64_t b = 0; b < buckets; b++) {
		while (run_last(s->run[r]) < b << s->shift)
			r++;
		s->jump[b] = r;
	}
	return 0;
}

int
set_build(struct set *s, struct ranges *r)
{
	uint64_t count = 0;
	uint64_t *v;

	ranges_normalise(r);
	*s = (struct set){ .run = r->v, .runs = r->n };
	*r = (struct ranges){ 0 };
	if (s->runs == 0)
		return 0;
	v = reallocarray(s->run, s->runs, sizeof *v);
	if (v != NULL)
		s->run = v;
	for (size_t i = 0; i < s->runs; i++) {
		uint32_t first = ranges_first(s->run[i]);
		uint32_t last = ranges_last(s->run[i]);
		uint32_t delta = first - (uint32_t)count;

		count += (uint64_t)last - first + 1;
		s->run[i] = (count - 1) << 32 | delta;
	}
	s->count = count;
	if (s->runs >= MANY_RUNS && s->runs < LONG_LIST)
		return steps_build(&s->steps, s->run, s->runs);
	return build_jump(s);
}

void
set_free(struct set *s)
{
	free(s->run);
	free(s->jump);
	steps_free(&s->steps);
	*s = (struct set){ 0 };
}

static inline uint32_t
lookup(const struct set *s, uint32_t index)
{
	const uint64_t *run = &s->run[s->jump[index >> s->shift]];

	while (index > run_last(*run))
		run++;
	return index + run_delta(*run);
}

/*
 * A set that does not fit into the cache: the memory for a batch of lookups
 * is asked for all at once, buckets first, then runs. With a boundary of runs
 * in every other bucket a branch on it could not be predicted, so the first
 * two steps are arithmetic; they stay in the array, for no index is past the
 * last run's.
 */
static void
map_batch(const struct set *s, const uint32_t *index, uint32_t *addr, size_t n)
{
	uint32_t r[BATCH];

	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(&s->jump[index[i] >> s->shift]);
	for (size_t i = 0; i < n; i++) {
		r[i] = s->jump[index[i] >> s->shift];
		__builtin_prefetch(&s->run[r[i]]);
	}
	for (size_t i = 0; i < n; i++) {
		const uint64_t *run = &s->run[r[i]];

		run += index[i] > run_last(*run);
		run += index[i] > run_last(*run);
		while (__builtin_expect(index[i] > run_last(*run), 0))
			run++;
		addr[i] = index[i] + run_delta(*run);
	}
}

void
set_map(const struct set *s, const uint32_t *index, uint32_t *addr, size_t n)
{
	if (s->runs <= FEW_RUNS) {
		for (size_t i = 0; i < n; i++)
			addr[i] = lookup(s, index[i]);
		return;
	}
	if (s->steps.lines > 0) {
		steps_map(&s->steps, index, addr, n);
		return;
	}
	while (n > 0) {
		size_t k = n < BATCH ? n : BATCH;

		map_batch(s, index, addr, k);
		index += k;
		addr += k;
		n -= k;
	}
}

bool
set_find(const struct set *s, uint32_t addr, uint32_t *index)
{
	size_t low = 0, high = s->runs;
	uint32_t first, last;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		set_run(s, mid, &first, &last);
		if (addr > last) {
			low = mid + 1;
		} else if (addr < first) {
			high = mid;
		} else {
			if (index != NULL)
				*index = addr - run_delta(s->run[mid]);
			return true;
		}
	}
	return false;
}

void
set_run(const struct set *s, size_t i, uint32_t *first, uint32_t *last)
{
	uint32_t index = i ? run_last(s->run[i - 1]) + 1 : 0;

	*first = index + run_delta(s->run[i]);
	*last = run_last(s->run[i]) + run_delta(s->run[i]);
}
