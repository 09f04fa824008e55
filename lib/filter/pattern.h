/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions as POSIX has them (regex(7), extended), within bounds.
 *
 * regcomp(3) of the C library writes repetitions out, which takes all memory
 * there is, and goes as deep as parentheses do, to the end of the stack.  A
 * repetition right behind another one ("a+*", undefined in POSIX) takes it
 * minutes. Back references, an extension of its own, can make a match
 * take forever; what is matched here comes from strangers.
 */
#ifndef PATTERN_H
#define PATTERN_H
#include <regex.h>
#include <stddef.h>

enum {
	PATTERN_DEEPEST = 100, /* parentheses */
	/* characters, bars and repetitions, each as often as it is repeated */
	PATTERN_LARGEST = 4096,
};

/* For yes or no by regexec(3). 0, or -1 with the reason in why. */
int pattern_compile(regex_t *, const char *text, char *why, size_t size);

#endif
