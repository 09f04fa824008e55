/* SPDX-License-Identifier: Apache-2.0 */
/*
 * completion: scripts that complete zmap's options, and those of its stages,
 * in a shell. They come from the table of options, and ask zmap for names of
 * probe modules and output formats when these are needed.
 */
#ifndef COMPLETION_H
#define COMPLETION_H
#include <stdio.h>

/* shell: one of those in the table. */
void completion_print(FILE *, const char *shell);

#endif
