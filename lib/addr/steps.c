/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of a set of many runs; see steps.h.  A line is looked up without a
 * branch: all of its offsets are compared at once, and how many of them are not
 * after the index says which sum of gaps to add.
 */
#include "addr/steps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#if defined __SSE2__
#include <emmintrin.h>
#endif

/* Runs to a line, on average at most: few lines have more than STEPS. */
#define USUAL	  8
#define SHIFT_MIN 3
#define SHIFT_MAX 15 /* off has a sign, for processors compare such ones */
#define UNUSED	  INT16_MAX
#define BATCH	  256
#define HUGE_PAGE ((size_t)2 << 20)

_Static_assert(sizeof(struct steps_line) == STEPS_LINE, "one cache line");

struct making {
	struct steps *s;
	size_t room; /* lines */
};

static uint64_t
steps_end_of(uint64_t run)
{
	return (run >> 32) + 1;
}

static uint32_t
steps_gap_after(const struct steps *s, size_t r)
{
	return (uint32_t)s->run[r + 1] - (uint32_t)s->run[r];
}

/* Whether run r has one after it, which begins before index `end`. */
static bool
steps_another(const struct steps *s, size_t r, uint64_t end)
{
	return r + 1 < s->runs && steps_end_of(s->run[r]) < end;
}

/* Random reads of many small pages would cost more than the lines' own. */
static struct steps_line *
steps_lines_alloc(size_t n)
{
	size_t size = n * sizeof(struct steps_line);
	size_t align = size < HUGE_PAGE ? STEPS_LINE : HUGE_PAGE;
	void *p;

	size = (size + align - 1) / align * align;
	p = aligned_alloc(align, size);
	if (p != NULL && align == HUGE_PAGE)
		madvise(p, size, MADV_HUGEPAGE); /* a wish */
	return p;
}

/* Room for n more; lines that are not used yet. */
static int
steps_reserve(struct making *m, size_t n)
{
	struct steps_line *bigger;
	size_t room = m->s->lines + n;

	if (room <= m->room)
		return 0;
	/* what is divided later is little, most of the time */
	room += room / 16;
	bigger = steps_lines_alloc(room);
	if (bigger == NULL)
		return -1;
	if (m->s->lines > 0)
		memcpy(bigger, m->s->line, m->s->lines * sizeof *bigger);
	free(m->s->line);
	m->s->line = bigger;
	m->room = room;
	return 0;
}

/* Where some indexes begin, 2^shift of them, and the run of the first. */
struct span {
	uint64_t from;
	unsigned shift;
	size_t run;
};

static uint64_t
steps_end_of_span(const struct span *p)
{
	return p->from + (UINT64_C(1) << p->shift);
}

/* False if they do not fit. */
static bool
steps_fill(struct steps_line *l, const struct steps *s, const struct span *p)
{
	uint32_t sum = 0;
	unsigned n = 0;

	*l = (struct steps_line){ .base = p->from + (uint32_t)s->run[p->run] };
	for (size_t r = p->run; steps_another(s, r, steps_end_of_span(p));
	     r++) {
		uint32_t gap = steps_gap_after(s, r);

		if (n == STEPS || gap > UINT16_MAX - sum)
			return false;
		sum += gap;
		l->off[n] = steps_end_of(s->run[r]) - p->from;
		l->gaps[n++] = sum;
	}
	/* for the last index that SHIFT_MAX allows these count, for nothing */
	for (; n < STEPS; n++) {
		l->off[n] = UNUSED;
		l->gaps[n] = sum;
	}
	return true;
}

static void
steps_fill_parts(struct steps *s, const struct steps_line *whole, struct span p)
{
	struct steps_line *l = &s->line[whole->base];
	uint64_t end = steps_end_of_span(&p);

	for (p.shift = whole->deep; p.from < end;
	     p.from = steps_end_of_span(&p)) {
		while (steps_another(s, p.run, p.from + 1))
			p.run++;
		if (!steps_fill(l, s, &p))
			*l = (struct steps_line){ .base = p.run,
				.deep = STEPS_SEARCH };
		l++;
	}
}

static int
steps_divide(struct making *m, size_t line, const struct span *p)
{
	struct steps *s = m->s;
	unsigned parts = 1;
	size_t r = p->run;

	while (steps_another(s, r, steps_end_of_span(p)))
		r++;
	while (parts + 2 < p->shift && (r - p->run) >> parts >= USUAL)
		parts++;
	if (steps_reserve(m, (size_t)1 << parts) == -1)
		return -1;
	s->line[line] = (struct steps_line){ .base = s->lines,
		.deep = p->shift - parts };
	s->lines += (size_t)1 << parts;
	steps_fill_parts(s, &s->line[line], *p);
	return 0;
}

