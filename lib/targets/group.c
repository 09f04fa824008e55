/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic behind the permutation: finding the prime, testing generators,
 * and taking logarithms, which is how a target's place in the order of the
 * scan is found without walking there.
 */
#include "targets/group.h"

#include <stdlib.h>

#define SMALL_PRIMES  (UINT64_C(1) << 16)
#define LARGEST_PRIME (UINT64_C(1) << 24)
/* A table holds the root of LARGEST_PRIME; its indexes fit into these bits. */
#define INDEX_BITS 12

uint64_t
group_mul(uint64_t a, uint64_t b, uint64_t m)
{
	return (unsigned __int128)a * b % m;
}

uint64_t
group_pow(uint64_t base, uint64_t exp, uint64_t m)
{
	uint64_t result = 1 % m;

	for (; exp > 0; exp >>= 1) {
		if (exp & 1)
			result = group_mul(result, base, m);
		base = group_mul(base, base, m);
	}
	return result;
}

/*
 * Miller and Rabin; with the first nine primes as bases the answer is proven
 * for every n below 3.8 * 10^18 (Jiang and Deng, Math. Comp. 83, 2014).
 */
static int
is_prime(uint64_t n)
{
	static const uint64_t base[] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 0 };
	uint64_t odd = n - 1;
	unsigned twos = 0;

	if (n < 2)
		return 0;
	for (unsigned i = 0; base[i]; i++)
		if (n % base[i] == 0)
			return n == base[i];
	for (; odd % 2 == 0; odd /= 2)
		twos++;
	for (unsigned i = 0; base[i]; i++) {
		uint64_t x = group_pow(base[i], odd, n);
		unsigned t = 1;

		if (x == 1)
			continue;
		for (; x != n - 1 && t < twos; t++)
			x = group_mul(x, x, n);
		if (x != n - 1)
			return 0;
	}
	return 1;
}

static void
group_take_out(struct group *g, uint64_t *rest, uint64_t prime)
{
	uint64_t power = 1;

	for (; *rest % prime == 0; *rest /= prime)
		power *= prime;
	if (power > 1) {
		g->factor[g->factors].prime = prime;
		g->factor[g->factors++].power = power;
	}
}

/* Fills in the factors of p - 1 if p is suitable. */
static int
factor(struct group *g)
{
	uint64_t rest = g->p - 1;

	g->factors = 0;
	group_take_out(g, &rest, 2);
	for (uint64_t d = 3; d < SMALL_PRIMES && d * d <= rest; d += 2)
		group_take_out(g, &rest, d);
	/* no factor below 2^16 or below its own root: 1, or a prime if small */
	if (rest >= LARGEST_PRIME)
		return 0;
	if (rest > 1)
		group_take_out(g, &rest, rest);
	return 1;
}

void
group_find(struct group *g, uint64_t n)
{
	g->p = n + 1;
	while (!is_prime(g->p) || !factor(g))
		g->p++;
}

int
group_generated_by(const struct group *g, uint64_t x)
{
	for (unsigned i = 0; i < g->factors; i++)
		if (group_pow(x, (g->p - 1) / g->factor[i].prime, g->p) == 1)
			return 0;
	return 1;
}

struct group_step
group_step(const struct group *g, uint64_t w)
{
	return (struct group_step){
		.p = g->p,
		.w = w,
		.ratio = ((unsigned __int128)w << 64) / g->p,
	};
}

/*
 * The logarithm modulo each prime power of p - 1, digit by digit to the base
 * of that prime, and the Chinese remainder theorem to join them.
 */
struct part {
	uint64_t prime, power;
	uint64_t lift;		 /* (p - 1) / power: into the subgroup */
	uint64_t unbase;	 /* 1 / base^lift */
	uint64_t join;		 /* 1 modulo power, 0 modulo the other powers */
	uint64_t baby;		 /* steps in the table: root of the prime */
	struct group_step giant; /* by root^-baby */
	uint64_t *table;	 /* root^i << INDEX_BITS | i, hashed; 0 free */
	unsigned bits;
};

