/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and times as people read them. */
#ifndef WORDS_H
#define WORDS_H
#include <stdint.h>

struct output;

/* With commas between thousands. */
void words_count(struct output *, uint64_t);

/* Nanoseconds since 1970 as 2026-11-28 20:15:00 +0100, in local time. */
void words_time(struct output *, uint64_t ns);

#endif
