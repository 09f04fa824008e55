/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets as lines of text, "address" or "address SEPARATOR port", some tens
 * of millions a second: the texts of all numbers that can occur are made
 * beforehand, and a line is put together by copying them.
 */
#ifndef LINES_H
#define LINES_H
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

#define LINES_SEPARATOR_MAX 16
/* [address]:port */
#define LINES_LONGEST (1 + IP6_TEXT + LINES_SEPARATOR_MAX + 5 + 1)
/* Copies are of fixed size, so they may write this far behind a line. */
#define LINES_SLACK 16

struct lines;

/* Separator of at most LINES_SEPARATOR_MAX bytes. NULL and errno. */
struct lines *lines_new(const char *separator);
void lines_free(struct lines *l);

/*
 * Writes `n` lines to `out` and returns their end; out has room for
 * n * LINES_LONGEST + LINES_SLACK. `port` is NULL for lines without ports.
 */
char *lines_put(const struct lines *l, char *out, const uint32_t *addr,
    const uint16_t *port, size_t n);
/* The same of IPv6; behind a colon ports need brackets around the address. */
char *lines_put6(const struct lines *l, char *out, const struct ip6 *addr,
    const uint16_t *port, size_t n);

#endif
