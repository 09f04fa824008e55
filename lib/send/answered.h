/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answered: targets that have answered, as the way back says (--resend silent),
 * so that their later copies can be left out.
 *
 * One thread adds, and sending threads ask.  A target of IPv4 is kept as it is,
 * one of IPv6 as a fingerprint of 64 bits with a secret key: of a
 * hundred million of them, one in a thousand scans takes another for one.  Each
 * costs 11 to 32 bytes.
 */
#ifndef ANSWERED_H
#define ANSWERED_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

struct answered;

struct answered *answered_new(void); /* NULL: errno */
void answered_free(struct answered *);

/* -1 for lack of memory: then its copies are sent all the same. */
int answered_add(struct answered *, uint32_t address, uint16_t port);
int answered_add6(struct answered *, struct ip6 address, uint16_t port);
size_t answered_count(const struct answered *);

/* From any thread: any number of questions, not far apart. */
void answered_begin(struct answered *);
bool answered_has(const struct answered *, uint32_t address, uint16_t port);
bool answered_has6(const struct answered *, struct ip6 address, uint16_t port);
void answered_end(struct answered *);

#endif
