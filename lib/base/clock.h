/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two clocks of this project, in nanoseconds: the monotonic one for all
 * that is measured and waited for, and the wall clock where a person, a file
 * or a packet is told the time.
 */
#ifndef CLOCK_H
#define CLOCK_H
#include <stdint.h>
#include <time.h>

#define MICROSECOND UINT64_C(1000)
#define MILLISECOND UINT64_C(1000000)
#define SECOND	    UINT64_C(1000000000)

/* Monotonic, since some moment before this boot's first program. */
uint64_t clock_ns(void);

/* Since 1970 UTC; it jumps when it is set. */
uint64_t clock_wall_ns(void);

/*
 * Names the boot that clock_ns counts from: two programs with the same one
 * can compare their times.  0 if it is not known.  Reads a file.
 */
uint64_t clock_boot(void);

static inline struct timespec
clock_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / SECOND),
		.tv_nsec = (long)(ns % SECOND) };
}

#endif
