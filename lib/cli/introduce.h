/* SPDX-License-Identifier: Apache-2.0 */
/*
 * introduce: do those who are probed find out who we are?
 *
 * They have an address, and look up its name; the name has that address; and
 * https://NAME/.well-known/probing.txt says who probes, for how long this is
 * true, and how to be left out (RFC 9511, RFC 9116).  Each of these is tried
 * here as they would, before a scan makes them ask.
 */
#ifndef INTRODUCE_H
#define INTRODUCE_H
#include <stddef.h>
#include <stdio.h>
#include <time.h>

/*
 * Prints a line for each thing that is as it should be or is not, for one
 * source address.  Returns how many are not, or -1 if curl(1) cannot be run.
 */
int introduce_check(FILE *, const char *address, time_t now);

/*
 * The same for what the file says, which was found at url; the name is the
 * source's.
 */
int introduce_text(FILE *, const char *url, char *text, time_t now);

/*
 * The addresses that this machine sends from by itself: of either family, as
 * text, "" if there is none.  Nothing is sent.
 */
void introduce_own(char four[64], char six[64]);

#endif
