/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of target lists. Built for lists of tens of millions of lines that
 * may come from strangers: one buffer, one pass, nothing allocated per line,
 * and every byte accounted for before an entry is believed.
 */
#include "addr/list.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_LINE  65536
#define LONGEST_QUOTE 64
#define QUOTE_SIZE    (4 * LONGEST_QUOTE + 4)

/* The rest of a line, while it is taken apart. */
struct text {
	const char *s, *end;
};

/* Strange bytes as \xNN; what is long is cut, visibly. */
static void
escape(char out[QUOTE_SIZE], const char *s, const char *end)
{
	const char *cut = end - s > LONGEST_QUOTE ? s + LONGEST_QUOTE : end;

	for (; s < cut; s++) {
		unsigned char c = *s;

		if (c >= ' ' && c < 0x7f && c != '\\')
			*out++ = c;
		else
			out += sprintf(out, "\\x%02x", c);
	}
	strcpy(out, cut < end ? "..." : "");
}

static enum list_result __attribute__((format(printf, 2, 3)))
fail(struct list *l, const char *fmt, ...)
{
	char name[QUOTE_SIZE];
	va_list ap;
	int n;

	if (l->is_text) {
		escape(name, l->name, l->name + strlen(l->name));
		n = snprintf(l->why, sizeof l->why, "'%s': ", name);
	} else if (l->line > 0) {
		n = snprintf(l->why, sizeof l->why, "%s:%lu: ", l->name,
		    l->line);
	} else {
		n = snprintf(l->why, sizeof l->why, "%s: ", l->name);
	}
	if (n < 0 || (size_t)n >= sizeof l->why)
		return LIST_ERROR;
	va_start(ap, fmt);
	vsnprintf(l->why + n, sizeof l->why - n, fmt, ap);
	va_end(ap);
	return LIST_ERROR;
}

static enum list_result
fail_quoting(struct list *l, struct text t, const char *reason)
{
	char quote[QUOTE_SIZE];

	escape(quote, t.s, t.end);
	return fail(l, "'%s' %s", quote, reason);
}

static int
at(const struct text *t, const char *set)
{
	return t->s < t->end && *t->s != '\0' && strchr(set, *t->s) != NULL;
}

