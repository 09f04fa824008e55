/* SPDX-License-Identifier: Apache-2.0 */
/* Text of strangers made valid; see utf8.h. */
#include "base/utf8.h"

#include <string.h>

size_t
utf8_length(const unsigned char *p, size_t n)
{
	size_t len, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, surrogates, and over U+10FFFF */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool
utf8_valid(const unsigned char *p, size_t n)
{
	size_t length;

	for (; n > 0; p += length, n -= length) {
		length = utf8_length(p, n);
		if (length == 0)
			return false;
	}
	return true;
}

size_t
utf8_clean(unsigned char *out, size_t room, const unsigned char *p, size_t n)
{
	static const unsigned char replacement[3] = { 0xef, 0xbf, 0xbd };
	const unsigned char *from;
	size_t length, take, total = 0, fits = 0;

	for (; n > 0; p += length, n -= length) {
		length = take = utf8_length(p, n);
		from = p;
		if (length == 0) {
			length = 1;
			take = 3;
			from = replacement;
		}
		/* nothing after the first that does not fit */
		if (total == fits && take <= room - fits) {
			memcpy(out + fits, from, take);
			fits += take;
		}
		total += take;
	}
	return total;
}
