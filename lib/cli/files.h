/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files: a scan must not write the files that it reads, nor one file twice.
 * No stage knows the files of the others, so zmap(1) compares them all before
 * it starts any.
 */
#ifndef FILES_H
#define FILES_H
#include <stddef.h>

#include "cli/config.h"

/* -1 with the reason in why. */
int files_check(const struct config *, char *why, size_t size);

#endif
