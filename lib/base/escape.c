/* SPDX-License-Identifier: Apache-2.0 */
/* Quoting for CSV, JSON, text and XML; see escape.h. */
#include "base/escape.h"

#include <stdbool.h>

#include "base/hex.h"
#include "base/output.h"
#include "base/utf8.h"

void
escape_csv(struct output *o, const void *s, size_t n)
{
	const unsigned char *p = s;
	bool quote = n == 0 || p[0] == ' ' || p[n - 1] == ' ';
	size_t i, begin = 0;

	for (i = 0; i < n && !quote; i++)
		quote = p[i] < ' ' || p[i] == '"' || p[i] == ',' ||
		    p[i] == 0x7f;
	if (!quote) {
		output_bytes(o, p, n);
		return;
	}
	output_byte(o, '"');
	for (i = 0; i < n; i++)
		if (p[i] == '"') {
			output_bytes(o, p + begin, i + 1 - begin);
			begin = i; /* and once more */
		}
	output_bytes(o, p + begin, n - begin);
	output_byte(o, '"');
}

/*
 * What some take for a control or the end of a line in a character of several
 * bytes: U+0080 to U+009F, U+2028, U+2029.
 */
static bool
is_break(const unsigned char *p)
{
	return (p[0] == 0xc2 && p[1] < 0xa0) ||
	    (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

void
escape_json(struct output *o, const void *s, size_t n)
{
	const unsigned char *p = s;
	size_t i = 0, begin = 0, len;
	unsigned char *to;
	char c;

	output_byte(o, '"');
	while (i < n) {
		if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\') {
			i++;
			continue;
		}
		len = utf8_length(p + i, n - i);
		if (len > 1 && !is_break(p + i)) {
			i += len;
			continue;
		}
		output_bytes(o, p + begin, i - begin);
		to = output_room(o, 6);
		if (len > 1) {
			/* U+0080 to U+009F, U+2028 and U+2029 */
			to[0] = '\\';
			to[1] = 'u';
			to[2] = len == 2 ? '0' : '2';
			to[3] = '0';
			to[4] = len == 2 ? hex_char(p[i + 1] >> 4) : '2';
			to[5] = hex_char(p[i + len - 1]);
			o->len += 6;
			begin = i += len;
			continue;
		}
		c = p[i] == '"' || p[i] == '\\' ? p[i] :
		    p[i] == '\n'		? 'n' :
		    p[i] == '\r'		? 'r' :
		    p[i] == '\t'		? 't' :
						  0;
		if (len == 0) {
			memcpy(to, "\357\277\275", 3);
			o->len += 3;
		} else if (c != 0) {
			to[0] = '\\';
			to[1] = c;
			o->len += 2;
		} else {
			memcpy(to, "\\u00", 4);
			hex_put((char *)to + 4, p + i, 1);
			o->len += 6;
		}
		begin = ++i;
	}
	output_bytes(o, p + begin, n - begin);
	output_byte(o, '"');
}

static void
hex_escape(struct output *o, unsigned char c)
{
	unsigned char *to = output_room(o, 4);

	to[0] = '\\';
	to[1] = 'x';
	hex_put((char *)to + 2, &c, 1);
	o->len += 4;
}

void
escape_text(struct output *o, const void *s, size_t n)
{
	const unsigned char *p = s;
	size_t i = 0, begin = 0, len;
	char c;

	while (i < n) {
		len = utf8_length(p + i, n - i);
		/* U+0080 to U+009F are controls as well */
		if (len > 1 && !(p[i] == 0xc2 && p[i + 1] < 0xa0)) {
			i += len;
			continue;
		}
		if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '\\') {
			i++;
			continue;
		}
		output_bytes(o, p + begin, i - begin);
		c = p[i] == '\\' ? '\\' :
		    p[i] == '\n' ? 'n' :
		    p[i] == '\r' ? 'r' :
		    p[i] == '\t' ? 't' :
				   0;
		if (c != 0) {
			output_byte(o, '\\');
			output_byte(o, c);
		} else {
			hex_escape(o, p[i]);
			if (len == 2)
				hex_escape(o, p[++i]);
		}
		begin = ++i;
	}
	output_bytes(o, p + begin, n - begin);
}

void
escape_xml(struct output *o, const void *s, size_t n)
{
	const unsigned char *p = s;
	size_t i = 0, begin = 0, len;
	const char *name;

	while (i < n) {
		len = utf8_length(p + i, n - i);
		/* U+FFFE and U+FFFF are no characters of XML */
		if (len == 3 && p[i] == 0xef && p[i + 1] == 0xbf &&
		    p[i + 2] >= 0xbe)
			len = 0;
		name = p[i] == '&' ? "&amp;" :
		    p[i] == '<'	   ? "&lt;" :
		    p[i] == '>'	   ? "&gt;" :
		    p[i] == '"'	   ? "&quot;" :
		    p[i] == '\''   ? "&apos;" :
		    p[i] == '\t'   ? "&#9;" :
		    p[i] == '\n'   ? "&#10;" :
		    p[i] == '\r'   ? "&#13;" :
				     NULL;
		if (len == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0) {
			output_bytes(o, p + begin, i - begin);
			output_text(o, "&#");
			output_uint(o, p[i + 1]);
			output_byte(o, ';');
			begin = i += len;
			continue;
		}
		if (len > 1 ||
		    (len == 1 && name == NULL && p[i] >= ' ' && p[i] < 0x7f)) {
			i += len;
			continue;
		}
		output_bytes(o, p + begin, i - begin);
		if (name != NULL)
			output_text(o, name);
		else
			hex_escape(o, p[i]);
		begin = ++i;
	}
	output_bytes(o, p + begin, n - begin);
}

void
escape_hex(struct output *o, const void *s, size_t n)
{
	const unsigned char *p = s;
	size_t part;

	for (; n > 0; n -= part, p += part) {
		part = n < 4096 ? n : 4096;
		hex_put((char *)output_room(o, part * 2), p, part);
		o->len += part * 2;
	}
}
