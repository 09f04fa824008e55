/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup: what a run sends, from the options and the header of the input, and
 * everything opened that this needs.  Each step needs those above it.
 */
#ifndef SETUP_H
#define SETUP_H
#include <stddef.h>

#include "base/outcome.h"

struct run;
struct send;

/* Reads the header.  Does it fit the module and the options? */
enum outcome setup_read(struct run *, char *why, size_t size);

/* What each probe has in common, with a key of its own. */
int setup_form(struct run *, char *why, size_t size);

/* Makes a probe, before other stages hear of the scan: is there one? */
enum outcome setup_try(struct run *, char *why, size_t size);

/* Devices, addresses and gateways. */
int setup_egress(struct run *, char *why, size_t size);

int setup_keeper(struct run *, char *why, size_t size);

/* Ways out and threads; needs privilege. */
int setup_sender(struct run *, char *why, size_t size);

/* Gives up all rights but these, RIGHTS_... */
int setup_rights(const struct send *, unsigned may, char *why, size_t size);

#endif
