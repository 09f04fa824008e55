/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siblings: ZMap 4 keeps its blacklist in blocklist.conf, this program and the
 * first ZMap theirs in blacklist.conf.  After an upgrade the old configuration
 * names one, and new entries go into the other.  So where the configuration
 * names one of them in its own directory, both count.
 */
#ifndef SIBLINGS_H
#define SIBLINGS_H
#include "cli/config.h"

/* path: of the configuration file, which has been read.  -1 as in config.h. */
int siblings_add(struct config *, const char *path);

#endif
