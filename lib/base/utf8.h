/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 (RFC 3629) in bytes that strangers have sent.
 */
#ifndef UTF8_H
#define UTF8_H
#include <stdbool.h>
#include <stddef.h>

/*
 * The length of the UTF-8 character at p (RFC 3629: no surrogates, nothing
 * overlong, nothing over U+10FFFF), n > 0 bytes; 0 if there is none.
 */
size_t utf8_length(const unsigned char *p, size_t n);

bool utf8_valid(const unsigned char *p, size_t n);

/*
 * Copies n bytes with U+FFFD, which takes three, in place of each one that is
 * not UTF-8.  Returns how many bytes that makes; writes at most `room` of
 * them, never a part of a character.
 */
size_t utf8_clean(unsigned char *out, size_t room, const unsigned char *p,
    size_t n);

#endif
