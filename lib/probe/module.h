/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probe modules by name: those of the project, and shared objects that export
 *
 *	const struct probe zmap_probe = { .abi = PROBE_ABI, ... };
 *
 * A name with a slash is the path of one.  Any other is looked for in the
 * project's table, then as NAME.so in the directories of $ZMAP_PROBE_PATH, or,
 * where that is not set, in PROBEDIR, which packages install modules to.
 *
 * A shared object is code that runs with this program's rights, so
 *	- a stream names no code: of a path in it, the last part is looked for
 *	  as a name, and the file must belong to root or the user, and no other
 *	  user may be able to write to it;
 *	- a program with file capabilities takes modules from PROBEDIR alone,
 *	  if they belong to root, on a file system that is not mounted nosuid.
 */
#ifndef MODULE_H
#define MODULE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "probe/probe.h"

#define MODULE_PATH_MAX 4096

struct module {
	const struct probe *probe;
	char path[MODULE_PATH_MAX]; /* absolute, or "" */
};

/*
 * Who named the module: the user, on the command line, or a stream.
 */
enum module_by { MODULE_BY_USER, MODULE_BY_STREAM };

/* 0, or -1 with the reason in why.  Modules stay loaded. */
int module_find(struct module *, const char *name, enum module_by, char *why,
    size_t whysize);

/* All that the program has: names and the first sentence of their help. */
void module_list(FILE *);

/* Their names, with blanks between them. */
void module_names(char *, size_t);

/* Whether a module can be what it says: 0, or -1 with the reason in why. */
int module_check(const struct probe *, char *why, size_t whysize);

/*
 * The module's prepare, and whether it has made a template that can be sent.
 * *why may point into t.
 */
int module_prepare(const struct probe *, struct probe_thread *t,
    const struct probe_config *, const char **why);

/*
 * The module's make: bytes of the packet, or 0 if it says that it has made one
 * of a size that cannot be; that is then in t->reason.
 */
size_t module_make(const struct probe *, struct probe_thread *t,
    unsigned char *packet, const struct probe_target *);

#endif
