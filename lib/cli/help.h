/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help: what -h prints, made from the table of options.
 */
#ifndef HELP_H
#define HELP_H
#include <stdio.h>

struct program;

/* "usage: zmap-send [-dX] [-B bps] ...": what SYNOPSIS says, in lines. */
void help_synopsis(FILE *, const struct program *);

/* The synopsis, what the program is, and a line or two for each option. */
void help_print(FILE *, const struct program *);

/* One screen: what it is, examples (in lines), the common options. */
void help_short(FILE *, const struct program *, const char *examples);

#endif
