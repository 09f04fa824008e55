/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of processors; see cores.h. */
#include "base/cores.h"

#include <sched.h>
#include <stdlib.h>

int
cores_parse(const char *list, int cores[CORES_MAX], unsigned *n,
    const char **why)
{
	cpu_set_t ours;
	char *end;
	long core;

	*why = "cannot ask for the cores of this program";
	if (sched_getaffinity(0, sizeof ours, &ours) == -1)
		return -1;
	for (*n = 0;; list = end + 1) {
		core = strtol(list, &end, 10);
		*why = "not a list of cores such as 0,2";
		if (end == list || core < 0 || core >= CPU_SETSIZE ||
		    (*end != ',' && *end != '\0'))
			return -1;
		*why = "not cores that this program may use";
		if (!CPU_ISSET(core, &ours))
			return -1;
		*why = "too many cores";
		if (*n == CORES_MAX)
			return -1;
		cores[(*n)++] = core;
		if (*end == '\0')
			return 0;
	}
}

unsigned
cores_usable(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set) == -1)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}
