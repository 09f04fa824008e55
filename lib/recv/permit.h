/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permit: for which addresses a program with file capabilities captures.
 *
 * A user who may run it can write a stream by hand, and so choose what it
 * captures. So it captures what is sent to this machine's own addresses. Others
 * must be named by the user, who must be one of those whom the administrator
 * lets run the program: others may not execute the file.
 */
#ifndef PERMIT_H
#define PERMIT_H
#include <stddef.h>

struct scan;
struct sources;

/*
 * May this program capture for the source addresses of the scan?  named: those
 * that the user has named. 0, or -1 with the reason in why. Without file
 * capabilities the user has the right to capture, and may.
 */
int permit_sources(const struct scan *, const struct sources *named, char *why,
    size_t size);

#endif
