/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads stdin for some seconds, or to its end, and prints how many targets a
 * second came: lines, or targets of a stream of so many bytes each, of which a
 * record has 4096 with some 20 bytes around them.
 *
 *	counter lines|BYTES SECONDS
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define ROOM	   (256 << 10)
#define PER_RECORD 4096.0
#define AROUND	   20

static uint64_t
newlines(const char *p, size_t n)
{
	uint64_t count = 0;

	/* a plain sum, which compilers turn into vectors */
	for (size_t i = 0; i < n; i++)
		count += p[i] == '\n';
	return count;
}

int
main(int argc, char **argv)
{
	static char buf[ROOM];
	uint64_t bytes = 0, lines = 0, begin = 0, end = 0, limit;
	double record;
	int text;
	ssize_t n;

	if (argc != 3)
		errx(2, "usage: counter lines|bytes seconds");
	text = strcmp(argv[1], "lines") == 0;
	record = strtod(argv[1], NULL) * PER_RECORD + AROUND;
	limit = strtoull(argv[2], NULL, 10) * SECOND;
	while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0) {
		end = clock_ns();
		if (begin == 0) { /* loading is measured elsewhere */
			begin = end;
			continue;
		}
		bytes += n;
		if (text)
			lines += newlines(buf, n);
		if (end - begin >= limit)
			break;
	}
	if (end > begin)
		printf("%.0f\n",
		    (text ? (double)lines : bytes / record * PER_RECORD) * 1e9 /
			(end - begin));
	return 0;
}
