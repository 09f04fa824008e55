/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 addresses as text; see ip6.h. */
#include "addr/ip6.h"

#include "base/hex.h"

#define GROUPS 8

/* The last 32 bits as four decimal numbers; returns where they end, or NULL. */
static const char *
ip6_quad(uint16_t group[2], const char *s, const char *end)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		const char *from = s += i > 0;
		unsigned n = 0;

		for (; s < end && *s >= '0' && *s <= '9' && s - from < 3; s++)
			n = n * 10 + (*s - '0');
		if (s == from || n > 255 || (s - from > 1 && *from == '0') ||
		    (i < 3 && (s == end || *s != '.')))
			return NULL;
		v = v << 8 | n;
	}
	/* nothing comes behind them */
	if (s < end && *s == ':')
		return NULL;
	group[0] = v >> 16;
	group[1] = v & 0xffff;
	return s;
}

/* Up to four digits. */
static const char *
hexadecimal(uint16_t *group, const char *s, const char *end)
{
	const char *from = s;
	int d;

	*group = 0;
	for (; s < end && s - from < 4 && (d = hex_digit(*s)) != -1; s++)
		*group = *group << 4 | d;
	return s;
}

/* Groups at s, up to a double colon or the end; their number in *n. */
static const char *
groups(uint16_t group[GROUPS], int *n, const char *s, const char *end)
{
	for (*n = 0; *n < GROUPS;) {
		const char *from = s;

		s = hexadecimal(&group[*n], s, end);
		if (s == from)
			return *n == 0 ? s : NULL;
		if (s < end && *s == '.') {
			if (*n > GROUPS - 2)
				return NULL;
			s = ip6_quad(&group[*n], from, end);
			*n += 2;
			return s;
		}
		++*n;
		if (end - s < 2 || *s != ':' || s[1] == ':')
			return s;
		s++;
	}
	return NULL;
}

static uint64_t
ip6_word(const uint16_t group[4])
{
	return (uint64_t)group[0] << 48 | (uint64_t)group[1] << 32 |
	    (uint64_t)group[2] << 16 | group[3];
}

const char *
ip6_parse(struct ip6 *a, const char *s, const char *end)
{
	uint16_t group[GROUPS] = { 0 }, tail[GROUPS];
	int n, more = 0;

	s = groups(group, &n, s, end);
	if (s != NULL && end - s >= 2 && s[0] == ':' && s[1] == ':') {
		s = groups(tail, &more, s + 2, end);
		/* a double colon stands for one group of zeros at least */
		if (s == NULL || n + more >= GROUPS)
			return NULL;
		memcpy(group + GROUPS - more, tail, more * sizeof *tail);
	} else if (n != GROUPS) {
		return NULL;
	}
	if (s == NULL ||
	    (s < end && (hex_digit(*s) != -1 || *s == ':' || *s == '.')))
		return NULL;
	*a = (struct ip6){ ip6_word(group), ip6_word(group + 4) };
	return s;
}

static char *
put_hexadecimal(char *out, unsigned v)
{
	if (v >= 0x1000)
		*out++ = hex_char(v >> 12);
	if (v >= 0x100)
		*out++ = hex_char(v >> 8);
	if (v >= 0x10)
		*out++ = hex_char(v >> 4);
	*out++ = hex_char(v);
	return out;
}

static char *
put_decimal(char *out, unsigned v)
{
	if (v >= 100)
		*out++ = '0' + v / 100;
	if (v >= 10)
		*out++ = '0' + v / 10 % 10;
	*out++ = '0' + v % 10;
	return out;
}

/* The longest run of two or more groups of zeros, the first of equal ones. */
static int
zeros(const uint16_t group[GROUPS], int *length)
{
	int begin = GROUPS;

	*length = 1;
	for (int i = 0, n = 0; i < GROUPS; i++) {
		n = group[i] == 0 ? n + 1 : 0;
		if (n > *length) {
			*length = n;
			begin = i + 1 - n;
		}
	}
	return begin;
}

/* ::ffff:192.0.2.1; RFC 5952, section 5. */
static char *
put_mapped(char *out, uint32_t v)
{
	memcpy(out, "::ffff", 6);
	out += 6;
	for (int shift = 24; shift >= 0; shift -= 8) {
		*out++ = shift == 24 ? ':' : '.';
		out = put_decimal(out, v >> shift & 255);
	}
	*out = '\0';
	return out;
}

char *
ip6_print(struct ip6 a, char out[IP6_TEXT])
{
	uint16_t group[GROUPS];
	int run, length;

	if (a.hi == 0 && a.lo >> 32 == 0xffff)
		return put_mapped(out, (uint32_t)a.lo);
	for (int i = 0; i < 4; i++) {
		group[i] = a.hi >> (48 - 16 * i);
		group[4 + i] = a.lo >> (48 - 16 * i);
	}
	run = zeros(group, &length);
	for (int i = 0; i < GROUPS; i++) {
		if (i == run) {
			*out++ = ':';
			i += length - 1;
			if (i == GROUPS - 1)
				*out++ = ':';
			continue;
		}
		if (i > 0)
			*out++ = ':';
		out = put_hexadecimal(out, group[i]);
	}
	*out = '\0';
	return out;
}
