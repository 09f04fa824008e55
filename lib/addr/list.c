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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"

#define LONGEST_LINE  65536
#define LONGEST_QUOTE 64
#define QUOTE_SIZE    (4 * LONGEST_QUOTE + 4)

/* The rest of a line, while it is taken apart. */
struct text {
	const char *s, *end;
};

/* Strange bytes as \xNN; what is long is cut, visibly. */
static void
list_escape(char out[QUOTE_SIZE], const char *s, const char *end)
{
	const char *cut = end - s > LONGEST_QUOTE ? s + LONGEST_QUOTE : end;

	for (; s < cut; s++) {
		unsigned char c = *s;

		if (c >= ' ' && c < 0x7f && c != '\\')
			*out++ = c;
		else {
			*out++ = '\\';
			*out++ = 'x';
			out = hex_put(out, &c, 1);
		}
	}
	strcpy(out, cut < end ? "..." : "");
}

static enum list_result __attribute__((format(printf, 2, 3)))
list_fail(struct list *l, const char *fmt, ...)
{
	char name[QUOTE_SIZE];
	va_list ap;
	int n;

	if (l->is_text) {
		list_escape(name, l->name, l->name + strlen(l->name));
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

	list_escape(quote, t.s, t.end);
	/* a whole operand is its own place */
	if (l->is_text && strlen(l->name) == (size_t)(t.end - t.s)) {
		snprintf(l->why, sizeof l->why, "'%s' %s", quote, reason);
		return LIST_ERROR;
	}
	return list_fail(l, "'%s' %s", quote, reason);
}

static int
list_at(const struct text *t, const char *set)
{
	return t->s < t->end && *t->s != '\0' && strchr(set, *t->s) != NULL;
}

static void
skip_blanks(struct text *t)
{
	while (list_at(t, " \t"))
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
list_number(struct text *t, long most)
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
list_quad(struct list *l, struct text *t, uint32_t *addr)
{
	struct text whole = *t;

	*addr = 0;
	for (int i = 0; i < 4; i++) {
		long n;

		if (i > 0 && !list_at(t, "."))
			return fail_quoting(l, whole,
			    "is not an address: four numbers are needed");
		if (i > 0)
			t->s++;
		n = list_number(t, 255);
		if (n == -1)
			return fail_quoting(l, whole,
			    "is not an address, prefix, range or name");
		if (n == -2)
			return fail_quoting(l, whole,
			    "is not an address: a number is over 255");
		if (n == -3)
			return fail_quoting(l, whole,
			    "is not an address: a leading zero could mean octal");
		*addr = *addr << 8 | n;
	}
	return LIST_ENTRY;
}

static enum list_result
prefix_length(struct list *l, struct text *t, int most, int *length)
{
	struct text whole = *t;
	long n = list_number(t, most);
	int digits = strspn(whole.s, "0123456789");

	if (n == -2)
		return list_fail(l, "prefix length %.*s is over %d",
		    digits > 9 ? 9 : digits, whole.s, most);
	if (n < 0)
		return fail_quoting(l, whole, "is not a prefix length");
	*length = n;
	return LIST_ENTRY;
}

static enum list_result
port_number(struct list *l, struct text *t, int *port)
{
	struct text whole = *t;
	long n = list_number(t, 65535);

	if (n == -2)
		return fail_quoting(l, whole, "is over port 65535");
	if (n < 0 && list_at(&whole, "/"))
		return fail_quoting(l, whole,
		    "is not a port; of a URL, give the host alone");
	if (n < 0)
		return fail_quoting(l, whole, "is not a port");
	*port = n;
	return LIST_ENTRY;
}

/*
 * Behind an address or a name: nothing, /length, /length-length, or a port
 * behind one of `ports`.
 */
static enum list_result
suffix(struct list *l, struct text *t, int most, const char *ports,
    struct list_suffix *x)
{
	enum list_result r;

	*x = (struct list_suffix){ -1, -1, LIST_NOPORT };
	if (list_at(t, ports)) {
		t->s++;
		return port_number(l, t, &x->port);
	}
	if (!list_at(t, "/"))
		return LIST_ENTRY;
	t->s++;
	if ((r = prefix_length(l, t, most, &x->length)) != LIST_ENTRY)
		return r;
	if (most == IP6_BITS && list_at(t, "-")) {
		t->s++;
		if ((r = prefix_length(l, t, most, &x->part)) != LIST_ENTRY)
			return r;
		if (x->part < x->length || x->part == 0)
			return list_fail(l,
			    "a /%d has no /%d in it: a window is /32-64, or the like",
			    x->length, x->part);
	}
	if (list_at(t, ports))
		return list_fail(l,
		    "a port needs a single address, not a prefix");
	return LIST_ENTRY;
}

static enum list_result
nothing_left(struct list *l, struct text *t)
{
	const char *c;

	skip_blanks(t);
	if (t->s == t->end)
		return LIST_ENTRY;
	for (c = t->s + list_at(t, ","); c < t->end && is_digit(*c); c++)
		;
	return fail_quoting(l, *t,
	    c == t->end ?
		"is left over after the entry; a port is written as in 10.0.0.1:80, one to an entry" :
		"is left over after the entry");
}

static void
take_prefix(struct list_entry *e, uint32_t addr, unsigned length)
{
	uint32_t host = length == 0 ?
	    UINT32_MAX :
	    (uint32_t)((UINT64_C(1) << (32 - length)) - 1);

	e->family = 4;
	e->first = addr & ~host;
	e->last = addr | host;
}

static void
take_prefix6(struct list_entry *e, struct ip6 addr, const struct list_suffix *x)
{
	unsigned length = x->length == -1 ? IP6_BITS : (unsigned)x->length;

	*e = (struct list_entry){
		.family = 6,
		.first6 = ip6_first(addr, length),
		.last6 = ip6_last(addr, length),
		.part = x->part == -1 ? IP6_BITS : (unsigned)x->part,
		.port = x->port,
	};
}

static enum list_result
numeric(struct list *l, struct text t, struct list_entry *e)
{
	struct list_suffix x;
	enum list_result r;
	uint32_t addr;

	if ((r = list_quad(l, &t, &addr)) != LIST_ENTRY ||
	    (r = suffix(l, &t, 32, ":,", &x)) != LIST_ENTRY)
		return r;
	take_prefix(e, addr, x.length == -1 ? 32 : x.length);
	e->port = x.port;
	skip_blanks(&t);
	if (e->port == LIST_NOPORT && (x.length == -1 || x.length == 32) &&
	    list_at(&t, "-")) {
		t.s++;
		skip_blanks(&t);
		if ((r = list_quad(l, &t, &e->last)) != LIST_ENTRY)
			return r;
		if (e->last < e->first)
			return list_fail(l, "the range ends before it begins");
		if (list_at(&t, ":,"))
			return list_fail(l,
			    "a port needs a single address, not a range");
	}
	return nothing_left(l, &t);
}

static enum list_result
address6(struct list *l, struct text *t, struct ip6 *a)
{
	const char *end = ip6_parse(a, t->s, t->end);

	if (end == NULL)
		return fail_quoting(l, *t, "is not an IPv6 address");
	t->s = end;
	return LIST_ENTRY;
}

/* [address] or [address]:port */
static enum list_result
bracketed(struct list *l, struct text t, struct list_entry *e)
{
	struct list_suffix x = { -1, -1, LIST_NOPORT };
	struct text whole = t;
	enum list_result r;
	struct ip6 a;

	t.s++;
	if ((r = address6(l, &t, &a)) != LIST_ENTRY)
		return r;
	if (!list_at(&t, "]"))
		return fail_quoting(l, whole, "has no ] behind the address");
	t.s++;
	if (list_at(&t, ":,")) {
		t.s++;
		if ((r = port_number(l, &t, &x.port)) != LIST_ENTRY)
			return r;
	}
	take_prefix6(e, a, &x);
	return nothing_left(l, &t);
}

static enum list_result
numeric6(struct list *l, struct text t, struct list_entry *e)
{
	struct list_suffix x;
	enum list_result r;
	struct ip6 a;

	if (list_at(&t, "["))
		return bracketed(l, t, e);
	if ((r = address6(l, &t, &a)) != LIST_ENTRY ||
	    (r = suffix(l, &t, IP6_BITS, ",", &x)) != LIST_ENTRY)
		return r;
	take_prefix6(e, a, &x);
	skip_blanks(&t);
	if (x.length == -1 && x.port == LIST_NOPORT && list_at(&t, "-")) {
		t.s++;
		skip_blanks(&t);
		if ((r = address6(l, &t, &e->last6)) != LIST_ENTRY)
			return r;
		if (ip6_less(e->last6, e->first6))
			return list_fail(l, "the range ends before it begins");
		if (list_at(&t, ","))
			return list_fail(l,
			    "a port needs a single address, not a range");
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
	const struct list_suffix *x = &l->suffix;
	size_t i = l->name_next;

	if (i == l->name_end && l->name_more > 0) {
		l->name_family = 6;
		l->name_end = l->name_more;
		l->name_more = i = l->name_next = 0;
	}
	if (i == l->name_end)
		return 0;
	l->name_next++;
	if (l->name_family == 6) {
		take_prefix6(e, l->resolver->addr6[i], x);
	} else {
		take_prefix(e, l->resolver->addr[i],
		    x->length == -1 ? 32 : x->length);
		e->port = x->port;
	}
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

/*
 * Of which family the addresses are that a name is taken for. Where all are
 * wanted, a name with none of the family is an entry of the other one.
 */
static enum list_result
choose_family(struct list *l, const char *name)
{
	const struct resolver *r = l->resolver;
	const struct list_suffix *x = &l->suffix;
	unsigned family = l->family;

	if (family == 0)
		family = r->n > 0 ? 4 : 6;
	if (family == 4 && (x->part != -1 || x->length > 32) && r->n > 0)
		return list_fail(l,
		    "a window or prefix length over 32 is of IPv6, and the name's addresses are of IPv4: give -6");
	l->name_family = family;
	l->name_end = family == 4 ? r->n : r->n6;
	/* of both families: those of IPv6 follow */
	l->name_more = l->family == 0 && l->all && family == 4 ? r->n6 : 0;
	if (l->name_end > 0)
		return LIST_ENTRY;
	if (l->all) {
		l->skipped++;
		return LIST_ENTRY;
	}
	list_fail(l, "cannot resolve %s: it has no address of IPv%u", name,
	    family);
	return LIST_UNKNOWN_NAME;
}

static enum list_result
list_resolve(struct list *l, const char *name)
{
	const char *why;

	l->name_next = l->name_end = l->name_more = 0;
	if (resolver_ask(l->resolver, name, &why) == 0) {
		if (!may_read(l, l->resolver->fd))
			return LIST_END;
		if (resolver_answer(l->resolver, &why) == 0)
			return choose_family(l, name);
	}
	list_fail(l, "cannot resolve %s: %s%s", name, why,
	    l->line == 1 && strchr(name, '.') == NULL ?
		"; if it is the title of a column, leave it out, as by tail -n +2" :
		"");
	return LIST_UNKNOWN_NAME;
}

static enum list_result
list_named(struct list *l, struct text t, struct list_entry *e)
{
	struct text whole = t;
	const char *label = t.s; /* the last one */
	char name[RESOLVER_NAME + 1];
	enum list_result r;
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
	if ((r = suffix(l, &t, IP6_BITS, ":,", &l->suffix)) != LIST_ENTRY ||
	    (r = nothing_left(l, &t)) != LIST_ENTRY)
		return r;
	if ((r = list_resolve(l, name)) != LIST_ENTRY)
		return r;
	return next_of_name(l, e) ? LIST_ENTRY : LIST_END;
}

/* What is before a comment. */
static struct text
without_comment(const char *s, const char *end)
{
	const char *c = s;

	while (c < end && *c != '#' && *c != ';')
		c++;
	return (struct text){ s, c };
}

/* An entry from a line; LIST_END if there is none on it. */
static enum list_result
list_parse(struct list *l, const char *s, const char *end, struct list_entry *e)
{
	struct text t = without_comment(s, end);
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
	if (colons > 1 || *t.s == '[')
		return numeric6(l, t, e);
	return letters > 0 ? list_named(l, t, e) : numeric(l, t, e);
}

static int
list_start(struct list *l, const char *name, size_t size)
{
	*l = (struct list){ .name = name, .fd = -1 };
	l->buf = malloc(size);
	if (l->buf != NULL)
		return 0;
	list_fail(l, "%s", strerror(errno));
	return -1;
}

/*
 * Text has no NUL in it, and addresses nearly always have one among their
 * first few thousand bytes.
 */
static int
is_binary(int fd, size_t *size)
{
	char head[4096];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
	    st.st_size % IP6_SIZE != 0 || lseek(fd, 0, SEEK_CUR) != 0)
		return 0;
	*size = st.st_size;
	n = pread(fd, head, sizeof head, 0);
	return n > 0 && memchr(head, '\0', n) != NULL;
}

static int
map_binary(struct list *l, int fd, size_t size)
{
	unsigned char *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED) {
		list_fail(l, "%s", strerror(errno));
		return -1;
	}
	for (size_t i = IP6_SIZE; i < size; i += IP6_SIZE)
		if (memcmp(p + i - IP6_SIZE, p + i, IP6_SIZE) >= 0) {
			l->line = i / IP6_SIZE + 1;
			list_fail(l,
			    "a binary list has to be sorted, each address once: this one is not above the one before");
			munmap(p, size);
			return -1;
		}
	l->map = p;
	l->mapped = size / IP6_SIZE;
	l->eof = 1;
	return 0;
}

int
list_fd(struct list *l, const char *name, int fd)
{
	size_t size;

	if (list_start(l, name, LONGEST_LINE) == -1)
		return -1;
	l->fd = fd;
	if (!is_binary(fd, &size) || map_binary(l, fd, size) == 0)
		return 0;
	list_close(l);
	return -1;
}

int
list_open(struct list *l, const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return list_fd(l, "stdin", STDIN_FILENO);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		return list_fd(l, path, fd);
	*l = (struct list){ .name = path, .fd = -1 };
	list_fail(l, "%s", strerror(errno));
	return -1;
}

int
list_text(struct list *l, const char *text)
{
	size_t n = strlen(text);

	if (list_start(l, text, n + 1) == -1)
		return -1;
	memcpy(l->buf, text, n + 1);
	l->end = n;
	l->eof = 1;
	l->is_text = 1;
	return 0;
}

/* More input behind what is there. 0 at the end of the list. */
static int
list_fill(struct list *l)
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
		list_fail(l, "%s", strerror(errno));
		return -1;
	}
	l->eof = n == 0;
	l->end += n;
	return n > 0;
}