static void
skip_blanks(struct text *t)
{
	while (at(t, " \t"))
		t->s++;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * A decimal number up to `most`; -1 if there is none, -2 if it is larger,
 * -3 if it begins with a needless zero.
 */
static long
number(struct text *t, long most)
{
	const char *from = t->s;
	long n = 0;

	for (; t->s < t->end && is_digit(*t->s); t->s++) {
		n = n * 10 + (*t->s - '0');
		if (n > most)
			return -2;
	}
	if (t->s == from)
		return -1;
	return t->s - from > 1 && *from == '0' ? -3 : n;
}

static enum list_result
quad(struct list *l, struct text *t, uint32_t *addr)
{
	struct text whole = *t;

	*addr = 0;
	for (int i = 0; i < 4; i++) {
		long n;

		if (i > 0 && !at(t, "."))
			return fail_quoting(l, whole,
			    "is not an address: four numbers are needed");
		if (i > 0)
			t->s++;
		n = number(t, 255);
		if (n == -1)
			return fail_quoting(l, whole,
			    "is not an address, prefix, range or name");
		if (n == -2)
			return fail_quoting(l, whole,
			    "is not an address: a number is over 255");
		if (n == -3)
			return fail_quoting(l, whole,
			    "is not an address: "
			    "a leading zero could mean octal");
		*addr = *addr << 8 | n;
	}
	return LIST_ENTRY;
}

/* Behind an address or a name: nothing, /length, or a port. */
static enum list_result
tail(struct list *l, struct text *t, unsigned *length, int *port)
{
	*length = 32;
	*port = LIST_NOPORT;
	if (at(t, "/")) {
		struct text whole = { ++t->s, t->end };
		long n = number(t, 32);

		if (n == -2)
			return fail(l, "prefix length %.*s is over 32",
			    (int)strspn(whole.s, "0123456789") > 9 ?
				9 :
				(int)strspn(whole.s, "0123456789"),
			    whole.s);
		if (n < 0)
			return fail_quoting(l, whole, "is not a prefix length");
		*length = n;
		if (at(t, ":,"))
			return fail(l,
			    "a port needs a single address, "
			    "not a prefix");
	} else if (at(t, ":,")) {
		struct text whole = { ++t->s, t->end };
		long n = number(t, 65535);

		if (n == -2)
			return fail_quoting(l, whole, "is over port 65535");
		if (n < 0)
			return fail_quoting(l, whole, "is not a port");
		*port = n;
	}
	return LIST_ENTRY;
}

static enum list_result
nothing_left(struct list *l, struct text *t)
{
	skip_blanks(t);
	if (t->s == t->end)
		return LIST_ENTRY;
	return fail_quoting(l, *t, "is left over after the entry");
}

static void
take_prefix(struct list_entry *e, uint32_t addr, unsigned length)
{
	uint32_t host = length == 0 ?
	    UINT32_MAX :
	    (uint32_t)((UINT64_C(1) << (32 - length)) - 1);

	e->first = addr & ~host;
	e->last = addr | host;
}

static enum list_result
numeric(struct list *l, struct text t, struct list_entry *e)
{
	enum list_result r;
	unsigned length;

	if ((r = quad(l, &t, &e->first)) != LIST_ENTRY ||
	    (r = tail(l, &t, &length, &e->port)) != LIST_ENTRY)
		return r;
	take_prefix(e, e->first, length);
	skip_blanks(&t);
	if (e->port == LIST_NOPORT && length == 32 && at(&t, "-")) {
		t.s++;
		skip_blanks(&t);
		if ((r = quad(l, &t, &e->last)) != LIST_ENTRY)
			return r;
		if (e->last < e->first)
			return fail(l, "the range ends before it begins");
		if (at(&t, ":,"))
			return fail(l,
			    "a port needs a single address, "
			    "not a range");
	}
	return nothing_left(l, &t);
}

static int
is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* The next address of a name that was resolved, if there is one. */
static int
next_of_name(struct list *l, struct list_entry *e)
{
	if (l->name_next == l->nnames)
		return 0;
	*e = l->shape;
	take_prefix(e, l->resolver->addr[l->name_next++], l->shape.first);
	return 1;
}

/* Waits for something to read; false if the list is to end here instead. */
static int
may_read(struct list *l, int fd)
{
	if (l->wait == NULL || l->wait(l->arg, fd) == 0)
		return 1;
	l->begin = l->end = 0;
	l->eof = 1;
	return 0;
}

static enum list_result
resolve(struct list *l, const char *name)
{
	const char *why;

	l->nnames = l->name_next = 0;
	why = resolver_ask(l->resolver, name);
	if (why == NULL && !may_read(l, l->resolver->fd))
		return LIST_END;
	if (why == NULL)
		why = resolver_answer(l->resolver, &l->nnames);
	if (why == NULL)
		return LIST_ENTRY;
	fail(l, "cannot resolve %s: %s", name, why);
	return LIST_UNKNOWN_NAME;
}

static enum list_result
named(struct list *l, struct text t, struct list_entry *e)
{
	struct text whole = t;
	const char *label = t.s; /* the last one */
	char name[RESOLVER_NAME + 1];
	enum list_result r;
	unsigned length;
	size_t n;

	for (; t.s < t.end && is_name_char(*t.s); t.s++)
		if (*t.s == '.' && t.s + 1 < t.end && is_name_char(t.s[1]))
			label = t.s + 1;
	n = t.s - whole.s;
	/* top-level domains begin with a letter; 1.2.3.4x is a mistake */
	if (n == 0 || !isalpha((unsigned char)*label) ||
	    strchr("-.", *whole.s) != NULL)
		return fail_quoting(l, whole,
		    "is not an address, prefix, range or name");
	if (n > RESOLVER_NAME)
		return fail_quoting(l, whole, "is too long for a name");
	if (l->resolver == NULL)
		return fail_quoting(l, whole, "is a name, not an address");
	memcpy(name, whole.s, n);
	name[n] = '\0';
	if ((r = tail(l, &t, &length, &l->shape.port)) != LIST_ENTRY ||
	    (r = nothing_left(l, &t)) != LIST_ENTRY)
		return r;
	l->shape.first = length;
	if ((r = resolve(l, name)) != LIST_ENTRY)
		return r;
	return next_of_name(l, e) ? LIST_ENTRY : LIST_END;
}

/* An entry from a line; LIST_END if there is none on it. */
static enum list_result
parse(struct list *l, const char *s, const char *end, struct list_entry *e)
{
	const char *comment = memchr(s, '#', end - s);
	struct text t = { s, comment != NULL ? comment : end };
	unsigned colons = 0, letters = 0;

	skip_blanks(&t);
	while (t.end > t.s && memchr(" \t\r", t.end[-1], 3) != NULL)
		t.end--;
	if (t.s == t.end)
		return LIST_END;
	for (const char *c = t.s; c < t.end; c++) {
		colons += *c == ':';
		letters += isalpha((unsigned char)*c) != 0;
	}
	if (colons > 1)
		return fail_quoting(l, t,
		    "looks like IPv6, which is not "
		    "supported yet");
	return letters > 0 ? named(l, t, e) : numeric(l, t, e);
}

static int
start(struct list *l, const char *name, size_t size)
{
	*l = (struct list){ .name = name, .fd = -1 };
	l->buf = malloc(size);
	if (l->buf != NULL)
		return 0;
	fail(l, "%s", strerror(errno));
	return -1;
}

int
list_fd(struct list *l, const char *name, int fd)
{
	if (start(l, name, LONGEST_LINE) == -1)
		return -1;
	l->fd = fd;
	return 0;
}

int
list_open(struct list *l, const char *path)
{
	if (strcmp(path, "-") == 0)
		return list_fd(l, "stdin", STDIN_FILENO);
	if (start(l, path, LONGEST_LINE) == -1)
		return -1;
	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l->fd != -1)
		return 0;
	fail(l, "%s", strerror(errno));
	list_close(l);
	return -1;
}

