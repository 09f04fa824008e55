/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dedup: the sets of lib/dedup against a sorted list of all that was put in.
 *
 *	dedup count		random answers
 *	dedup -b count		only the figures
 *	dedup -6 count		of different IPv6 addresses: fails above 12 bytes
 *				each, or if a repeat is said wrongly
 *	dedup -d count		of answers from all over the address space, as
 *				evenly as can be; fails above 512 MiB and a tenth
 *
 * Random addresses are drawn so that some /16s are full, most are sparse, and a
 * third of all answers are repeats.
 */
#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "recv/dedup.h"

static uint64_t state;

static uint64_t
draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

struct answer {
	uint64_t key; /* address, port, kind */
	uint32_t at;
	bool repeat;
};

static int
by_key(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static uint64_t
draw_key(bool one_port)
{
	uint64_t r = draw(), address;

	if (r % 4 == 0) /* four /16s, densely */
		address = (r >> 8 & 0x3ffff) | 0x0a000000;
	else if (r % 4 == 1) /* their first and last */
		address = (r >> 8 & 1) * 0xffff | (r >> 9 & 0xff) << 16;
	else
		address = r >> 16 & 0xffffffff;
	return address << 17 | (one_port ? 80 : r >> 60) << 1 | (r >> 59 & 1);
}

static void
compare(size_t n, bool one_port)
{
	static const unsigned char seed[16] = "0123456789abcde";
	struct dedup *d = dedup_new(DEDUP_FULL, one_port, 1, seed);
	struct answer *a = calloc(n, sizeof *a);
	size_t i, wrong = 0;

	if (d == NULL || a == NULL)
		err(1, "memory");
	for (i = 0; i < n; i++) {
		a[i].at = i;
		a[i].key = i % 3 == 2 ? a[draw() % i].key : draw_key(one_port);
		a[i].repeat = dedup_seen(d, a[i].key >> 17,
				  a[i].key >> 1 & 0xffff, a[i].key & 1) == 1;
	}
	qsort(a, n, sizeof *a, by_key);
	for (i = 0; i < n; i++)
		wrong += a[i].repeat != (i > 0 && a[i].key == a[i - 1].key);
	if (wrong > 0)
		errx(1, "%zu of %zu are wrong", wrong, n);
	free(a);
	dedup_free(d);
}

/* Seconds of processor time. */
static double
spent(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Returns the MiB that are resident at most. */
static long
measure(size_t n, bool one_port, bool evenly)
{
	static const unsigned char seed[16] = "0123456789abcde";
	struct dedup *d = dedup_new(DEDUP_FULL, one_port, 1, seed);
	struct rusage use;
	double begin;
	uint64_t r;
	size_t i;

	if (d == NULL)
		err(1, "memory");
	begin = spent();
	for (i = 0; i < n; i++) {
		/* an odd factor: no address twice */
		r = evenly ? i * 0x9e3779b1 & UINT32_MAX : draw();
		dedup_seen(d, r, r >> 32 & 7, true);
	}
	begin = spent() - begin;
	getrusage(RUSAGE_SELF, &use);
	printf(
	    "%s: %zu %s answers: %.0f ns and %.1f bytes each, %zu MiB allocated, %ld MiB resident\n",
	    one_port ? "one port" : "8 ports", n, evenly ? "even" : "random",
	    begin / n * 1e9, (double)dedup_memory(d) / n, dedup_memory(d) >> 20,
	    use.ru_maxrss >> 10);
	dedup_free(d);
	return use.ru_maxrss >> 10;
}

/* The i-th address: hosts side by side in one of 65536 /64. */
static struct ip6
address6(uint64_t i)
{
	return (struct ip6){ 0x20010db800000000 | (i & 0xffff), i >> 16 };
}

static int
measure6(size_t n)
{
	static const unsigned char seed[16] = "0123456789abcde";
	struct dedup *d = dedup_new(DEDUP_FULL, true, 1, seed);
	struct rusage before, after;
	size_t i, wrong = 0;
	double begin, bytes;

	if (d == NULL)
		err(1, "memory");
	getrusage(RUSAGE_SELF, &before);
	begin = spent();
	for (i = 0; i < n; i++)
		wrong += dedup_seen6(d, address6(i), 80, true) != 0;
	begin = spent() - begin;
	getrusage(RUSAGE_SELF, &after);
	for (i = 0; i < n; i += 7)
		wrong += dedup_seen6(d, address6(i), 80, true) != 1;
	bytes = (after.ru_maxrss - before.ru_maxrss) * 1024.0 / n;
	printf(
	    "IPv6: %zu answers: %.0f ns and %.1f bytes each, %.1f resident; %zu wrong\n",
	    n, begin / n * 1e9, (double)dedup_memory(d) / n, bytes, wrong);
	dedup_free(d);
	return wrong > 0 || bytes > 12;
}

int
main(int argc, char **argv)
{
	const char *mode = argc == 3 ? argv[1] : "";
	size_t n = argc >= 2 ? strtoull(argv[argc - 1], NULL, 10) : 0;

	if (n == 0)
		errx(2, "usage: dedup [-6 | -b | -d] count");
	if (strcmp(mode, "-6") == 0)
		return measure6(n);
	if (strcmp(mode, "-d") == 0)
		return measure(n, true, true) > 512 * 11 / 10;
	if (strcmp(mode, "-b") == 0) {
		measure(n, true, false);
		measure(n, false, false);
		return 0;
	}
	compare(n, true);
	compare(n, false);
	compare(n / 100, true);
	return 0;
}
