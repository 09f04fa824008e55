/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many targets of a network have been sent to, by what the header of a
 * stream says of a scan of IPv4.  The seed fixes the order, so the place of
 * each address in it can be computed (perm.h), and nothing has to be counted.
 *
 *	a = among_open(&facts);
 *	n = among_sent(a, first, last, port, position);
 */
#ifndef AMONG_H
#define AMONG_H
#include <stdint.h>

#include "scan/facts.h"

struct among;

/*
 * NULL if the header does not say enough: targets have no seed, are pairs of
 * address and port, are too many networks to be told exactly, or of IPv6; or,
 * with errno, if memory is short.
 */
struct among *among_open(const struct facts *);
void among_close(struct among *);

/* An answer: what comes before its target in the order has been asked, too. */
void among_answered(struct among *, uint32_t address, uint16_t port);

/*
 * Of the addresses from first to last, those whose first probe, to this port,
 * this stream of targets has asked for before the position (zmap-stream(5)),
 * or before that of an answer.
 * A network of any size takes as long as it has addresses.
 */
uint64_t among_sent(const struct among *, uint32_t first, uint32_t last,
    uint16_t port, uint64_t position);

#endif
