/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of text from tables; see lines.h. */
#include "targets/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 8

/* A short text, padded so that it can be copied as one word. */
struct piece {
	char text[WIDTH];
};

struct lines {
	struct piece octet[256]; /* "0." to "255." */
	uint8_t octet_len[256];
	struct piece port[65536]; /* "0\n" to "65535\n" */
	uint8_t port_len[65536];
	char separator[LINES_SEPARATOR_MAX];
	size_t separator_len;
};

static uint8_t
lines_make(struct piece *p, unsigned number, char end)
{
	char text[16];
	int n = snprintf(text, sizeof text, "%u%c", number, end);

	memset(p->text, 0, WIDTH);
	memcpy(p->text, text, n);
	return n;
}

struct lines *
lines_new(const char *separator)
{
	struct lines *l;

	if (strlen(separator) > LINES_SEPARATOR_MAX) {
		errno = E2BIG;
		return NULL;
	}
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	for (unsigned i = 0; i < 256; i++)
		l->octet_len[i] = lines_make(&l->octet[i], i, '.');
	for (unsigned i = 0; i < 65536; i++)
		l->port_len[i] = lines_make(&l->port[i], i, '\n');
	l->separator_len = strlen(separator);
	memcpy(l->separator, separator, l->separator_len);
	return l;
}

void
lines_free(struct lines *l)
{
	free(l);
}

/* "1.2.3.4." */
static inline char *
lines_put_addr(const struct lines *l, char *out, uint32_t addr)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		unsigned octet = addr >> shift & 255;

		memcpy(out, l->octet[octet].text, 4);
		out += l->octet_len[octet];
	}
	return out;
}

char *
lines_put(const struct lines *l, char *out, const uint32_t *addr,
    const uint16_t *port, size_t n)
{
	if (port == NULL) {
		for (size_t i = 0; i < n; i++) {
			out = lines_put_addr(l, out, addr[i]);
			out[-1] = '\n';
		}
		return out;
	}
	for (size_t i = 0; i < n; i++) {
		/* the separator takes the place of the last dot */
		out = lines_put_addr(l, out, addr[i]) - 1;
		memcpy(out, l->separator, LINES_SEPARATOR_MAX);
		out += l->separator_len;
		memcpy(out, l->port[port[i]].text, WIDTH);
		out += l->port_len[port[i]];
	}
	return out;
}

char *
lines_put6(const struct lines *l, char *out, const struct ip6 *addr,
    const uint16_t *port, size_t n)
{
	int brackets = l->separator_len == 1 && l->separator[0] == ':';

	for (size_t i = 0; i < n; i++) {
		if (port != NULL && brackets)
			*out++ = '[';
		out = ip6_print(addr[i], out);
		if (port == NULL) {
			*out++ = '\n';
			continue;
		}
		if (brackets)
			*out++ = ']';
		memcpy(out, l->separator, LINES_SEPARATOR_MAX);
		out += l->separator_len;
		memcpy(out, l->port[port[i]].text, WIDTH);
		out += l->port_len[port[i]];
	}
	return out;
}
