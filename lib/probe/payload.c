/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads and templates, compiled to plans; see payload.h. */
#include "probe/payload.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addr/ports.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "base/clock.h"
#include "probe/probe.h"

#define FILE_MAX  (1 << 20) /* bytes of a template or a table */
#define TEXTS	  4
#define SPILL	  16	      /* bytes that put_bytes copies at a time */
#define LETTERS	  8	      /* that put_letters makes at a time */
#define NTP_EPOCH 2208988800u /* 1970 in seconds since 1900, RFC 5905 */

enum op {
	COPY,  /* n bytes of payload->bytes from `at` on */
	SADDR, /* the texts, TEXTS of them */
	DADDR,
	SPORT,
	DPORT,
	SADDR_N,
	DADDR_N,
	SPORT_N,
	DPORT_N,
	RAND_BYTE,
	RAND_DIGIT,
	RAND_ALPHA,
	RAND_ALPHANUM,
	HEX, /* becomes a COPY */
	UNIXTIME_SEC,
	UNIXTIME_USEC,
	NTP_TIMESTAMP,
};

struct step {
	enum op op;
	uint32_t at;
	uint32_t n;
};

enum argument { NONE, LENGTH, DIGITS };

static const struct {
	const char *name;
	size_t max;		/* bytes it becomes, at most */
	enum argument argument; /* behind the = */
	bool time;
} fields[] = {
	[SADDR] = { "SADDR", 15, NONE, false },
	[SADDR_N] = { "SADDR_N", 4, NONE, false },
	[DADDR] = { "DADDR", 15, NONE, false },
	[DADDR_N] = { "DADDR_N", 4, NONE, false },
	[SPORT] = { "SPORT", 5, NONE, false },
	[SPORT_N] = { "SPORT_N", 2, NONE, false },
	[DPORT] = { "DPORT", 5, NONE, false },
	[DPORT_N] = { "DPORT_N", 2, NONE, false },
	[RAND_BYTE] = { "RAND_BYTE", 1, LENGTH, false },
	[RAND_DIGIT] = { "RAND_DIGIT", 1, LENGTH, false },
	[RAND_ALPHA] = { "RAND_ALPHA", 1, LENGTH, false },
	[RAND_ALPHANUM] = { "RAND_ALPHANUM", 1, LENGTH, false },
	[HEX] = { "HEX", 0, DIGITS, false },
	[UNIXTIME_SEC] = { "UNIXTIME_SEC", 4, NONE, true },
	[UNIXTIME_USEC] = { "UNIXTIME_USEC", 4, NONE, true },
	[NTP_TIMESTAMP] = { "NTP_TIMESTAMP", 8, NONE, true },
	{ .name = NULL },
};

/* --- compiling --- */

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
fail(struct compiler *c, const char *format, ...)
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
add_step(struct compiler *c, enum op op, size_t at, size_t n, size_t size)
{
	struct payload *p = c->p;
	struct step *steps;

	if (c->failed)
		return;
	if (size > c->max - p->size) {
		fail(c, "the payload is longer than %zu bytes", c->max);
		return;
	}
	p->size += size;
	if (op == COPY && p->nsteps > 0 && p->steps[p->nsteps - 1].op == COPY) {
		p->steps[p->nsteps - 1].n += n; /* they lie together */
		return;
	}
	steps = reallocarray(p->steps, p->nsteps + 1, sizeof *steps);
	if (steps == NULL) {
		fail(c, "out of memory");
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
		fail(c, "the payload is longer than %zu bytes", c->max);
		return;
	}
	grown = realloc(c->p->bytes, at + n + SPILL);
	if (grown == NULL) {
		fail(c, "out of memory");
		return;
	}
	memcpy(grown + at, bytes, n);
	c->p->bytes = grown;
	c->nbytes += n;
	add_step(c, COPY, at, n, n);
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
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
		if (digit(s[i]) == -1) {
			fail(c,
			    "character %zu of the hex payload is no hex "
			    "digit",
			    i + 1);
			return;
		}
		byte = byte << 4 | digit(s[i]);
		if (++digits % 2 == 0)
			add_bytes(c, &byte, 1);
	}
	if (digits % 2 != 0)
		fail(c, "the hex payload has an odd number of digits, %zu",
		    digits);
}