struct group_log {
	uint64_t p;
	unsigned parts;
	struct part part[16];
};

static uint64_t
slot(const struct part *t, uint64_t x)
{
	return x * UINT64_C(0x9e3779b97f4a7c15) >> (64 - t->bits);
}

static uint64_t
next_slot(const struct part *t, uint64_t s)
{
	return (s + 1) & ((UINT64_C(1) << t->bits) - 1);
}

/* `root` generates the subgroup of order t->prime. */
static int
group_fill(struct part *t, const struct group *g, uint64_t root)
{
	uint64_t x = 1, back;

	for (t->baby = 1; t->baby * t->baby < t->prime; t->baby++)
		;
	for (t->bits = 2; UINT64_C(1) << t->bits < 2 * t->baby; t->bits++)
		;
	t->table = calloc(UINT64_C(1) << t->bits, sizeof *t->table);
	if (t->table == NULL)
		return -1;
	for (uint64_t i = 0; i < t->baby; i++) {
		uint64_t s = slot(t, x);

		while (t->table[s] != 0)
			s = next_slot(t, s);
		t->table[s] = x << INDEX_BITS | i;
		x = group_mul(x, root, g->p);
	}
	/* root has order prime, so root^(prime - 1) is its inverse */
	back = group_pow(root, t->prime - 1, g->p);
	t->giant = group_step(g, group_pow(back, t->baby, g->p));
	return 0;
}

struct group_log *
group_log_open(const struct group *g, uint64_t base)
{
	struct group_log *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	l->p = g->p;
	for (; l->parts < g->factors; l->parts++) {
		struct part *t = &l->part[l->parts];
		uint64_t lifted, coprime;

		t->prime = g->factor[l->parts].prime;
		t->power = g->factor[l->parts].power;
		t->lift = (g->p - 1) / t->power;
		lifted = group_pow(base, t->lift, g->p);
		t->unbase = group_pow(lifted, t->power - 1, g->p);
		/* Euler: lift^(phi - 1) is 1 / lift modulo the power */
		coprime = t->power / t->prime * (t->prime - 1);
		t->join = t->lift *
		    group_pow(t->lift % t->power, coprime - 1, t->power);
		if (group_fill(t, g,
			group_pow(lifted, t->power / t->prime, g->p)) == -1) {
			group_log_close(l);
			return NULL;
		}
	}
	return l;
}

/* The i below t->prime with root^i = x; x must be in the subgroup. */
static uint64_t
log_in_subgroup(const struct part *t, uint64_t x)
{
	for (uint64_t i = 0; i < t->prime; i += t->baby) {
		for (uint64_t s = slot(t, x); t->table[s] != 0;
		     s = next_slot(t, s))
			if (t->table[s] >> INDEX_BITS == x)
				return i +
				    (t->table[s] & ((1 << INDEX_BITS) - 1));
		x = group_next(&t->giant, x);
	}
	return 0; /* not reached for members */
}

static uint64_t
log_in_part(const struct part *t, uint64_t x, uint64_t p)
{
	uint64_t e = 0, digit = 1; /* digit: prime^(digits found) */

	x = group_pow(x, t->lift, p);
	while (digit < t->power) {
		uint64_t y = group_pow(x, t->power / t->prime / digit, p);
		uint64_t d = log_in_subgroup(t, y) * digit;

		e += d;
		x = group_mul(x, group_pow(t->unbase, d, p), p);
		digit *= t->prime;
	}
	return e;
}

uint64_t
group_log(const struct group_log *l, uint64_t x)
{
	uint64_t e = 0;

	for (unsigned i = 0; i < l->parts; i++) {
		const struct part *t = &l->part[i];

		e += group_mul(log_in_part(t, x, l->p), t->join, l->p - 1);
		e %= l->p - 1;
	}
	return e;
}

void
group_log_close(struct group_log *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < l->parts; i++)
		free(l->part[i].table);
	free(l);
}
