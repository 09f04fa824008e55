/*
 * exclude: networks that asked to be left alone while a scan runs.
 *
 * The file is a blacklist like any other; it is read again when it changes or
 * when told to, and every sending thread asks before each target, at the last
 * moment.  A file that cannot be read keeps the networks of before: an opt-out
 * is never forgotten by mistake.
 */
#ifndef EXCLUDE_H
#define EXCLUDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exclude;

/* Reads the file; NULL with the reason in why. */
struct exclude *exclude_open(const char *path, char *why, size_t size);
void exclude_free(struct exclude *);

/*
 * Reads the file again if it is not the one read last and nobody has changed
 * it since the last call, or in any case.  Not more often than every 250 ms.
 * 1: done, 0: it has not changed, -1 with the reason in why.
 */
int exclude_reload(struct exclude *, bool always, char *why, size_t size);

uint64_t exclude_addresses(const struct exclude *);

/* From any thread, at any time, without waiting. */
bool exclude_has(const struct exclude *, uint32_t address);

#endif
