/* SPDX-License-Identifier: Apache-2.0 */
/* Lexemes of filter expressions; see lex.h. */
#include "filter/lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

int
lex_grow(void **array, size_t *n, size_t size)
{
	void *grown;

	/* at every power of two; starting from nothing counts as one */
	if ((*n & (*n - 1)) == 0) {
		grown = realloc(*array, (*n == 0 ? 1 : *n * 2) * size);
		if (grown == NULL)
			return -1;
		*array = grown;
	}
	memset((char *)*array + *n * size, 0, size);
	(*n)++;
	return 0;
}

int
lex_no_memory(struct lexer *p)
{
	return expr_fail(p->error, &p->span, "%s", strerror(ENOMEM));
}

char *
lex_keep(struct lexer *p, const char *s, size_t n)
{
	char *copy = malloc(n + 1);

	if (copy == NULL ||
	    lex_grow((void **)&p->e->strings, &p->e->nstrings,
		sizeof *p->e->strings) == -1) {
		free(copy);
		lex_no_memory(p);
		return NULL;
	}
	memcpy(copy, s, n);
	copy[n] = '\0';
	p->e->strings[p->e->nstrings - 1] = copy;
	return copy;
}

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static enum lexeme
lex_bad(struct lexer *p, const char *fmt, const char *what)
{
	expr_fail(p->error, &p->span, fmt, (int)p->span.len, what);
	return LEX_BAD;
}

/*
 * In quotes, \n \r \t \xHH, \\ and an escaped quote mean what they do in C; any
 * other backslash stands for itself, so that regular expressions need no
 * doubling.
 */
static enum lexeme
lex_string(struct lexer *p, const char *s)
{
	const char *at = s + 1;
	char quote = *s, *out;
	size_t n = 0;

	while (*at != quote) {
		if (*at == '\0') {
			expr_fail(p->error, &p->span,
			    "this quote is never closed");
			return LEX_BAD;
		}
		at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
	}
	p->span.len = at + 1 - s;
	out = lex_keep(p, s, p->span.len);
	if (out == NULL)
		return LEX_BAD;
	for (at = s + 1; *at != quote; at++) {
		if (at[0] != '\\')
			out[n++] = *at;
		else if (at[1] == 'x' && hex_byte(at + 2) != -1) {
			out[n++] = hex_byte(at + 2);
			at += 3;
		} else {
			at++;
			switch (*at) {
			case 'n':
				out[n++] = '\n';
				break;
			case 'r':
				out[n++] = '\r';
				break;
			case 't':
				out[n++] = '\t';
				break;
			case '\\':
			case '"':
			case '\'':
				out[n++] = *at;
				break;
			default:
				out[n++] = '\\';
				out[n++] = *at;
			}
		}
	}
	out[n] = '\0';
	p->word = out;
	p->size = n;
	return LEX_STRING;
}

/* a.b.c.d or a.b.c.d/n, all of p->span. */
static enum lexeme
lex_address(struct lexer *p, const char *s)
{
	const char *end = s + p->span.len;
	unsigned part, byte, length = 32;
	uint32_t address = 0, mask;

	for (part = 0; part < 4; part++) {
		if (!isdigit((unsigned char)*s) ||
		    (s[0] == '0' && isdigit((unsigned char)s[1])))
			return lex_bad(p,
			    "'%.*s' is neither a number nor an address",
			    end - p->span.len);
		for (byte = 0; isdigit((unsigned char)*s) && byte < 256; s++)
			byte = byte * 10 + (*s - '0');
		if (byte > 255)
			return lex_bad(p, "address '%.*s' has a part over 255",
			    end - p->span.len);
		address = address << 8 | byte;
		if (part < 3 && *s++ != '.')
			return lex_bad(p,
			    "'%.*s' is neither a number nor an address",
			    end - p->span.len);
	}
	if (*s == '/') {
		s++;
		if (!isdigit((unsigned char)*s))
			return lex_bad(p, "bad prefix '%.*s'",
			    end - p->span.len);
		for (length = 0; isdigit((unsigned char)*s) && length < 100;
		     s++)
			length = length * 10 + (*s - '0');
		if (length > 32)
			return lex_bad(p, "prefix length of '%.*s' is over 32",
			    end - p->span.len);
		p->prefix = true;
	}
	if (s != end)
		return lex_bad(p, "'%.*s' is neither a number nor an address",
		    end - p->span.len);
	mask = length == 0 ? 0 : UINT32_MAX << (32 - length);
	p->lo = address & mask;
	p->hi = address | ~mask;
	return LEX_ADDRESS;
}

