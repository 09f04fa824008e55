/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optout: networks that asked to be left alone while a scan runs.
 *
 * The file is a blacklist like any other, of both families; it is read again
 * when it changes or when told to, and every sending thread asks before each
 * target, at the last moment.
 *
 * Files are edited while we read them, by people and by programs.  So what is
 * understood counts at once, and what was left out before is left out until a
 * whole file that says otherwise has stayed as it is for a while: an opt-out is
 * never forgotten by mistake, and never waits for a typing error to be found.
 */
#ifndef OPTOUT_H
#define OPTOUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

struct optout;

/*
 * Reads the file.  NULL with the reason in why, also if one line is wrong.
 */
struct optout *optout_open(const char *path, char *why, size_t size);
void optout_free(struct optout *);

enum optout_news {
	OPTOUT_UNREADABLE = -1, /* with the reason in why */
	OPTOUT_SAME,
	OPTOUT_READ,
	OPTOUT_PARTLY, /* the lines that are not understood are in why */
};

/*
 * Reads the file again if it has changed; with always, even if it has not.
 * A half line at its end, and the absence of what it named before, count when
 * the file has not changed for half a second, or with always.
 */
enum optout_news optout_reload(struct optout *, bool always, char *why,
    size_t size);

/* How many addresses of IPv4, and ranges of IPv6. */
uint64_t optout_addresses(const struct optout *);
size_t optout_ranges6(const struct optout *);

/*
 * From any thread: any number of questions between begin and end, which should
 * not be far apart, for a new list has to wait for the end.
 */
void optout_begin(struct optout *);
bool optout_has(const struct optout *, uint32_t address);
bool optout_has6(const struct optout *, struct ip6 address);
void optout_end(struct optout *);

#endif
