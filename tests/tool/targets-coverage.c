/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads target streams from stdin and checks that they hold every address of
 * IPv4 but those of a blacklist, each exactly once. The blacklist is read
 * here, line by line and prefix by prefix, without the code under test.
 *
 *	targets-coverage BLACKLIST < stream
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "stream/stream.h"

#define ADDRESSES (UINT64_C(1) << 32)

static uint64_t *seen; /* a bit for each address: scanned, or blacklisted */

static int
mark(uint32_t addr)
{
	uint64_t bit = UINT64_C(1) << (addr & 63);

	if (seen[addr >> 6] & bit)
		return 0;
	seen[addr >> 6] |= bit;
	return 1;
}

static uint64_t
mark_blacklist(const char *path)
{
	unsigned a, b, c, d, length;
	uint64_t count = 0;
	char line[256];
	FILE *f = fopen(path, "r");

	if (f == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "%u.%u.%u.%u/%u", &a, &b, &c, &d, &length) !=
		    5)
			continue;
		for (uint64_t i = 0; i < ADDRESSES >> length; i++)
			count += mark((a << 24 | b << 16 | c << 8 | d) + i);
	}
	fclose(f);
	return count;
}

static void
take(const struct stream_item *item, uint64_t *targets)
{
	const unsigned char *p = item->values[2].bytes;

	for (size_t n = item->values[2].size; n > 0; n -= 4, p += 4) {
		if (!mark(get32(p)))
			errx(1, "%u.%u.%u.%u comes twice or is blacklisted",
			    p[0], p[1], p[2], p[3]);
		++*targets;
	}
}

int
main(int argc, char **argv)
{
	struct stream_in *in = stream_in_new(0, "targets");
	uint64_t blocked, targets = 0;
	struct stream_item item;
	int rc;

	if (argc != 2)
		errx(2, "usage: targets-coverage blacklist");
	seen = calloc(ADDRESSES / 64, sizeof *seen);
	if (in == NULL || seen == NULL)
		err(1, "memory");
	blocked = mark_blacklist(argv[1]);
	while ((rc = stream_read(in, &item)) == 1) {
		if (item.what == STREAM_RECORD)
			take(&item, &targets);
		if (item.what == STREAM_END &&
		    stream_end_outcome(&item) != OUTCOME_DONE)
			errx(1, "the stream did not end well");
	}
	if (rc == -1)
		errx(1, "%s", stream_error(in));
	printf("%" PRIu64 " targets, %" PRIu64 " blacklisted\n", targets,
	    blocked);
	if (targets + blocked != ADDRESSES)
		errx(1, "%" PRIu64 " addresses are missing",
		    ADDRESSES - targets - blocked);
	stream_in_free(in);
	free(seen);
	return 0;
}
