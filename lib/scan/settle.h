/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle: a checkpoint (checkpoint.h) whose scan has had its cooldown, and
 * whose results are written.  Now "sent" is the position, and a scan that had
 * "drained" its targets is "done".
 */
#ifndef SETTLE_H
#define SETTLE_H
#include <stddef.h>

enum settle_state {
	SETTLE_NONE, /* there is no checkpoint, or none that can be read */
	SETTLE_UNFINISHED,
	SETTLE_DONE,
};

/* How far the scan of this file came. */
enum settle_state settle_look(const char *path);

/* Replaces the file, if there is anything to settle.  -1 and the reason. */
int settle_checkpoint(const char *path, char *why, size_t size);

#endif
