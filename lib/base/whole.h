/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing all of it: short writes, signals and descriptors that do not block
 * are normal on pipes.
 */
#ifndef WHOLE_H
#define WHOLE_H
#include <stddef.h>

/* Waits where there is no room yet.  0, or -1 with errno. */
int whole_write(int fd, const void *p, size_t n);

#endif
