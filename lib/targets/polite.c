/* SPDX-License-Identifier: Apache-2.0 */
/* Every block once a round; see polite.h. */
#include "targets/polite.h"

#include "targets/splitmix.h"

/* A number below n, out of 64 bits. */
static uint64_t
below(uint64_t bits, uint64_t n)
{
	return (unsigned __int128)bits * n >> 64;
}

/* --- the order of blocks --- */

static uint64_t
root(uint64_t n)
{
	uint64_t r = 1;

	while (r * r < n)
		r++;
	return r;
}

/* What is added to one half, by the other. */
static uint64_t
polite_mix(const struct polite *p, int round, uint64_t half, uint64_t radix)
{
	return below(splitmix64_output(p->key[round] ^ half), radix);
}

static uint64_t
plus(uint64_t a, uint64_t b, uint64_t radix)
{
	return a + b < radix ? a + b : a + b - radix;
}

static uint64_t
minus(uint64_t a, uint64_t b, uint64_t radix)
{
	return a >= b ? a - b : a + radix - b;
}

/* A permutation of left * right numbers, so again where that is no block. */
static uint64_t
block_at(const struct polite *p, uint64_t rank)
{
	uint64_t l, r;

	do {
		l = rank / p->right;
		r = rank % p->right;
		l = plus(l, polite_mix(p, 0, r, p->left), p->left);
		r = plus(r, polite_mix(p, 1, l, p->right), p->right);
		l = plus(l, polite_mix(p, 2, r, p->left), p->left);
		r = plus(r, polite_mix(p, 3, l, p->right), p->right);
		rank = l * p->right + r;
	} while (rank >= p->blocks);
	return rank;
}

static uint64_t
rank_of(const struct polite *p, uint64_t block)
{
	uint64_t l, r;

	do {
		l = block / p->right;
		r = block % p->right;
		r = minus(r, polite_mix(p, 3, l, p->right), p->right);
		l = minus(l, polite_mix(p, 2, r, p->left), p->left);
		r = minus(r, polite_mix(p, 1, l, p->right), p->right);
		l = minus(l, polite_mix(p, 0, r, p->left), p->left);
		block = l * p->right + r;
	} while (block >= p->blocks);
	return block;
}

/* --- the order in a block --- */

struct stride { /* the number of round i is first + i * step, modulo size */
	uint64_t size, first, step;
};

static uint64_t
gcd(uint64_t a, uint64_t b)
{
	uint64_t r;

	while (b != 0) {
		r = a % b;
		a = b;
		b = r;
	}
	return a;
}

static struct stride
stride_of(const struct polite *p, uint64_t block)
{
	uint64_t state = p->key[4] ^ block;
	struct stride s = { .size = p->block };

	if (block == p->blocks - 1)
		s.size = p->last;
	s.first = below(splitmix64(&state), s.size);
	if (s.size == p->block) { /* a power of two */
		s.step = below(splitmix64(&state), s.size) | 1;
		return s;
	}
	do
		s.step = 1 + below(splitmix64(&state), s.size);
	while (gcd(s.step, s.size) != 1);
	return s;
}

/* All of it is below 2^32, so nothing is lost. */
static uint64_t
polite_number_of(const struct polite *p, const struct stride *s, uint64_t round)
{
	uint64_t sum = s->first + round * s->step;

	return s->size == p->block ? sum & (p->block - 1) : sum % s->size;
}

/* Euclid's: what step is to be multiplied by to make 1. */
static uint64_t
inverse(uint64_t step, uint64_t size)
{
	__int128 a = size, b = step, x = 0, y = 1, q, t;

	while (b != 0) {
		q = a / b;
		t = a - q * b;
		a = b;
		b = t;
		t = x - q * y;
		x = y;
		y = t;
	}
	return x < 0 ? x + size : x;
}

/* --- positions --- */

void
polite_make(struct polite *p, uint64_t n, uint64_t block, uint64_t seed)
{
	uint64_t state = seed;

	*p = (struct polite){ .n = n, .block = block };
	p->blocks = (n - 1) / block + 1;
	p->last = n - (p->blocks - 1) * block;
	for (int i = 0; i < 5; i++)
		p->key[i] = splitmix64(&state);
	p->left = root(p->blocks);
	p->right = (p->blocks - 1) / p->left + 1;
	p->gone = rank_of(p, p->blocks - 1);
}

/* How many positions lie in rounds in which the last block is visited. */
static uint64_t
whole_rounds(const struct polite *p)
{
	return p->last * p->blocks;
}

void
polite_seek(const struct polite *p, struct polite_walk *w, uint64_t position)
{
	uint64_t whole = whole_rounds(p);

	if (position < whole || p->blocks == 1) {
		w->round = position / p->blocks;
		w->rank = position % p->blocks;
		return;
	}
	w->round = p->last + (position - whole) / (p->blocks - 1);
	w->rank = (position - whole) % (p->blocks - 1);
	w->rank += w->rank >= p->gone;
}

void
polite_next(const struct polite *p, struct polite_walk *w, uint64_t *value,
    size_t count)
{
	struct stride s;
	uint64_t block;

	for (size_t i = 0; i < count; i++) {
		block = block_at(p, w->rank);
		s = stride_of(p, block);
		value[i] = block * p->block + polite_number_of(p, &s, w->round);
		w->rank++;
		if (w->round >= p->last && w->rank == p->gone)
			w->rank++;
		if (w->rank < p->blocks)
			continue;
		w->round++;
		w->rank = w->round >= p->last && p->gone == 0;
	}
}

uint64_t
polite_find(const struct polite *p, uint64_t value)
{
	uint64_t block = value / p->block, rank = rank_of(p, block);
	uint64_t whole = whole_rounds(p), round;
	struct stride s = stride_of(p, block);

	round = (unsigned __int128)minus(value % p->block, s.first, s.size) *
	    inverse(s.step, s.size) % s.size;
	if (round < p->last || p->blocks == 1)
		return round * p->blocks + rank;
	return whole + (round - p->last) * (p->blocks - 1) + rank -
	    (rank > p->gone);
}

uint64_t
polite_gap(const struct polite *p)
{
	return p->last == p->block || p->blocks == 1 ? p->blocks :
						       p->blocks - 1;
}
