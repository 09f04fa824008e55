/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of run.h share:
 *
 *	run.c        a pipeline as a whole, and what its stages say on stderr
 *	run-start.c  the processes, and what each is given
 *	run-end.c    signals, and stages that end or should
 *	run-judge.c  how it came out
 */
#ifndef RUN_PARTS_H
#define RUN_PARTS_H
#include <signal.h>
#include <stdbool.h>

#include "cli/run.h"

#define RUN_MS 1000000ull

/* zmap-status has this long to write its files after the last stage. */
#define RUN_STATUS_NS (5000 * RUN_MS)

bool run_is_status(const struct run_stage *);
void run_close(int *fd);

/* Takes what is there; closes the descriptor at its end. */
void run_listen(struct run *, struct run_stage *);

/* Starts all, targets last: without them nothing is sent.  If one fails, the
 * others are killed. */
int run_start_all(struct run *, const sigset_t *mask);

/* To the stages among `stages` that are there. */
void run_signal(struct run *, unsigned stages, int sig);
void run_take_signals(struct run *, int fd);
void run_reap(struct run *);

/*
 * Hurries stages that should have ended.  Returns how many milliseconds to
 * wait before looking again, -1 for as long as nothing happens.
 */
int run_hurry(struct run *);

/* The exit status, in our terms. */
enum outcome run_outcome(const struct run_stage *);

/*
 * We were asked to end, and that ended the stage: before it could catch the
 * signal, or by our hand, because it took too long.
 */
bool run_cut_short(const struct run *, const struct run_stage *);

enum outcome run_judge(struct run *);

#endif
