/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address sets of very many ranges, against a walk through the ranges: every
 * index and its address (set.h), and whether addresses are members (members.h).
 *
 *	sets SHAPE RANGES SEED
 *
 * SHAPE: even, all over the place; clustered, in a thousandth of all addresses;
 * single addresses, all over the place; touching, every other address.
 * Prints how many ranges and addresses there were; exits 1 on a wrong answer.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/members.h"
#include "addr/ranges.h"
#include "addr/set.h"
#include "targets/splitmix.h"

enum { BATCH = 1000 };

static void
draw(struct ranges *r, const char *shape, uint64_t *seed)
{
	uint32_t a = splitmix64(seed), size = 1u << splitmix64(seed) % 9;
	static uint32_t next = 0x0a000000;

	if (strcmp(shape, "even") != 0)
		size = 1;
	if (strcmp(shape, "clustered") == 0)
		a = (a & 0xff) << 24 | (a >> 10 & 0x3fff);
	else if (strcmp(shape, "touching") == 0)
		a = next += 2;
	a &= ~(size - 1);
	if (ranges_add(r, a, a + (size - 1)) == -1)
		err(1, NULL);
}

static void
check(const struct set *s, const struct ranges *r)
{
	uint32_t index[BATCH], addr[BATCH];
	uint64_t i = 0;
	size_t n = 0;

	for (size_t k = 0; k < r->n; k++)
		for (uint64_t a = ranges_first(r->v[k]);
		     a <= ranges_last(r->v[k]); a++, i++) {
			if (i % BATCH == 0) {
				n = s->count - i < BATCH ? s->count - i : BATCH;
				for (size_t j = 0; j < n; j++)
					index[j] = i + j;
				set_map(s, index, addr, n);
			}
			if (addr[i % BATCH] != a)
				errx(1,
				    "index %" PRIu64 ": %#" PRIx32
				    ", not %#" PRIx64,
				    i, addr[i % BATCH], a);
		}
	if (i != s->count)
		errx(1, "%" PRIu64 " addresses, not %" PRIu64, s->count, i);
}

/* At and beside the ends of each range, which is where mistakes are. */
static void
check_members(const struct ranges *r)
{
	struct members m;

	if (members_build(&m, r) == -1)
		err(1, NULL);
	for (size_t k = 0; k < r->n; k++) {
		const uint32_t at[] = { ranges_first(r->v[k]) - 1,
			ranges_first(r->v[k]), ranges_last(r->v[k]),
			ranges_last(r->v[k]) + 1 };

		for (size_t i = 0; i < 4; i++)
			if (members_have(&m, r, at[i]) !=
			    (ranges_contain(r, at[i]) != 0))
				errx(1, "member %#" PRIx32, at[i]);
	}
	members_free(&m);
}

int
main(int argc, char **argv)
{
	struct ranges r = { 0 }, copy = { 0 };
	struct set s;
	uint64_t seed;

	if (argc != 4)
		errx(2, "usage: sets shape ranges seed");
	seed = strtoull(argv[3], NULL, 10);
	for (long n = strtol(argv[2], NULL, 10); n > 0; n--)
		draw(&r, argv[1], &seed);
	ranges_normalise(&r);
	if (ranges_copy(&copy, &r) == -1 || set_build(&s, &copy) == -1)
		err(1, NULL);
	check(&s, &r);
	check_members(&r);
	printf("%zu ranges, %" PRIu64 " addresses, %s\n", r.n, s.count,
	    s.steps.lines > 0 ? "steps" : "jumps");
	set_free(&s);
	ranges_free(&r);
	return 0;
}
