/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch: what is looked at while the threads send: signals, the end of a
 * thread or of our reader, links and routes, and the time.
 */
#ifndef WATCH_H
#define WATCH_H
#include <stdbool.h>

struct run;

struct watch {
	int signals; /* a signalfd */
	bool reader_gone;
	bool interrupted;
};

/* From now on signals wait until they are looked at. */
void watch_signals(struct watch *);

/* Waits until our reader has taken all that was written; see handshake.h. */
void watch_taken(struct run *);

/* Until all is sent or the run has to stop; then no thread is left. */
void watch_threads(struct run *);

#endif