static enum lexeme
lex_number(struct lexer *p, const char *s)
{
	int base = 10, digit;
	size_t i = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		i = 2;
		if (p->span.len == 2)
			return lex_bad(p, "bad number '%.*s'", s);
	}
	for (p->lo = 0; i < p->span.len; i++) {
		digit = hex_digit(s[i]);
		if (digit == -1 || digit >= base)
			return lex_bad(p,
			    "bad number '%.*s'; quote it if it is text", s);
		if (p->lo > (UINT64_MAX - digit) / base)
			return lex_bad(p,
			    "number %.*s is over 18446744073709551615", s);
		p->lo = p->lo * base + digit;
	}
	p->hi = p->lo;
	return LEX_NUMBER;
}

static enum lexeme
lex_file(struct lexer *p, const char *s)
{
	enum lexeme lex;

	if (s[1] == '"' || s[1] == '\'') {
		lex = lex_string(p, s + 1);
		p->span.len++;
		return lex == LEX_STRING ? LEX_FILE : lex;
	}
	p->size = strcspn(s + 1, " \t\n\r,(){}&|");
	p->span.len = p->size + 1;
	if (p->size == 0)
		return lex_bad(p, "%.*s needs the name of a file after it",
		    "@");
	p->word = lex_keep(p, s + 1, p->size);
	return p->word == NULL ? LEX_BAD : LEX_FILE;
}

/* Does an IPv6 address begin here? */
static bool
like_ipv6(const char *s)
{
	size_t n = 0;

	while (n < 5 && hex_digit(s[n]) != -1)
		n++;
	return n < 5 && s[n] == ':';
}

/* An address, or one and the length of its prefix. */
static enum lexeme
lex_ipv6(struct lexer *p, const char *s)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF:.");
	const char *end = s + n, *digits = end + (*end == '/');
	unsigned length = IP6_BITS;
	struct ip6 a;

	p->span.len = n;
	if (*end == '/') {
		for (length = 0;
		     isdigit((unsigned char)*digits) && length < 1000; digits++)
			length = length * 10 + (*digits - '0');
		p->span.len = digits - s;
		p->prefix = true;
		if (digits == end + 1)
			return lex_bad(p, "bad prefix '%.*s'", s);
		if (length > IP6_BITS)
			return lex_bad(p, "prefix length of '%.*s' is over 128",
			    s);
	}
	if (ip6_parse(&a, s, end) != end)
		return lex_bad(p, "'%.*s' is no IPv6 address", s);
	p->lo6 = ip6_first(a, length);
	p->hi6 = ip6_last(a, length);
	return LEX_ADDRESS6;
}

