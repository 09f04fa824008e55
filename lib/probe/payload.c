/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads and templates compiled to plans; see payload.h. */
#include "probe/payload.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/hex.h"
#include "probe/payload-steps.h"

#define FILE_MAX (1 << 20) /* bytes of a template or a table */

enum argument { NONE, LENGTH, DIGITS };

static const struct {
	const char *name;
	size_t max;		/* bytes it becomes, at most */
	size_t max6;		/* of IPv6, where that differs */
	enum argument argument; /* behind the = */
	bool time;
} fields[] = {
	[SADDR] = { "SADDR", 15, 39, NONE, false },
	[SADDR_N] = { "SADDR_N", 4, 16, NONE, false },
	[DADDR] = { "DADDR", 15, 39, NONE, false },
	[DADDR_N] = { "DADDR_N", 4, 16, NONE, false },
	[SPORT] = { "SPORT", 5, 0, NONE, false },
	[SPORT_N] = { "SPORT_N", 2, 0, NONE, false },
	[DPORT] = { "DPORT", 5, 0, NONE, false },
	[DPORT_N] = { "DPORT_N", 2, 0, NONE, false },
	[RAND_BYTE] = { "RAND_BYTE", 1, 0, LENGTH, false },
	[RAND_DIGIT] = { "RAND_DIGIT", 1, 0, LENGTH, false },
	[RAND_ALPHA] = { "RAND_ALPHA", 1, 0, LENGTH, false },
	[RAND_ALPHANUM] = { "RAND_ALPHANUM", 1, 0, LENGTH, false },
	[HEX] = { "HEX", 0, 0, DIGITS, false },
	[UNIXTIME_SEC] = { "UNIXTIME_SEC", 4, 0, NONE, true },
	[UNIXTIME_USEC] = { "UNIXTIME_USEC", 4, 0, NONE, true },
	[NTP_TIMESTAMP] = { "NTP_TIMESTAMP", 8, 0, NONE, true },
	{ .name = NULL },
};

/* A payload in the making; the first thing that goes wrong stays in why. */
struct compiler {
	struct payload *p;
	size_t nbytes;
	size_t max;
	bool failed;
	char *why;
	size_t whysize;
};

static void __attribute__((format(printf, 2, 3)))
payload_fail(struct compiler *c, const char *format, ...)
{
	va_list ap;

	if (c->failed)
		return;
	c->failed = true;
	va_start(ap, format);
	vsnprintf(c->why, c->whysize, format, ap);
	va_end(ap);
}

static void
payload_add_step(struct compiler *c, enum op op, size_t at, size_t n,
    size_t size)
{
	struct payload *p = c->p;
	struct step *steps;

	if (c->failed)
		return;
	if (size > c->max - p->size) {
		payload_fail(c, "the payload is longer than %zu bytes", c->max);
		return;
	}
	p->size += size;
	if (op == COPY && p->nsteps > 0 && p->steps[p->nsteps - 1].op == COPY) {
		p->steps[p->nsteps - 1].n += n; /* they lie together */
		return;
	}
	steps = reallocarray(p->steps, p->nsteps + 1, sizeof *steps);
	if (steps == NULL) {
		payload_fail(c, "out of memory");
		return;
	}
	p->steps = steps;
	steps[p->nsteps++] = (struct step){ op, at, n };
}

static void
add_bytes(struct compiler *c, const void *bytes, size_t n)
{
	unsigned char *grown;
	size_t at = c->nbytes;

	if (c->failed || n == 0)
		return;
	if (n > c->max) { /* before it is copied */
		payload_fail(c, "the payload is longer than %zu bytes", c->max);
		return;
	}
	grown = realloc(c->p->bytes, at + n + PAYLOAD_SPILL);
	if (grown == NULL) {
		payload_fail(c, "out of memory");
		return;
	}
	memcpy(grown + at, bytes, n);
	c->p->bytes = grown;
	c->nbytes += n;
	payload_add_step(c, COPY, at, n, n);
}

/* blanks: whether they may stand between digits, for people. */
static void
add_hex(struct compiler *c, const char *s, size_t n, bool blanks)
{
	unsigned char byte = 0;
	size_t i, digits = 0;

	for (i = 0; i < n && !c->failed; i++) {
		if (blanks && isspace((unsigned char)s[i]))
			continue;
		if (hex_digit(s[i]) == -1) {
			payload_fail(c,
			    "character %zu of the hex payload is no hex digit",
			    i + 1);
			return;
		}
		byte = byte << 4 | hex_digit(s[i]);
		if (++digits % 2 == 0)
			add_bytes(c, &byte, 1);
	}
	if (digits % 2 != 0)
		payload_fail(c,
		    "the hex payload has an odd number of digits, %zu", digits);
}

