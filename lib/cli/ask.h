/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask: what a stage prints, for zmap to pass on.
 */
#ifndef ASK_H
#define ASK_H
#include <stdbool.h>

struct command;
struct output;

/*
 * Runs a command with nothing on its stdin, and appends what it prints.
 * Returns its exit status, or -1 with errno.  quiet: its messages are not for
 * people.
 */
int ask(const struct command *, bool quiet, struct output *);

#endif
