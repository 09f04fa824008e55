/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing: which way each target would take, a line each, as ip-route(8) says
 * it.  Nothing is sent, not even to ask for link addresses.
 *
 *	10.0.5.1:80 via 198.51.100.254 dev s1 src 198.51.100.1
 *	10.0.6.1:80 refused: a blackhole route
 */
#ifndef LISTING_H
#define LISTING_H
#include <stdio.h>

#include "base/outcome.h"
#include "send/egress.h"
#include "send/form.h"
#include "stream/stream.h"

/* OUTCOME_FAILED with the reason in why; else that of earlier stages. */
enum outcome listing_all(FILE *, const struct egress *, const struct form *,
    struct stream_in *, char *why, size_t size);

#endif