/*
 * Where the line ends, if its end is there: at LF, or at a CR, which may also
 * be one before an LF, and then is blank.
 */
static char *
line_end(const struct list *l)
{
	char *s = l->buf + l->begin;
	size_t n = l->end - l->begin;
	char *nl = memchr(s, '\n', n), *cr;

	/* in a line, not in all that is there: that would be looked at again */
	cr = memchr(s, '\r', nl != NULL ? (size_t)(nl - s) : n);
	if (cr == NULL || cr + 1 == nl)
		return nl;
	/* it may be half of a CR LF */
	if (cr + 1 == l->buf + l->end && !l->eof)
		return NULL;
	return cr;
}

/* The byte order mark that some editors begin a file with. */
static char *
skip_mark(char *s, const char *end)
{
	return end - s >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? s + 3 : s;
}

/* The next entry, of whatever family. */
static enum list_result
next_line(struct list *l, struct list_entry *e)
{
	if (next_of_name(l, e))
		return LIST_ENTRY;
	for (;;) {
		char *s = l->buf + l->begin;
		char *nl = line_end(l);
		enum list_result r;
		int more;

		if (nl == NULL && l->end - l->begin == LONGEST_LINE) {
			l->line++;
			return list_fail(l, "the line is over %d bytes long",
			    LONGEST_LINE - 1);
		}
		if (nl == NULL && (more = list_fill(l)) != 0) {
			if (more == -1)
				return LIST_ERROR;
			continue;
		}
		if (nl == NULL) {
			s = l->buf + l->begin;
			nl = l->buf + l->end;
			if (s == nl || l->whole_lines)
				return LIST_END;
		}
		l->begin = nl - l->buf + (nl < l->buf + l->end);
		l->line++;
		if (l->line == 1)
			s = skip_mark(s, nl);
		r = list_parse(l, s, nl, e);
		if (r == LIST_ERROR)
			return LIST_BAD_LINE;
		if (r != LIST_END)
			return r;
	}
}

static enum list_result
next_mapped(struct list *l, struct list_entry *e)
{
	static const struct list_suffix none = { -1, -1, LIST_NOPORT };

	if (l->map_next == l->mapped)
		return LIST_END;
	take_prefix6(e, ip6_get(l->map + IP6_SIZE * l->map_next++), &none);
	l->line = l->map_next;
	return LIST_ENTRY;
}

enum list_result
list_next(struct list *l, struct list_entry *e)
{
	for (;;) {
		enum list_result r = l->map != NULL ? next_mapped(l, e) :
						      next_line(l, e);

		if (r != LIST_ENTRY || l->family == 0 || e->family == l->family)
			return r;
		l->skipped++;
	}
}

void
list_blame(struct list *l, const char *reason)
{
	list_fail(l, "%s", reason);
}

void
list_close(struct list *l)
{
	if (l->fd > STDERR_FILENO)
		close(l->fd);
	if (l->map != NULL)
		munmap(l->map, l->mapped * IP6_SIZE);
	free(l->buf);
	l->map = NULL;
	l->fd = -1;
	l->buf = NULL;
}
