/* SPDX-License-Identifier: Apache-2.0 */
/* The reason of a refusal, in words that are put together. */
#ifndef REFUSE_H
#define REFUSE_H
#include <stddef.h>

/* Writes the reason, cut to its room, and returns -1 for the caller to. */
int refuse_with(char *why, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
