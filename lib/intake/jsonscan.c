/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and characters in JSON; see jsonscan.h. */
#include "intake/jsonscan.h"

#include <string.h>

#include "base/utf8.h"

bool
json_scan_overflows(const struct json_scan *s)
{
	return s->number && !s->real &&
	    (s->over || (s->minus && s->n > (uint64_t)INT64_MAX + 1));
}

/* Begins what comes behind a number, or is no part of one. */
static void
json_scan_leave(struct json_scan *s, unsigned char c)
{
	s->overflown |= json_scan_overflows(s);
	s->string = c == '"';
	s->number = s->minus = s->real = s->over = false;
	s->n = 0;
}

static void
scan_number(struct json_scan *s, unsigned char c)
{
	bool digit = c >= '0' && c <= '9';

	if (s->string) {
		s->string = s->escape || c != '"';
		s->escape = !s->escape && c == '\\';
	} else if (digit || c == '-') {
		s->number = true;
		s->minus |= c == '-';
		if (digit)
			s->over |= __builtin_mul_overflow(s->n, 10, &s->n) ||
			    __builtin_add_overflow(s->n, c - '0', &s->n);
	} else if (c == '.' || c == 'e' || c == 'E')
		s->real = true;
	else if (!s->real || c != '+')
		json_scan_leave(s, c);
}

static void
scan_character(struct json_scan *s, unsigned char c)
{
	size_t whole;

	if (s->nbytes == 0 && c < 0x80)
		return;
	s->byte[s->nbytes++] = c;
	whole = s->byte[0] < 0xe0 ? 2 : s->byte[0] < 0xf0 ? 3 : 4;
	if (c >= 0x80 && s->nbytes < whole)
		return;
	s->broken |= utf8_length(s->byte, s->nbytes) != s->nbytes;
	s->nbytes = 0;
}

void
json_scan(struct json_scan *s, unsigned char c)
{
	scan_number(s, c);
	scan_character(s, c);
}
