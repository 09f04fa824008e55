/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle: a checkpoint (checkpoint.h) whose scan has had its cooldown, and whose
 * results are written.  Now "sent" is the position, and a scan that had
 * "drained" its targets is "done".
 */
#ifndef SETTLE_H
#define SETTLE_H
#include <stddef.h>

/* Replaces the file, if there is anything to settle.  -1 and the reason. */
int settle_checkpoint(const char *path, char *why, size_t size);

#endif
