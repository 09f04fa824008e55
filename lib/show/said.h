/* SPDX-License-Identifier: Apache-2.0 */
/*
 * said: facts of a scan, for all that print them when it is over.
 */
#ifndef SAID_H
#define SAID_H
#include <stddef.h>
#include <stdint.h>

#include "show/reports.h"

struct json_object;

/* A fact that is a number, a text (or NULL), or an array's item (or 0). */
uint64_t said_number(const struct reports *, const char *name, uint64_t none);
const char *said_text(const struct reports *, const char *name);
uint64_t said_item(const struct reports *, const char *name, size_t i);

/* How many of all addresses the lists allow. */
uint64_t said_allowed(const struct reports *);

/* The rate that was asked for, of all shards; or what it came to. */
double said_rate(const struct reports *);

/* The ports as zmap-targets was told, more than fit into a line; or NULL. */
struct json_object *said_ports(const struct reports *);

/* When the stage began and ended, over all shards; 0: it never ran. */
void said_span(const struct reports *, const char *stage, double *begin,
    double *end);

/* Such a time, or ""; and a number as people write it, and JSON does. */
const char *said_when(double t, const char *format, char *, size_t);
const char *said_number_text(double v, char *, size_t);

#endif
