/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes out of a stream, for `in @file` of filters: whatever comes in, each
 * is a range that begins with the first of its addresses and is as long as a
 * prefix; what fails says why, and stops where the callback wants it to.
 */
#include <string.h>

#include "filter/prefixes.h"
#include "fuzz.h"

struct seen {
	uint64_t n, stop;
};

static int
see(void *ctx, uint32_t first, uint32_t last)
{
	uint64_t size = (uint64_t)last - first + 1;
	struct seen *s = ctx;

	HOLDS(first <= last);
	HOLDS(size <= UINT64_C(1) << 32);
	s->n++;
	return s->n == s->stop ? -1 : 0;
}

static void
read_twice(const char *path, uint64_t stop)
{
	struct seen all = { 0, 0 }, some = { 0, stop };
	char why[256], again[256];
	int rc;

	memset(why, 'x', sizeof why);
	rc = prefixes_read(path, see, &all, why, sizeof why);
	HOLDS(rc == 0 || (rc == -1 && why[0] != '\0'));
	HOLDS(memchr(why, '\0', sizeof why) != NULL);
	rc = prefixes_read(path, see, &some, again, sizeof again);
	if (all.n < stop) {
		HOLDS(some.n == all.n && strcmp(why, again) == 0);
		return;
	}
	/* the callback has said so, and needs no words */
	HOLDS(rc == -1 && some.n == stop && again[0] == '\0');
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	char path[32];
	int fd = fuzz_file(p, n, path);

	read_twice(path, 1 + n % 3);
	HOLDS(prefixes_is_stream((const char *)p, n) ==
	    (n >= 3 && p[0] == 0xd9 && p[1] == 0xd9 && p[2] == 0xf7));
	close(fd);
	return 0;
}

FUZZ_TARGET(fuzz_one)
