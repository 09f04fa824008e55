/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON in pieces, by json-c's strict mode.
 *
 * That of json-c 0.18 (Debian 13) refuses every byte beyond ASCII in a string,
 * so characters of UTF-8 reach it as \uXXXX.
 */
#ifndef JSONFEED_H
#define JSONFEED_H
#include <stddef.h>

struct json_object;
struct json_tokener;

/*
 * As json_tokener_parse_ex(), with how many of the n bytes it has taken: a
 * character that is not whole at the end is left.  What is not UTF-8 becomes
 * U+FFFD; whether there is any is the caller's to find out.
 */
struct json_object *json_feed(struct json_tokener *, const void *, size_t n,
    size_t *taken);

#endif