/* A field from behind its ${ up to before its }. */
static void
add_field(struct compiler *c, const char *s, size_t n)
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
		fail(c, "the template has an unknown field, ${%.*s}",
		    (int)(n < 40 ? n : 40), s);
		return;
	}
	if (fields[op].argument == NONE && equals != NULL) {
		fail(c, "the template's field %s takes no length",
		    fields[op].name);
		return;
	}
	if (fields[op].argument == DIGITS) {
		before = c->p->size;
		add_hex(c, arg, narg, true);
		if (c->p->size == before)
			fail(c, "the template's field %s needs digits",
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
			fail(c,
			    "the length of the template's field ${%.*s} "
			    "is no number above 0",
			    (int)(n < 40 ? n : 40), s);
			return;
		}
	}
	c->p->wants_time |= fields[op].time;
	add_step(c, op, 0, length, length * fields[op].max);
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
			fail(c, "the template has a ${ without a }");
			return;
		}
		s = close + 1;
		if (open[2] != '#')
			add_field(c, open + 2, close - open - 2);
		else if (s < end && s[0] == '\n')
			s++; /* a comment takes its line's end along */
	}
}

/* Reads a whole file, at most FILE_MAX bytes, into memory to be freed. */
static char *
read_all(struct compiler *c, const char *dir, const char *path, size_t *n)
{
	char *buf = NULL, *grown, *joined = NULL;
	size_t size = 0;
	ssize_t got;
	int fd;

	if (dir != NULL && path[0] != '/') {
		if (asprintf(&joined, "%s/%s", dir, path) == -1) {
			fail(c, "out of memory");
			return NULL;
		}
		path = joined;
	}
	*n = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		fail(c, "%s: %s", path, strerror(errno));
	while (!c->failed) {
		if (*n == size) {
			size = size == 0 ? 4096 : size * 2;
			grown = realloc(buf, size);
			if (grown == NULL) {
				fail(c, "out of memory");
				break;
			}
			buf = grown;
		}
		got = read(fd, buf + *n, size - *n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			fail(c, "%s: %s", path, strerror(errno));
		if (got <= 0)
			break;
		*n += got;
		if (*n > FILE_MAX)
			fail(c, "%s: longer than %d bytes", path, FILE_MAX);
	}
	if (fd != -1)
		close(fd);
	free(joined);
	if (c->failed) {
		free(buf);
		return NULL;
	}
	return buf;
}

/* The rest of spec if it starts with word and a colon, or NULL. */
static const char *
after(const char *spec, const char *word)
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
	char *file = read_all(c, dir, path, &n);

	if (file != NULL && template)
		add_template(c, file, n);
	else if (file != NULL)
		add_bytes(c, file, n);
	free(file);
}

static void
compile(struct compiler *c, const char *spec, unsigned forms, const char *dir)
{
	bool templates = (forms & PAYLOAD_TEMPLATE) != 0;
	const char *rest;

	if ((rest = after(spec, "text")) != NULL)
		add_bytes(c, rest, strlen(rest));
	else if ((rest = after(spec, "hex")) != NULL)
		add_hex(c, rest, strlen(rest), false);
	else if ((rest = after(spec, "file")) != NULL)
		add_file(c, dir, rest, templates && is_template(rest));
	else if (templates && (rest = after(spec, "template")) != NULL)
		add_file(c, dir, rest, true);
	else if ((forms & PAYLOAD_TABLE) != 0)
		fail(c,
		    "a payload starts with text:, hex:, file:, template: "
		    "or ports:, not with '%.40s'",
		    spec);
	else if (templates)
		fail(c,
		    "a payload starts with text:, hex:, file: or "
		    "template:, not with '%.40s'",
		    spec);
	else
		fail(c,
		    "a payload starts with text:, hex: or file:, not with "
		    "'%.40s'",
		    spec);
}

