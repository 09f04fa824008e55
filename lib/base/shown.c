/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal may have; see shown.h. */
#include "base/shown.h"

#include <stdbool.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

/* U+0080 to U+009F are controls, too, and some terminals obey them. */
static bool
is_control(const unsigned char *p, size_t len)
{
	return (len == 1 && (p[0] < ' ' || p[0] == 0x7f)) ||
	    (len == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

/* The byte c in place of itself; returns its length. */
static size_t
shown_escape(char to[SHOWN_GROWTH], unsigned char c)
{
	to[0] = '\\';
	to[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : 'x';
	if (to[1] != 'x')
		return 2;
	hex_put(to + 2, &c, 1);
	return 4;
}

static size_t
shown_copy(char *out, size_t room, const unsigned char *p, size_t n, bool lines)
{
	size_t total = 0, used = 0, len, step;
	char made[SHOWN_GROWTH];
	const void *from;

	for (; n > 0; p += step, n -= step) {
		from = p;
		len = step = utf8_length(p, n);
		if (step == 0 ||
		    (is_control(p, step) &&
			!(lines && (*p == '\n' || *p == '\t')))) {
			step = 1; /* a byte of several is escaped alone, too */
			len = shown_escape(made, *p);
			from = made;
		}
		/* nothing after the first that does not fit */
		if (used == total && len < room - used) {
			memcpy(out + used, from, len);
			used += len;
		}
		total += len;
	}
	if (room > 0)
		out[used] = '\0';
	return total;
}

size_t
shown(char *out, size_t room, const void *p, size_t n)
{
	return shown_copy(out, room, p, n, false);
}

size_t
shown_lines(char *out, size_t room, const void *p, size_t n)
{
	return shown_copy(out, room, p, n, true);
}

size_t
shown_print(FILE *f, const char *s)
{
	size_t left = strlen(s), columns = 0, part;
	char buf[1024];

	for (; left > 0; s += part, left -= part) {
		part = left < sizeof buf / SHOWN_GROWTH ?
		    left :
		    sizeof buf / SHOWN_GROWTH - 1;
		/* not in the middle of a character */
		while (part < left && part > 1 && (s[part] & 0xc0) == 0x80)
			part--;
		columns += shown(buf, sizeof buf, s, part);
		fputs(buf, f);
	}
	return columns;
}
