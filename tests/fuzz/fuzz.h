/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The property that the target is for does not hold. */
#define HOLDS(x)                                                               \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
			    #x);                                               \
			abort();                                               \
		}                                                              \
	} while (0)

/*
 * Seconds of this machine's work so far.  What one input may take is bounded,
 * however busy the machine: FUZZ_SECONDS is a hundred times what a large one
 * needs with sanitizers.
 */
#define FUZZ_SECONDS 2

static inline double
fuzz_cpu(void)
{
	struct timespec t;

	HOLDS(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* What libFuzzer calls: a target that takes one input in a bounded time. */
#define FUZZ_TARGET(one)                                                       \
	int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)                 \
	{                                                                      \
		double begin = fuzz_cpu();                                     \
		int rc = one(p, n);                                            \
                                                                               \
		HOLDS(fuzz_cpu() - begin < FUZZ_SECONDS);                      \
		return rc;                                                     \
	}

/* A file with these bytes, at its start; path gets a name for it. */
static inline int
fuzz_file(const uint8_t *p, size_t n, char path[32])
{
	int fd = memfd_create("fuzz", 0);

	HOLDS(fd != -1 && write(fd, p, n) == (ssize_t)n);
	HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
