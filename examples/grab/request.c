/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with the host's name in them; see request.h. */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

#define FIELD_SIZE 48 /* no field becomes longer */

int
request_load(struct request *r, const char *path, const char **why)
{
	FILE *f = fopen(path, "rb");
	size_t i;

	*r = (struct request){ .text = NULL };
	if (f == NULL) {
		*why = strerror(errno);
		return -1;
	}
	*why = "out of memory";
	r->text = malloc(REQUEST_MAX + 1);
	if (r->text == NULL)
		goto fail;
	r->size = fread(r->text, 1, REQUEST_MAX + 1, f);
	if (ferror(f)) {
		*why = strerror(errno);
		goto fail;
	}
	*why = "longer than 64 KiB";
	if (r->size > REQUEST_MAX)
		goto fail;
	for (i = 0; i < r->size; i++)
		r->fields += r->text[i] == '%';
	*why = "out of memory";
	r->made = malloc(r->size + r->fields * FIELD_SIZE + 1);
	if (r->made == NULL)
		goto fail;
	fclose(f);
	return 0;
fail:
	fclose(f);
	request_free(r);
	return -1;
}

void
request_free(struct request *r)
{
	free(r->text);
	free(r->made);
	*r = (struct request){ .text = NULL };
}

static size_t
decimal(char *to, uint32_t v)
{
	char digits[10];
	size_t n = 0, i;

	do
		digits[n++] = '0' + v % 10;
	while ((v /= 10) != 0);
	for (i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

size_t
address_text(char *to, const struct host *h)
{
	const uint32_t address = h->v[HOST_ADDRESS];
	size_t n = 0;
	int shift;

	if (h->six)
		return ip6_print(h->address, to) - to;
	for (shift = 24; shift >= 0; shift -= 8) {
		n += decimal(to + n, address >> shift & 0xff);
		to[n++] = '.';
	}
	to[--n] = '\0';
	return n;
}

/* As URLs have it: of IPv6 in brackets (RFC 3986 3.2.2). */
static char *
put_host(char *to, const struct host *h)
{
	if (h->six)
		*to++ = '[';
	to += address_text(to, h);
	if (h->six)
		*to++ = ']';
	return to;
}

void
request_make(struct request *r, const struct host *h)
{
	const char *p = r->text, *end = p + r->size;
	char *to = r->made;

	/* made once for all if no field is in it */
	if (r->fields == 0 && r->made_size != 0)
		return;
	for (; p < end; p++) {
		if (*p != '%' || p + 1 == end) {
			*to++ = *p;
			continue;
		}
		switch (p[1]) {
		case 's':
			to = put_host(to, h);
			p++;
			break;
		case 'p':
			to += decimal(to, h->v[HOST_PORT]);
			p++;
			break;
		case '%':
			p++;
			/* FALLTHROUGH */
		default:
			*to++ = '%';
		}
	}
	r->made_size = to - r->made;
}

long
unescape(char *s)
{
	char *to = s, *from = s;
	int byte;

	for (; *from != '\0'; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		switch (*++from) {
		case 'r':
			*to++ = '\r';
			break;
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case '0':
			*to++ = '\0';
			break;
		case '\\':
			*to++ = '\\';
			break;
		case 'x':
			byte = hex_byte(from + 1);
			if (byte == -1)
				return -1;
			*to++ = byte;
			from += 2;
			break;
		default:
			return -1;
		}
	}
	return to - s;
}
