/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim: keeps two scans from one checkpoint.  The file itself is replaced all
 * the time, so what is locked is FILE.lock beside it, which is empty.
 *
 * The kernel gives a lock back when its process ends, however that ends; on
 * storage that machines share, the server does.  zmap and zmap-send have a lock
 * each: after a kill -9 of one, the other may still be at work for a moment.
 * So a scan is claimed only when no sender has its lock either.
 */
#ifndef CLAIM_H
#define CLAIM_H
#include <limits.h>
#include <stddef.h>

enum claim_who { CLAIM_SCAN, CLAIM_SENDER };

struct claim {
	int fd; /* -1: there is none */
	char path[PATH_MAX];
};

/*
 * Claims the file, waiting at most `ms` milliseconds for another process.
 * On a file system without locks it is not claimed, and that is no failure.
 * 1 if another process has it still, -1 if it cannot be had at all: both with
 * the reason in why.
 */
int claim_take(struct claim *, const char *file, enum claim_who, int ms,
    char *why, size_t);

/* Gives it back.  FILE.lock goes, if the other one has no lock on it. */
void claim_release(struct claim *);

#endif
