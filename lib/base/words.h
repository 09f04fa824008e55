/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: what may be chosen from, as one string: "full window none".
 */
#ifndef WORDS_H
#define WORDS_H
#include <stddef.h>

/* Which of them the text is, from 0; or -1. */
int words_find(const char *words, const char *text);

/* Writes "full, window or none"; returns its length, as snprintf(3). */
size_t words_list(const char *words, char *, size_t size);

#endif
