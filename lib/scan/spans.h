/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of numbers in a stream's header, as zmap-stream(5) has them:
 *
 *	"networks"	bytes: first and last address of each range, as
 *			big-endian 32-bit numbers
 *	"ports"		[80, [8000, 8100], ...]: ports, or first and last
 */
#ifndef SPANS_H
#define SPANS_H
#include "addr/ranges.h"
#include "stream/dict.h"

/* Normalised ranges. -1 for lack of memory. */
int spans_set_networks(struct dict *scan, const struct ranges *r);
int spans_set_ports(struct dict *scan, const struct ranges *r);

/*
 * Adds what is there to `r` and normalises it. -1 for lack of memory, with
 * errno set, or, with errno 0, if there is no such key or not of this form.
 */
int spans_get_networks(const struct dict *scan, struct ranges *r);
int spans_get_ports(const struct dict *scan, struct ranges *r);

#endif