/* A field from behind its ${ up to before its }. */
static void
payload_add_field(struct compiler *c, const char *s, size_t n)
{
	const char *equals = memchr(s, '=', n);
	size_t name = equals != NULL ? (size_t)(equals - s) : n;
	const char *arg = s + name + 1;
	size_t narg = equals != NULL ? n - name - 1 : 0;
	size_t length = 1, before, i;
	enum op op;

	for (op = SADDR; fields[op].name != NULL; op++)
		if (strlen(fields[op].name) == name &&
		    memcmp(fields[op].name, s, name) == 0)
			break;
	if (fields[op].name == NULL) {
		payload_fail(c, "the template has an unknown field, ${%.*s}",
		    (int)(n < 40 ? n : 40), s);
		return;
	}
	if (fields[op].argument == NONE && equals != NULL) {
		payload_fail(c, "the template's field %s takes no length",
		    fields[op].name);
		return;
	}
	if (fields[op].argument == DIGITS) {
		before = c->p->size;
		add_hex(c, arg, narg, true);
		if (c->p->size == before)
			payload_fail(c, "the template's field %s needs digits",
			    fields[op].name);
		return;
	}
	if (equals != NULL) {
		length = 0;
		for (i = 0; i < narg && arg[i] >= '0' && arg[i] <= '9' &&
		     length <= c->max;
		     i++)
			length = length * 10 + (arg[i] - '0');
		if (i < narg && length <= c->max)
			length = 0; /* not a number */
		if (length == 0) {
			payload_fail(c,
			    "the length of the template's field ${%.*s} is no number above 0",
			    (int)(n < 40 ? n : 40), s);
			return;
		}
	}
	c->p->wants_time |= fields[op].time;
	payload_add_step(c, op, 0, length,
	    length *
		(c->p->six && fields[op].max6 != 0 ? fields[op].max6 :
						     fields[op].max));
}

static void
add_template(struct compiler *c, const char *s, size_t n)
{
	const char *end = s + n, *open, *close;

	while (s < end && !c->failed) {
		open = memmem(s, end - s, "${", 2);
		if (open == NULL) {
			add_bytes(c, s, end - s);
			return;
		}
		add_bytes(c, s, open - s);
		close = memchr(open, '}', end - open);
		if (close == NULL) {
			payload_fail(c, "the template has a ${ without a }");
			return;
		}
		s = close + 1;
		if (open[2] != '#')
			payload_add_field(c, open + 2, close - open - 2);
		else if (s < end && s[0] == '\n')
			s++; /* a comment takes its line's end along */
	}
}

/* Reads what is left of fd; 0, or -1 with errno. */
static int
read_rest(int fd, char **buf, size_t *n)
{
	size_t size = 0;
	char *grown;
	ssize_t got;

	for (;;) {
		if (*n == size) {
			size = size == 0 ? 4096 : size * 2;
			grown = realloc(*buf, size);
			if (grown == NULL)
				return -1;
			*buf = grown;
		}
		got = read(fd, *buf + *n, size - *n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return got;
		*n += got;
		if (*n > FILE_MAX) {
			errno = EFBIG;
			return -1;
		}
	}
}

char *
payload_read(const char *dir, const char *path, size_t *n, char *why,
    size_t whysize)
{
	char *buf = NULL, *joined = NULL;
	int fd, rc = -1;

	if (dir != NULL && path[0] != '/') {
		if (asprintf(&joined, "%s/%s", dir, path) == -1) {
			snprintf(why, whysize, "out of memory");
			return NULL;
		}
		path = joined;
	}
	*n = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		rc = read_rest(fd, &buf, n);
	if (rc == -1 && errno == EFBIG)
		snprintf(why, whysize, "%s: longer than %d bytes", path,
		    FILE_MAX);
	else if (rc == -1)
		snprintf(why, whysize, "%s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	free(joined);
	if (rc == 0)
		return buf;
	free(buf);
	return NULL;
}

const char *
payload_after(const char *spec, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(spec, word, n) == 0 && spec[n] == ':')
		return spec + n + 1;
	return NULL;
}

/* ZMap's guide gives a template to file:, by its name. */
static bool
is_template(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".tpl") == 0;
}

static void
add_file(struct compiler *c, const char *dir, const char *path, bool template)
{
	size_t n;
	char *file = payload_read(dir, path, &n, c->why, c->whysize);

	if (file == NULL)
		c->failed = true;
	else if (template)
		add_template(c, file, n);
	else
		add_bytes(c, file, n);
	free(file);
}

static void
compile(struct compiler *c, const char *spec, unsigned forms, const char *dir)
{
	bool templates = (forms & PAYLOAD_TEMPLATE) != 0;
	const char *rest;

	if ((rest = payload_after(spec, "text")) != NULL)
		add_bytes(c, rest, strlen(rest));
	else if ((rest = payload_after(spec, "hex")) != NULL)
		add_hex(c, rest, strlen(rest), false);
	else if ((rest = payload_after(spec, "file")) != NULL)
		add_file(c, dir, rest, templates && is_template(rest));
	else if (templates && (rest = payload_after(spec, "template")) != NULL)
		add_file(c, dir, rest, true);
	else if ((forms & PAYLOAD_TABLE) != 0)
		payload_fail(c,
		    "a payload starts with text:, hex:, file:, template: or ports:, not with '%.40s'",
		    spec);
	else if (templates)
		payload_fail(c,
		    "a payload starts with text:, hex:, file: or template:, not with '%.40s'",
		    spec);
	else
		payload_fail(c,
		    "a payload starts with text:, hex: or file:, not with '%.40s'",
		    spec);
}

struct payload *
payload_new(const char *spec, const struct payload_rules *rules, char *why,
    size_t whysize)
{
	struct compiler c = { .max = rules->max,
		.why = why,
		.whysize = whysize };
	struct payload *p;

	p = c.p = calloc(1, sizeof *p);
	if (p == NULL) {
		snprintf(why, whysize, "out of memory");
		return NULL;
	}
	p->six = (rules->forms & PAYLOAD_IP6) != 0;
	compile(&c, spec, rules->forms, rules->dir);
	if (c.failed) {
		payload_free(p);
		return NULL;
	}
	p->fixed = p->nsteps == 0 || (p->nsteps == 1 && p->steps[0].op == COPY);
	if (p->fixed)
		p->sum = checksum_add(0, p->bytes, p->size);
	return p;
}

void
payload_free(struct payload *p)
{
	if (p == NULL)
		return;
	free(p->steps);
	free(p->bytes);
	free(p);
}
