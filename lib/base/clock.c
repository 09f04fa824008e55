/* SPDX-License-Identifier: Apache-2.0 */
/* What time it is; see clock.h. */
#include "base/clock.h"

#include <stdio.h>

static uint64_t
clock_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

uint64_t
clock_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t
clock_wall_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

uint64_t
clock_boot(void)
{
	unsigned long long id = 0;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	/* a UUID: the random bits at its end are enough */
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*8x-%*4x-%*4x-%*4x-%12llx", &id) != 1)
		id = 0;
	fclose(f);
	return id;
}
