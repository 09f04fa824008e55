/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exclude: networks that asked to be left alone while a scan runs.
 *
 * The file is a blacklist like any other, of both families; it is read again when it changes or
 * when told to, and every sending thread asks before each target, at the last
 * moment.  A file that cannot be read keeps the networks of before: an opt-out
 * is never forgotten by mistake.
 */
#ifndef OPTOUT_H
#define OPTOUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

struct optout;

/* Reads the file; NULL with the reason in why. */
struct optout *optout_open(const char *path, char *why, size_t size);
void optout_free(struct optout *);

/*
 * Reads the file again if it is not the one read last and nobody has changed
 * it since the last call, or in any case.  Not more often than every 250 ms.
 * 1: done, 0: it has not changed, -1 with the reason in why.
 */
int optout_reload(struct optout *, bool always, char *why, size_t size);

/* Of IPv4. */
uint64_t optout_addresses(const struct optout *);

/* From any thread, at any time, without waiting. */
bool optout_has(const struct optout *, uint32_t address);
bool optout_has6(const struct optout *, struct ip6 address);

#endif
