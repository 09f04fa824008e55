/* SPDX-License-Identifier: Apache-2.0 */
/* Text of strangers made valid; see utf8.h. */
#include "base/utf8.h"

#include <string.h>

#include "base/escape.h"

bool
utf8_valid(const unsigned char *p, size_t n)
{
	size_t length;

	for (; n > 0; p += length, n -= length) {
		length = escape_utf8(p, n);
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
		length = take = escape_utf8(p, n);
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
