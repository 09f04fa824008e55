/* SPDX-License-Identifier: Apache-2.0 */
/* hex: hexadecimal digits, read in either case and written in lower case. */
#ifndef HEX_H
#define HEX_H
#include <stddef.h>

#define HEX_DIGITS "0123456789abcdef"

/* 0 to 15, or -1. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' ^ 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits: 0 to 255, or -1.  Reads s[1] only if s[0] is one. */
static inline int
hex_byte(const char *s)
{
	int high = hex_digit(s[0]);
	int low = high == -1 ? -1 : hex_digit(s[1]);

	return low == -1 ? -1 : high << 4 | low;
}

/* The lowest four bits of v. */
static inline char
hex_char(unsigned v)
{
	return HEX_DIGITS[v & 15];
}

/* Two digits for each of n bytes; no NUL.  Returns where they end. */
static inline char *
hex_put(char *to, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < n; i++) {
		*to++ = hex_char(p[i] >> 4);
		*to++ = hex_char(p[i]);
	}
	return to;
}

#endif
