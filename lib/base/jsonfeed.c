/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in pieces; see jsonfeed.h. */
#include "base/jsonfeed.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/utf8.h"

/* How many bytes a character that begins so has. */
static size_t
whole_of(unsigned char lead)
{
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Whether more bytes could make a character of these. */
static bool
is_begun(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return n < whole_of(p[0]);
}

/* A character of n bytes as \uXXXX, or as two of them; n is 0 if it is none. */
static int
escape(char out[16], const unsigned char *p, size_t n)
{
	uint32_t c = n == 0 ? 0xfffd : p[0] & (0xff >> (n + 1));
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	if (c < 0x10000)
		return snprintf(out, 16, "\\u%04x", c);
	c -= 0x10000;
	return snprintf(out, 16, "\\u%04x\\u%04x", 0xd800 + (c >> 10),
	    0xdc00 + (c & 0x3ff));
}

struct json_object *
json_feed(struct json_tokener *t, const void *bytes, size_t n, size_t *taken)
{
	const unsigned char *p = bytes, *end = p + n;
	struct json_object *o = NULL;
	char escaped[16];
	size_t run;

	while (p < end) {
		for (run = 0; p + run < end && p[run] < 0x80; run++)
			continue;
		if (run > 0) {
			o = json_tokener_parse_ex(t, (const char *)p, (int)run);
			p += json_tokener_get_parse_end(t);
		} else {
			run = utf8_length(p, (size_t)(end - p));
			if (run == 0 && is_begun(p, (size_t)(end - p)))
				break;
			o = json_tokener_parse_ex(t, escaped,
			    escape(escaped, p, run));
			p += run > 0 ? run : 1;
		}
		if (json_tokener_get_error(t) != json_tokener_continue)
			break;
	}
	*taken = (size_t)(p - (const unsigned char *)bytes);
	return o;
}
