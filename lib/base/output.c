/* SPDX-License-Identifier: Apache-2.0 */
/* A buffer before a descriptor; see output.h. */
#include "base/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/shown.h"
#include "base/whole.h"

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

int
output_open(struct output *o, int fd)
{
	*o = (struct output){ .fd = fd,
		.terminal = fd != -1 && isatty(fd),
		.size = OUTPUT_ROOM };
	o->buf = malloc(o->size);
	return o->buf == NULL ? -1 : 0;
}

void
output_close(struct output *o)
{
	free(o->buf);
	o->buf = NULL;
	o->len = o->size = 0;
}

static void
write_bytes(struct output *o, const void *p, size_t len)
{
	if (o->error == 0 && whole_write(o->fd, p, len) == -1)
		o->error = errno;
}

static void
write_all(struct output *o)
{
	char text[4096];
	size_t at, part;

	for (at = 0; o->terminal && at < o->len; at += part) {
		part = sizeof text / SHOWN_GROWTH - 1;
		if (part > o->len - at)
			part = o->len - at;
		/* not in the middle of a character */
		while (part > 1 && at + part < o->len &&
		    (o->buf[at + part] & 0xc0) == 0x80)
			part--;
		write_bytes(o, text,
		    shown_lines(text, sizeof text, o->buf + at, part));
	}
	if (!o->terminal)
		write_bytes(o, o->buf, o->len);
	o->len = 0;
}

int
output_flush(struct output *o)
{
	if (o->fd != -1)
		write_all(o);
	errno = o->error;
	return o->error == 0 ? 0 : -1;
}

unsigned char *
output_make_room(struct output *o, size_t n)
{
	unsigned char *grown;

	if (o->fd != -1 || o->error != 0) {
		write_all(o);
		return o->buf;
	}
	while (o->size - o->len < n) {
		grown = realloc(o->buf, o->size * 2);
		if (grown == NULL) {
			o->error = ENOMEM;
			o->len = 0;
			break;
		}
		o->buf = grown;
		o->size *= 2;
	}
	return o->buf + o->len;
}

void
output_bytes(struct output *o, const void *p, size_t n)
{
	const unsigned char *from = p;
	size_t part;

	while (n > 0) {
		part = n < OUTPUT_ROOM / 2 ? n : OUTPUT_ROOM / 2;
		memcpy(output_room(o, part), from, part);
		o->len += part;
		from += part;
		n -= part;
	}
}

void
output_uint(struct output *o, uint64_t v)
{
	char digits[20], *at = digits + sizeof digits;
	size_t n;

	while (v >= 100) {
		at -= 2;
		memcpy(at, pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10) {
		at -= 2;
		memcpy(at, pairs + v * 2, 2);
	} else
		*--at = '0' + v;
	n = digits + sizeof digits - at;
	memcpy(output_room(o, sizeof digits), at, n);
	o->len += n;
}

void
output_int(struct output *o, int64_t v)
{
	if (v >= 0) {
		output_uint(o, v);
		return;
	}
	output_byte(o, '-');
	output_uint(o, -(uint64_t)v);
}

void
output_format(struct output *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf((char *)output_room(o, 4096), 4096, fmt, ap);
	va_end(ap);
	o->len += n < 4096 ? n : 4095;
}
