/* SPDX-License-Identifier: Apache-2.0 */
/* rehearse: a run that sends nothing, and says on stdout what it would do. */
#ifndef REHEARSE_H
#define REHEARSE_H
#include <stddef.h>

#include "base/outcome.h"

struct run;

/*
 * The probes, as text or bytes.  Instead of addresses that are not given on the
 * command line they have some that no host has, so that the same probes are
 * printed on each machine.
 */
enum outcome rehearse(struct run *, char *why, size_t size);

/* The way of each target.  No packet socket is opened. */
enum outcome rehearse_routes(struct run *, char *why, size_t size);

#endif
