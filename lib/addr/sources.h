/* SPDX-License-Identifier: Apache-2.0 */
/* sources: the addresses to send from, and to receive for, as -S names them. */
#ifndef SOURCES_H
#define SOURCES_H
#include <stdint.h>

#define SOURCES_MAX 1024 /* as many as an option names */

/* "10.0.0.1,10.0.1.0-10.0.1.9" -> *n addresses, or -1 with *why. */
int sources_parse(const char *s, uint32_t *list, unsigned max, unsigned *n,
    const char **why);

#endif
