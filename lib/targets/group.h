/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The multiplicative group of integers modulo a prime, for p up to 2^49.
 *
 * A scan of n targets needs a prime above n. It takes the smallest one that
 * is suitable: dividing all prime factors below 2^16 out of p - 1 must leave
 * less than 2^24, which is then 1 or one more prime. So p - 1 is factored by
 * trial division, and logarithms take microseconds (Pohlig and Hellman,
 * IEEE Trans. Inf. Theory 24, 1978; Shanks's baby and giant steps below
 * that). About every second prime near 2^32 is suitable and every fourth
 * near 2^48, so p stays within some hundreds of n.
 */
#ifndef GROUP_H
#define GROUP_H
#include <stdint.h>

#define GROUP_MAX (UINT64_C(1) << 48) /* the largest n */

struct group {
	uint64_t p;
	unsigned factors; /* distinct primes of p - 1 */
	struct {
		uint64_t prime;
		uint64_t power; /* prime^k, all of it in p - 1 */
	} factor[16];
};

struct group_log; /* tables for logarithms to one base */

/* Multiplication by a constant w: 3 multiplications, no division (Shoup). */
struct group_step {
	uint64_t p, w;
	uint64_t ratio; /* floor(w * 2^64 / p) */
};

/* The group for `n` things, 1 <= n <= GROUP_MAX. */
void group_find(struct group *g, uint64_t n);
/* a * b mod m, for m below 2^63; and base^exp mod m. */
uint64_t group_mul(uint64_t a, uint64_t b, uint64_t m);
uint64_t group_pow(uint64_t base, uint64_t exp, uint64_t m);
/* Whether the powers of x, 0 < x < p, are the whole group. */
int group_generated_by(const struct group *g, uint64_t x);
struct group_step group_step(const struct group *g, uint64_t w);

/* Logarithms to base `base`, a generator. NULL when memory is short. */
struct group_log *group_log_open(const struct group *g, uint64_t base);
/* The e in 0 <= e < p - 1 with base^e = x, for 0 < x < p. */
uint64_t group_log(const struct group_log *l, uint64_t x);
void group_log_close(struct group_log *l);

/* x * w mod p, for any x below 2^63. */
static inline uint64_t
group_next(const struct group_step *s, uint64_t x)
{
	/* the quotient is exact or one short, so one subtraction mends it */
	uint64_t quotient = (unsigned __int128)x * s->ratio >> 64;
	uint64_t rest = x * s->w - quotient * s->p;

	return rest >= s->p ? rest - s->p : rest;
}

#endif
