/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output that never holds up the connections: what stdout does not take at
 * once waits in memory, and a caller that has more asks sink_full() first.
 */
#ifndef SINK_H
#define SINK_H
#include <stdbool.h>
#include <stddef.h>

#include "base/output.h"

struct sink {
	struct output out; /* print into this */
	int fd;
	bool pipe;    /* a pipe or FIFO */
	bool file;    /* always takes all: no need to ask */
	size_t start; /* of what is not yet written */
};

/* -1 for lack of memory. */
int sink_open(struct sink *, int fd);
void sink_close(struct sink *); /* frees; fd stays open */

bool sink_empty(const struct sink *);
bool sink_full(const struct sink *); /* more than 4 MiB wait */

/*
 * Writes as much as goes without waiting; with wait, all.  -1 with errno;
 * the failure is kept.
 */
int sink_flush(struct sink *, bool wait);

#endif
