/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of zmap share: main is in tools/zmap.c.
 */
#ifndef ZMAP_H
#define ZMAP_H
#include <stdbool.h>
#include <sys/stat.h>

#include "cli/config.h"
#include "cli/logsink.h"
#include "cli/run.h"

/* --- zmap.c --- */

/* Ends the program if rc is -1, with the reason in the configuration. */
void zmap_check(const struct config *, int rc);
enum log_level zmap_verbosity(const struct config *);

/* --- answer.c --- */

/* Options that are answered without a scan.  Ends the program, if any is. */
void zmap_answer(struct config *, char **operands);

/* --- checkpoint.c --- */

const char *zmap_checkpoint(const struct config *); /* its path, or NULL */

/* A checkpoint is replaced each time: this tells one from the next. */
struct stat zmap_look_at_checkpoint(const struct config *);

/*
 * --checkpoint begins a scan, goes on with one that is not finished, and has
 * nothing to do for one that is: the same command line for all three, as
 * engines have that put a task back into their queue.  --resume differs only
 * in that the file must be there.  No other scan can use the file from here on.
 */
void zmap_go_on(struct config *, char **operands);
void zmap_give_back_claim(void);

/*
 * After the scan.  before: as zmap_look_at_checkpoint told then.  False: it
 * could not be written, which has been said.
 */
bool zmap_settle(struct logsink *, const struct config *, const struct run *,
    const struct stat *before, enum outcome);

/* --- scan.c --- */

void zmap_open_log(struct logsink *, const struct config *);
void zmap_say(struct logsink *, const char *line);

/* Runs the pipeline; returns the exit status. */
int zmap_scan(const struct config *, const struct pipeline *, char **operands);

#endif