struct payload *
payload_new(const char *spec, unsigned forms, size_t max, const char *dir,
    char *why, size_t whysize)
{
	struct compiler c = { .max = max, .why = why, .whysize = whysize };
	struct payload *p;

	p = c.p = calloc(1, sizeof *p);
	if (p == NULL) {
		snprintf(why, whysize, "out of memory");
		return NULL;
	}
	compile(&c, spec, forms, dir);
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

/* --- running a plan --- */

/*
 * A target's random numbers: SplitMix64 (Steele, Lea and Flood, 2014) from its
 * validation words.
 */
static inline uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned char *
put_random(unsigned char *o, uint64_t *state, size_t n)
{
	uint64_t bits;

	for (; n >= 8; n -= 8, o += 8) {
		bits = draw(state);
		memcpy(o, &bits, 8);
	}
	if (n > 0) {
		bits = draw(state);
		memcpy(o, &bits, n);
	}
	return o + n;
}

/*
 * Copies n bytes, SPILL at a time, which reads a little behind them and writes
 * a little behind, where that is before end: what belongs there comes later.
 * Only what is read too much may overlap with what is written.
 */
static inline unsigned char *
put_bytes(unsigned char *o, const unsigned char *end, const unsigned char *from,
    size_t n)
{
	unsigned char piece[SPILL];
	size_t i;

	if ((size_t)(end - o) < n + SPILL) {
		memcpy(o, from, n);
		return o + n;
	}
	for (i = 0; i < n; i += SPILL) {
		memcpy(piece, from + i, SPILL);
		memcpy(o + i, piece, SPILL);
	}
	return o + n;
}

typedef uint64_t words __attribute__((vector_size(16)));
typedef uint16_t lanes __attribute__((vector_size(16)));
typedef uint8_t half_lanes __attribute__((vector_size(8)));

/*
 * n characters, each one of `of` of "0-9A-Za-z", the first of which is the one
 * with number `from`.  Eight at a time; what of them is too many stays behind
 * them if that is before end.
 */
static inline unsigned char *
put_letters(unsigned char *o, const unsigned char *end, uint64_t *state,
    size_t n, uint16_t from, uint16_t of)
{
	half_lanes text;
	size_t left;
	lanes v;

	for (left = n;; left -= LETTERS, o += LETTERS) {
		v = (lanes)(words){ draw(state), draw(state) };
		/* v * of / 65536, of which no part is over 16 bits */
		v = ((v >> 8) * of + ((v & 0xff) * of >> 8)) >> 8;
		v += from;
		v += '0' + ((lanes)(v > 9) & ('A' - '9' - 1)) +
		    ((lanes)(v > 35) & ('a' - 'Z' - 1));
		text = __builtin_convertvector(v, half_lanes);
		if (left <= LETTERS)
			break;
		memcpy(o, &text, LETTERS);
	}
	memcpy(o, &text, end - o < LETTERS ? left : LETTERS);
	return o + left;
}

static unsigned char *
put_decimal(unsigned char *o, uint16_t v)
{
	unsigned char digits[5];
	size_t n = 0;

	do
		digits[n++] = '0' + v % 10;
	while ((v /= 10) > 0);
	while (n > 0)
		*o++ = digits[--n];
	return o;
}

/*
 * Octets of an address and a dot, in four characters each: the processor
 * cannot foresee how many digits the next one has, so it is not asked to.
 */
#define UNITS(t)                                                               \
	t "0." t "1." t "2." t "3." t "4." t "5." t "6." t "7." t "8." t "9."
#define TENS(h)                                                                \
	UNITS(h "0")                                                           \
	UNITS(h "1")                                                           \
	UNITS(h "2")                                                           \
	UNITS(h "3")                                                           \
	UNITS(h "4")                                                           \
	UNITS(h "5")                                                           \
	UNITS(h "6") UNITS(h "7") UNITS(h "8") UNITS(h "9")

static const char octets[] = TENS("0") TENS("1") TENS("2");

/* Takes 16 bytes, dot at the end included, which does not count. */
static unsigned char *
put_quad(unsigned char *o, uint32_t address)
{
	unsigned v, zeros;
	int shift;

	for (shift = 24; shift >= 0; shift -= 8) {
		v = address >> shift & 0xff;
		zeros = (v < 100) + (v < 10);
		memcpy(o, octets + 4 * v + zeros, 4);
		o += 4 - zeros;
	}
	return o - 1;
}

/* RFC 5905: seconds since 1900 and a fraction of 2^-32 s. */
static void
put_ntp(unsigned char *o, uint64_t now)
{
	put32(o, (uint32_t)(now / SECOND) + NTP_EPOCH);
	put32(o + 4, (now % SECOND << 32) / SECOND);
}

/*
 * Addresses and ports as text, which templates tend to repeat: where in the
 * payload it was first, or in bytes where that is too near to the end.
 */
struct text {
	const unsigned char *at; /* NULL: not made yet */
	size_t n;
	unsigned char bytes[SPILL];
};

static size_t
make_text(unsigned char *o, enum op op, const struct probe_target *to)
{
	switch (op) {
	case SADDR:
		return put_quad(o, to->source) - o;
	case DADDR:
		return put_quad(o, to->address) - o;
	case SPORT:
		return put_decimal(o, to->source_port) - o;
	default:
		return put_decimal(o, to->port) - o;
	}
}

static inline unsigned char *
put_text(unsigned char *o, const unsigned char *end, struct text *t, enum op op,
    const struct probe_target *to)
{
	if (t->at != NULL)
		return put_bytes(o, end, t->at, t->n);
	if (end - o >= SPILL) {
		t->at = o;
		t->n = make_text(o, op, to);
		return o + t->n;
	}
	t->at = t->bytes;
	t->n = make_text(t->bytes, op, to);
	memcpy(o, t->bytes, t->n);
	return o + t->n;
}

size_t
payload_make(const struct payload *p, unsigned char *out,
    const struct probe_target *to)
{
	uint64_t random = ((uint64_t)to->v[0] << 32 | to->v[2]) ^
	    ((uint64_t)to->v[1] << 32 | to->v[3]) * 0x9e3779b97f4a7c15 ^
	    to->number;
	const struct step *s = p->steps;
	struct text text[TEXTS];
	uint64_t now = p->wants_time ? clock_wall_ns() : 0;
	const unsigned char *end = out + p->size;
	unsigned char *o = out;
	size_t i;

	for (i = 0; i < TEXTS; i++)
		text[i].at = NULL;
	for (i = 0; i < p->nsteps; i++, s++)
		switch (s->op) {
		case COPY:
			o = put_bytes(o, end, p->bytes + s->at, s->n);
			break;
		case SADDR:
		case DADDR:
		case SPORT:
		case DPORT:
			o = put_text(o, end, &text[s->op - SADDR], s->op, to);
			break;
		case SADDR_N:
			put32(o, to->source);
			o += 4;
			break;
		case DADDR_N:
			put32(o, to->address);
			o += 4;
			break;
		case SPORT_N:
			put16(o, to->source_port);
			o += 2;
			break;
		case DPORT_N:
			put16(o, to->port);
			o += 2;
			break;
		case RAND_BYTE:
			o = put_random(o, &random, s->n);
			break;
		case RAND_DIGIT:
			o = put_letters(o, end, &random, s->n, 0, 10);
			break;
		case RAND_ALPHA:
			o = put_letters(o, end, &random, s->n, 10, 52);
			break;
		case RAND_ALPHANUM:
			o = put_letters(o, end, &random, s->n, 0, 62);
			break;
		case HEX:
			break;
		case UNIXTIME_SEC:
			put32(o, now / SECOND);
			o += 4;
			break;
		case UNIXTIME_USEC:
			put32(o, now % SECOND / MICROSECOND);
			o += 4;
			break;
		case NTP_TIMESTAMP:
			put_ntp(o, now);
			o += 8;
			break;
		}
	return o - out;
}

/* --- tables --- */

static int
set_ports(struct payload_table *t, const char *list, uint16_t index, char *why,
    size_t whysize)
{
	const char *reason = NULL, *where;
	struct ports ports;
	size_t i, len;
	int rc = 0;

	if (ports_parse(&ports, list, &reason, &where, &len) == -1) {
		snprintf(why, whysize, "ports %.40s: %s", list,
		    reason != NULL ? reason : "out of memory");
		return -1;
	}
	for (i = 0; i < ports.n && rc == 0; i++) {
		if (t->by_port[ports.v[i]] != 0) {
			snprintf(why, whysize, "port %u has a payload already",
			    ports.v[i]);
			rc = -1;
		}
		t->by_port[ports.v[i]] = index;
	}
	ports_free(&ports);
	return rc;
}

/*
 * One line of n bytes, "PORTS PAYLOAD" or a comment.  A star's line waits in
 * *star until all the others are known.
 */
static int
table_line(struct payload_table *t, char *line, size_t n, size_t max,
    const char *dir, uint16_t *star, char *why, size_t whysize)
{
	struct payload **grown;
	char *ports, *spec;

	if (strlen(line) < n) {
		snprintf(why, whysize, "a byte of 0 in a line of text");
		return -1;
	}
	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	ports = line + strspn(line, " \t");
	if (*ports == '\0' || *ports == '#')
		return 0;
	spec = ports + strcspn(ports, " \t");
	if (*spec != '\0') {
		*spec++ = '\0';
		spec += strspn(spec, " \t");
	}
	if (t->count == 65535) {
		snprintf(why, whysize, "more than 65535 payloads");
		return -1;
	}
	grown = reallocarray(t->payloads, t->count + 1, sizeof *grown);
	if (grown == NULL) {
		snprintf(why, whysize, "out of memory");
		return -1;
	}
	t->payloads = grown;
	grown[t->count] = payload_new(spec, PAYLOAD_FIXED | PAYLOAD_TEMPLATE,
	    max, dir, why, whysize);
	if (grown[t->count] == NULL)
		return -1;
	if (grown[t->count]->size > t->size)
		t->size = grown[t->count]->size;
	t->count++;
	if (strcmp(ports, "*") != 0)
		return set_ports(t, ports, t->count, why, whysize);
	if (*star != 0) {
		snprintf(why, whysize, "* has a payload already");
		return -1;
	}
	*star = t->count;
	return 0;
}

static int
table_read(struct payload_table *t, const char *path, size_t max, char *why,
    size_t whysize)
{
	struct compiler c = { .why = why, .whysize = whysize };
	const char *slash = strrchr(path, '/');
	char *file, *line, *next, *dir, reason[200];
	uint16_t star = 0;
	size_t n, number = 0, length;
	int rc = 0;

	dir = slash == NULL ? strdup(".") :
			      strndup(path, slash == path ? 1 : slash - path);
	t->by_port = calloc(65536, sizeof *t->by_port);
	if (dir == NULL || t->by_port == NULL)
		fail(&c, "out of memory");
	file = c.failed ? NULL : read_all(&c, NULL, path, &n);
	for (line = file; line != NULL && rc == 0; line = next) {
		next = memchr(line, '\n', file + n - line);
		if (next == NULL && line == file + n)
			break;
		number++;
		/* a last line without an end is copied to have one */
		length = next != NULL ? next - line : file + n - line;
		line = strndup(line, length);
		if (line == NULL) {
			fail(&c, "out of memory");
			break;
		}
		rc = table_line(t, line, length, max, dir, &star, reason,
		    sizeof reason);
		free(line);
		if (next != NULL)
			next++;
	}
	if (rc == -1)
		fail(&c, "%s:%zu: %s", path, number, reason);
	for (n = 0; star != 0 && n < 65536; n++)
		if (t->by_port[n] == 0)
			t->by_port[n] = star;
	if (t->count == 0)
		fail(&c, "%s: no payloads", path);
	free(file);
	free(dir);
	return c.failed ? -1 : 0;
}

/* The first port that has no payload, or -1. */
static long
without(const struct payload_table *t, const uint16_t *ports, size_t nports)
{
	size_t i;

	if (t->by_port == NULL)
		return -1;
	for (i = 0; i < nports; i++)
		if (t->by_port[ports[i]] == 0)
			return ports[i];
	for (i = 0; nports == 0 && i < 65536; i++)
		if (t->by_port[i] == 0)
			return i;
	return -1;
}

int
payload_table_init(struct payload_table *t, const char *spec, size_t max,
    const uint16_t *ports, size_t nports, char *why, size_t whysize)
{
	const char *path = after(spec, "ports");
	long port;

	*t = (struct payload_table){ .payloads = NULL };
	if (path == NULL) {
		t->payloads = calloc(1, sizeof *t->payloads);
		if (t->payloads == NULL) {
			snprintf(why, whysize, "out of memory");
			return -1;
		}
		t->payloads[0] = payload_new(spec,
		    PAYLOAD_FIXED | PAYLOAD_TEMPLATE | PAYLOAD_TABLE, max, NULL,
		    why, whysize);
		if (t->payloads[0] != NULL) {
			t->count = 1;
			t->size = t->payloads[0]->size;
			return 0;
		}
	} else if (table_read(t, path, max, why, whysize) == 0) {
		port = without(t, ports, nports);
		if (port == -1) {
			/* ports that are never asked for: any will do */
			for (port = 0; port < 65536; port++)
				if (t->by_port[port] == 0)
					t->by_port[port] = 1;
			return 0;
		}
		snprintf(why, whysize,
		    "%s: no payload for port %ld, and no "
		    "line for *",
		    path, port);
	}
	payload_table_free(t);
	return -1;
}

void
payload_table_free(struct payload_table *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		payload_free(t->payloads[i]);
	free(t->payloads);
	free(t->by_port);
	*t = (struct payload_table){ .payloads = NULL };
}