/* Operators and signs, longer ones first; what is wrong with LEX_BAD. */
static const struct symbol {
	const char *text;
	enum lexeme lex;
	enum expr_op op;
	const char *wrong;
} symbols[] = {
	{ "&&", LEX_AND, 0, NULL },
	{ "||", LEX_OR, 0, NULL },
	{ "!=", LEX_OP, EXPR_NE, NULL },
	{ "!~", LEX_OP, EXPR_NOT_MATCH, NULL },
	{ "<=", LEX_OP, EXPR_LE, NULL },
	{ ">=", LEX_OP, EXPR_GE, NULL },
	{ "==", LEX_BAD, 0, "no operator %.*s; equality is a single =" },
	{ "=~", LEX_BAD, 0,
	    "no operator %.*s; a regular expression is matched by ~" },
	{ "<>", LEX_BAD, 0, "no operator %.*s; inequality is !=" },
	{ "(", LEX_OPEN, 0, NULL },
	{ ")", LEX_CLOSE, 0, NULL },
	{ "{", LEX_OPEN_SET, 0, NULL },
	{ "}", LEX_CLOSE_SET, 0, NULL },
	{ ",", LEX_COMMA, 0, NULL },
	{ "-", LEX_DASH, 0, NULL },
	{ "!", LEX_NOT, 0, NULL },
	{ "=", LEX_OP, EXPR_EQ, NULL },
	{ "<", LEX_OP, EXPR_LT, NULL },
	{ ">", LEX_OP, EXPR_GT, NULL },
	{ "~", LEX_OP, EXPR_MATCH, NULL },
	{ "&", LEX_BAD, 0, "a single %.*s; and is written &&" },
	{ "|", LEX_BAD, 0, "a single %.*s; or is written ||" },
	{ .text = NULL },
};

static enum lexeme
lex_symbol(struct lexer *p, const char *s, const struct symbol *y)
{
	p->span.len = strlen(y->text);
	p->op = y->op;
	return y->wrong != NULL ? lex_bad(p, y->wrong, s) : y->lex;
}

/* A number, or an address where there is a dot or a slash. */
static enum lexeme
lex_digits(struct lexer *p, const char *s)
{
	size_t n = 1;

	while (isalnum((unsigned char)s[n]) ||
	    (s[n] != '\0' && strchr("._/", s[n]) != NULL))
		n++;
	p->span.len = n;
	return memchr(s, '.', n) != NULL || memchr(s, '/', n) != NULL ?
	    lex_address(p, s) :
	    lex_number(p, s);
}

static enum lexeme
lex_word(struct lexer *p, const char *s)
{
	while (in_word(s[p->span.len]))
		p->span.len++;
	p->word = s;
	p->size = p->span.len;
	return LEX_WORD;
}

/* Blanks, and in files comments and lines. */
static const char *
lex_skip_blanks(struct lexer *p, const char *s)
{
	while (isspace((unsigned char)*s) || (p->file != NULL && *s == '#')) {
		if (*s == '#')
			s += strcspn(s, "\n");
		else if (*s++ == '\n' && p->file != NULL)
			p->line++;
	}
	return s;
}

static enum lexeme
lex(struct lexer *p)
{
	const char *s = lex_skip_blanks(p, p->text + p->at);
	const struct symbol *y;

	p->at = s - p->text;
	p->span = (struct expr_span){ .at = p->at,
		.len = *s != '\0',
		.file = p->file,
		.line = p->line };
	p->prefix = false;
	if (*s == '\0')
		return LEX_END;
	for (y = symbols; y->text != NULL; y++)
		if (strncmp(s, y->text, strlen(y->text)) == 0)
			return lex_symbol(p, s, y);
	if (*s == '"' || *s == '\'')
		return lex_string(p, s);
	if (*s == '@')
		return lex_file(p, s);
	if (like_ipv6(s))
		return lex_ipv6(p, s);
	if (isdigit((unsigned char)*s))
		return lex_digits(p, s);
	if (isalpha((unsigned char)*s) || *s == '_')
		return lex_word(p, s);
	if (isprint((unsigned char)*s))
		return lex_bad(p, "unexpected '%.*s'", s);
	expr_fail(p->error, &p->span, "unexpected byte 0x%02x",
	    (unsigned char)*s);
	return LEX_BAD;
}

int
lex_next(struct lexer *p)
{
	p->lex = lex(p);
	p->at += p->span.len;
	return p->lex == LEX_BAD ? -1 : 0;
}
