/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is it JSON?  Parsers take more than RFC 8259 has: NaN, quotes that are
 * single, numbers that end in a point.  What others are to read must have none.
 */
#ifndef JSON_H
#define JSON_H
#include <stdbool.h>

#define JSON_DEPTH_MAX 32 /* arrays and objects inside each other */

/* One value of RFC 8259, in UTF-8, with blanks around it. */
bool json_valid(const char *text);

#endif
