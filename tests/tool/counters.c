/* SPDX-License-Identifier: Apache-2.0 */
/* counters: the table of what stages count, a row a line. */
#include <stdio.h>

#include "stream/counter.h"

int
main(void)
{
	const struct counter_row *r;

	for (size_t i = 0; i < COUNTERS; i++) {
		r = &counter_table[i];
		printf("%s %s %s %s %s\n", r->stage, r->name,
		    r->kind == COUNTER_GAUGE ? "gauge" : "counter",
		    r->metadata != NULL ? r->metadata : "-",
		    r->metric != NULL ? r->metric : "-");
	}
	return fflush(stdout) == EOF;
}