static int
steps_fill_all(struct making *m, size_t lines)
{
	struct steps *s = m->s;
	struct span p = { .shift = s->shift };

	if (steps_reserve(m, lines) == -1)
		return -1;
	s->lines = lines;
	for (size_t i = 0; i < lines; i++, p.from = steps_end_of_span(&p)) {
		while (steps_another(s, p.run, p.from + 1))
			p.run++;
		if (!steps_fill(&s->line[i], s, &p) &&
		    steps_divide(m, i, &p) == -1)
			return -1;
	}
	return 0;
}

int
steps_build(struct steps *s, const uint64_t *run, size_t runs)
{
	uint64_t last = run[runs - 1] >> 32;
	struct making m = { .s = s };

	*s = (struct steps){ .shift = SHIFT_MAX, .run = run, .runs = runs };
	while (s->shift > SHIFT_MIN && last >> s->shift < runs / USUAL)
		s->shift--;
	if (steps_fill_all(&m, (last >> s->shift) + 1) == 0)
		return 0;
	steps_free(s);
	return -1;
}

void
steps_free(struct steps *s)
{
	free(s->line);
	*s = (struct steps){ 0 };
}

/* How many steps of a line come at or before its index i. */
static inline unsigned
steps_until(const struct steps_line *l, unsigned i)
{
#if defined __SSE2__
	const __m128i *off = (const __m128i *)l;
	const __m128i at = _mm_set1_epi16((short)i);
	unsigned later = _mm_movemask_epi8(
	    _mm_packs_epi16(_mm_cmpgt_epi16(off[0], at),
		_mm_cmpgt_epi16(off[1], at)));

	/* the two lanes of base count for nothing, and there is an end */
	return __builtin_ctz((later & ~3u) | 1u << (STEPS + 2)) - 2;
#else
	unsigned until = 0;

	for (unsigned k = 0; k < STEPS; k++)
		until += l->off[k] <= (int)i;
	return until;
#endif
}

/* For no step, what is before the first sum is read: half of deep, which is 0.
 */
static inline uint32_t
steps_lookup(const struct steps_line *l, unsigned i)
{
	const unsigned char *gaps = (const unsigned char *)l +
	    offsetof(struct steps_line, gaps) - sizeof(uint16_t);
	uint16_t sum;

	memcpy(&sum, gaps + steps_until(l, i) * sizeof sum, sizeof sum);
	return l->base + i + sum;
}

/* The run of an index, from one that is not after it. */
static uint32_t
steps_search(const struct steps *s, size_t low, uint32_t index)
{
	size_t high = low, stride = 1;

	while (high < s->runs && index > s->run[high] >> 32) {
		low = high + 1;
		high += stride;
		stride *= 2;
	}
	if (high > s->runs)
		high = s->runs;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (index > s->run[mid] >> 32)
			low = mid + 1;
		else
			high = mid;
	}
	return index + (uint32_t)s->run[low];
}

static inline const struct steps_line *
steps_line_of(const struct steps *s, uint32_t index)
{
	return &s->line[index >> s->shift];
}

static inline const struct steps_line *
steps_part_of(const struct steps *s, uint32_t index)
{
	const struct steps_line *l = steps_line_of(s, index);
	unsigned i = index & ((1u << s->shift) - 1);

	return &s->line[l->base + (i >> l->deep)];
}

static uint32_t
steps_look_deeper(const struct steps *s, uint32_t index)
{
	const struct steps_line *part = steps_part_of(s, index);
	unsigned shift = steps_line_of(s, index)->deep;

	if (part->deep == STEPS_SEARCH)
		return steps_search(s, part->base, index);
	return steps_lookup(part, index & ((1u << shift) - 1));
}

/*
 * First the lines are fetched, by reads in a loop so short that the processor
 * has as many under way as it can: prefetches beyond that are dropped.  The
 * few lines that are divided are put off, for no branch could be foreseen.
 */
static void
steps_map_batch(const struct steps *s, const uint32_t *index, uint32_t *addr,
    size_t n)
{
	const struct steps_line *line = s->line;
	const unsigned shift = s->shift, mask = (1u << shift) - 1;
	uint16_t deep[BATCH];
	size_t deeper = 0;

	for (size_t i = 0; i < n; i++) {
		deep[deeper] = i;
		deeper += line[index[i] >> shift].deep != 0;
	}
	for (size_t i = 0; i < n; i++)
		addr[i] = steps_lookup(&line[index[i] >> shift],
		    index[i] & mask);
	for (size_t i = 0; i < deeper; i++)
		__builtin_prefetch(steps_part_of(s, index[deep[i]]));
	for (size_t i = 0; i < deeper; i++)
		addr[deep[i]] = steps_look_deeper(s, index[deep[i]]);
}

void
steps_map(const struct steps *s, const uint32_t *index, uint32_t *addr,
    size_t n)
{
	for (size_t k; n > 0; index += k, addr += k, n -= k) {
		k = n < BATCH ? n : BATCH;
		steps_map_batch(s, index, addr, k);
	}
}