int
list_text(struct list *l, const char *text)
{
	size_t n = strlen(text);

	if (start(l, text, n + 1) == -1)
		return -1;
	memcpy(l->buf, text, n + 1);
	l->end = n;
	l->eof = 1;
	l->is_text = 1;
	return 0;
}

/* More input behind what is there. 0 at the end of the list. */
static int
fill(struct list *l)
{
	ssize_t n;

	if (l->eof)
		return 0;
	memmove(l->buf, l->buf + l->begin, l->end - l->begin);
	l->end -= l->begin;
	l->begin = 0;
	do {
		if (!may_read(l, l->fd))
			return 0;
		n = read(l->fd, l->buf + l->end, LONGEST_LINE - l->end);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		fail(l, "%s", strerror(errno));
		return -1;
	}
	l->eof = n == 0;
	l->end += n;
	return n > 0;
}

enum list_result
list_next(struct list *l, struct list_entry *e)
{
	if (next_of_name(l, e))
		return LIST_ENTRY;
	for (;;) {
		char *s = l->buf + l->begin;
		char *nl = memchr(s, '\n', l->end - l->begin);
		enum list_result r;
		int more;

		if (nl == NULL && l->end - l->begin == LONGEST_LINE) {
			l->line++;
			return fail(l, "the line is over %d bytes long",
			    LONGEST_LINE - 1);
		}
		if (nl == NULL && (more = fill(l)) != 0) {
			if (more == -1)
				return LIST_ERROR;
			continue;
		}
		if (nl == NULL) {
			s = l->buf + l->begin;
			nl = l->buf + l->end;
			if (s == nl)
				return LIST_END;
		}
		l->begin = nl - l->buf + (nl < l->buf + l->end);
		l->line++;
		r = parse(l, s, nl, e);
		if (r != LIST_END)
			return r;
	}
}

void
list_blame(struct list *l, const char *reason)
{
	fail(l, "%s", reason);
}

void
list_close(struct list *l)
{
	if (l->fd > STDERR_FILENO)
		close(l->fd);
	free(l->buf);
	l->fd = -1;
	l->buf = NULL;
}
