/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD: the time of day steps by CLOCK_BY seconds at CLOCK_AT, which
 * is milliseconds since the machine has started.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

int
clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	struct timespec now;

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
		    "clock_gettime");
	if (real(id, t) == -1)
		return -1;
	real(CLOCK_MONOTONIC, &now);
	if ((id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) &&
	    now.tv_sec * 1000 + now.tv_nsec / 1000000 >=
		atoll(getenv("CLOCK_AT")))
		t->tv_sec += atoll(getenv("CLOCK_BY"));
	return 0;
}

time_t
time(time_t *p)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return p ? *p = t.tv_sec : t.tv_sec;
}

int
gettimeofday(struct timeval *restrict v, void *restrict z)
{
	struct timespec t;

	(void)z;
	clock_gettime(CLOCK_REALTIME, &t);
	v->tv_sec = t.tv_sec;
	v->tv_usec = t.tv_nsec / 1000;
	return 0;
}
