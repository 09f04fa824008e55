/* SPDX-License-Identifier: Apache-2.0 */
/* Lexer and recursive descent parser of filter expressions; see expr.h. */
#include "filter/expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum lexeme {
	LEX_END,
	LEX_OPEN,      /* ( */
	LEX_CLOSE,     /* ) */
	LEX_OPEN_SET,  /* { */
	LEX_CLOSE_SET, /* } */
	LEX_COMMA,
	LEX_DASH,
	LEX_AND,
	LEX_OR,
	LEX_NOT,
	LEX_OP,	     /* op */
	LEX_WORD,    /* text, size */
	LEX_STRING,  /* text, size */
	LEX_NUMBER,  /* lo */
	LEX_ADDRESS, /* lo, hi */
	LEX_FILE,    /* text, zero-terminated */
	LEX_BAD,     /* the error is set */
};

struct parser {
	struct expr *e;
	struct expr_error *error;
	const char *text;
	size_t at;	  /* after the current lexeme */
	const char *file; /* NULL: the expression */
	unsigned line;
	unsigned depth;
	/* the current lexeme */
	enum lexeme lex;
	enum expr_op op;
	const char *word;
	size_t size;
	uint64_t lo, hi;
	bool prefix; /* an address with a length */
	struct expr_span span;
};

int
expr_fail(struct expr_error *error, const struct expr_span *span,
    const char *fmt, ...)
{
	va_list ap;
	size_t n = 0;
	char *s;

	if (span->file != NULL)
		n = snprintf(error->why, sizeof error->why,
		    "%.120s:%u: ", span->file, span->line);
	va_start(ap, fmt);
	vsnprintf(error->why + n, sizeof error->why - n, fmt, ap);
	va_end(ap);
	/* it quotes what was typed, or a file: nothing for the terminal */
	for (s = error->why; *s != '\0'; s++)
		if (!isprint((unsigned char)*s))
			*s = '?';
	error->span = *span;
	error->in_file = span->file != NULL;
	error->span.file = NULL; /* which may not last */
	return -1;
}

/* Grows an array by one; -1 for lack of memory. */
static int
grow(void **array, size_t *n, size_t size)
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

static int
no_memory(struct parser *p)
{
	return expr_fail(p->error, &p->span, "%s", strerror(ENOMEM));
}

/* Keeps a copy of n bytes for as long as the expression; NULL: no memory. */
static char *
keep(struct parser *p, const char *s, size_t n)
{
	char *copy = malloc(n + 1);

	if (copy == NULL ||
	    grow((void **)&p->e->strings, &p->e->nstrings,
		sizeof *p->e->strings) == -1) {
		free(copy);
		no_memory(p);
		return NULL;
	}
	memcpy(copy, s, n);
	copy[n] = '\0';
	p->e->strings[p->e->nstrings - 1] = copy;
	return copy;
}

/* --- lexer --- */

static bool
in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static enum lexeme
bad(struct parser *p, const char *fmt, const char *what)
{
	expr_fail(p->error, &p->span, fmt, (int)p->span.len, what);
	return LEX_BAD;
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f'    ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F'    ? c - 'A' + 10 :
				      -1;
}

/*
 * In quotes, \n \r \t \xHH, \\ and an escaped quote mean what they do in C; any
 * other backslash stands for itself, so that regular expressions need no
 * doubling.
 */
static enum lexeme
lex_string(struct parser *p, const char *s)
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
	out = keep(p, s, p->span.len);
	if (out == NULL)
		return LEX_BAD;
	for (at = s + 1; *at != quote; at++) {
		if (at[0] != '\\')
			out[n++] = *at;
		else if (at[1] == 'x' && hex(at[2]) >= 0 && hex(at[3]) >= 0) {
			out[n++] = hex(at[2]) << 4 | hex(at[3]);
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
lex_address(struct parser *p, const char *s)
{
	const char *end = s + p->span.len;
	unsigned part, byte, length = 32;
	uint32_t address = 0, mask;

	for (part = 0; part < 4; part++) {
		if (!isdigit((unsigned char)*s) ||
		    (s[0] == '0' && isdigit((unsigned char)s[1])))
			return bad(p,
			    "'%.*s' is neither a number nor an "
			    "address",
			    end - p->span.len);
		for (byte = 0; isdigit((unsigned char)*s) && byte < 256; s++)
			byte = byte * 10 + (*s - '0');
		if (byte > 255)
			return bad(p, "address '%.*s' has a part over 255",
			    end - p->span.len);
		address = address << 8 | byte;
		if (part < 3 && *s++ != '.')
			return bad(p,
			    "'%.*s' is neither a number nor an "
			    "address",
			    end - p->span.len);
	}
	if (*s == '/') {
		s++;
		if (!isdigit((unsigned char)*s))
			return bad(p, "bad prefix '%.*s'", end - p->span.len);
		for (length = 0; isdigit((unsigned char)*s) && length < 100;
		     s++)
			length = length * 10 + (*s - '0');
		if (length > 32)
			return bad(p, "prefix length of '%.*s' is over 32",
			    end - p->span.len);
		p->prefix = true;
	}
	if (s != end)
		return bad(p, "'%.*s' is neither a number nor an address",
		    end - p->span.len);
	mask = length == 0 ? 0 : UINT32_MAX << (32 - length);
	p->lo = address & mask;
	p->hi = address | ~mask;
	return LEX_ADDRESS;
}

static enum lexeme
lex_number(struct parser *p, const char *s)
{
	unsigned base = 10;
	uint64_t digit;
	size_t i = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		i = 2;
		if (p->span.len == 2)
			return bad(p, "bad number '%.*s'", s);
	}
	for (p->lo = 0; i < p->span.len; i++) {
		if (hex(s[i]) < 0 || hex(s[i]) >= (int)base)
			return bad(p,
			    "bad number '%.*s'; quote it if it is text", s);
		digit = hex(s[i]);
		if (p->lo > (UINT64_MAX - digit) / base)
			return bad(p,
			    "number %.*s is over "
			    "18446744073709551615",
			    s);
		p->lo = p->lo * base + digit;
	}
	p->hi = p->lo;
	return LEX_NUMBER;
}

static enum lexeme
lex_file(struct parser *p, const char *s)
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
		return bad(p, "%.*s needs the name of a file after it", "@");
	p->word = keep(p, s + 1, p->size);
	return p->word == NULL ? LEX_BAD : LEX_FILE;
}

/* Does an IPv6 address begin here? */
static bool
like_ipv6(const char *s)
{
	size_t n = 0;

	while (n < 5 && hex(s[n]) >= 0)
		n++;
	return n < 5 && s[n] == ':';
}

static enum lexeme
lex_op(struct parser *p, enum expr_op op, size_t len)
{
	p->op = op;
	p->span.len = len;
	return LEX_OP;
}

static enum lexeme
lex(struct parser *p)
{
	const char *s = p->text + p->at;
	enum lexeme single;

	while (isspace((unsigned char)*s) || (p->file != NULL && *s == '#')) {
		if (*s == '#')
			s += strcspn(s, "\n");
		else if (*s++ == '\n' && p->file != NULL)
			p->line++;
	}
	p->at = s - p->text;
	p->span = (struct expr_span){ .at = p->at,
		.len = 1,
		.file = p->file,
		.line = p->line };
	p->prefix = false;
	single = LEX_BAD;
	switch (*s) {
	case '\0':
		p->span.len = 0;
		return LEX_END;
	case '(':
		single = LEX_OPEN;
		break;
	case ')':
		single = LEX_CLOSE;
		break;
	case '{':
		single = LEX_OPEN_SET;
		break;
	case '}':
		single = LEX_CLOSE_SET;
		break;
	case ',':
		single = LEX_COMMA;
		break;
	case '-':
		single = LEX_DASH;
		break;
	case '&':
		if (s[1] == '&') {
			p->span.len = 2;
			return LEX_AND;
		}
		return bad(p, "a single %.*s; and is written &&", s);
	case '|':
		if (s[1] == '|') {
			p->span.len = 2;
			return LEX_OR;
		}
		return bad(p, "a single %.*s; or is written ||", s);
	case '!':
		if (s[1] == '=')
			return lex_op(p, EXPR_NE, 2);
		if (s[1] == '~')
			return lex_op(p, EXPR_NOT_MATCH, 2);
		single = LEX_NOT;
		break;
	case '=':
		if (s[1] == '=' || s[1] == '~') {
			p->span.len = 2;
			return s[1] == '=' ?
			    bad(p,
				"no operator %.*s; equality is a single =", s) :
			    bad(p,
				"no operator %.*s; a regular "
				"expression is matched by ~",
				s);
		}
		return lex_op(p, EXPR_EQ, 1);
	case '<':
	case '>':
		if (s[1] == '=')
			return lex_op(p, *s == '<' ? EXPR_LE : EXPR_GE, 2);
		if (s[0] == '<' && s[1] == '>') {
			p->span.len = 2;
			return bad(p, "no operator %.*s; inequality is !=", s);
		}
		return lex_op(p, *s == '<' ? EXPR_LT : EXPR_GT, 1);
	case '~':
		return lex_op(p, EXPR_MATCH, 1);
	case '"':
	case '\'':
		return lex_string(p, s);
	case '@':
		return lex_file(p, s);
	}
	if (single != LEX_BAD)
		return single;
	if (like_ipv6(s)) {
		p->span.len = strspn(s, "0123456789abcdefABCDEF:./");
		return bad(p, "IPv6 address '%.*s': only IPv4 is supported", s);
	}
	if (isdigit((unsigned char)*s)) {
		while (isalnum((unsigned char)s[p->span.len]) ||
		    (s[p->span.len] != '\0' &&
			strchr("._/", s[p->span.len]) != NULL))
			p->span.len++;
		return memchr(s, '.', p->span.len) != NULL ||
			memchr(s, '/', p->span.len) != NULL ?
		    lex_address(p, s) :
		    lex_number(p, s);
	}
	if (isalpha((unsigned char)*s) || *s == '_') {
		while (in_word(s[p->span.len]))
			p->span.len++;
		p->word = s;
		p->size = p->span.len;
		return LEX_WORD;
	}
	if (!isprint((unsigned char)*s)) {
		expr_fail(p->error, &p->span, "unexpected byte 0x%02x",
		    (unsigned char)*s);
		return LEX_BAD;
	}
	return bad(p, "unexpected '%.*s'", s);
}

/* Moves to the next lexeme; -1 if there is none that makes sense. */
static int
next(struct parser *p)
{
	p->lex = lex(p);
	p->at += p->span.len;
	return p->lex == LEX_BAD ? -1 : 0;
}

/* --- parser --- */

static int
unexpected(struct parser *p, const char *wanted)
{
	if (p->lex == LEX_END)
		return expr_fail(p->error, &p->span, "%s expected at the end",
		    wanted);
	return expr_fail(p->error, &p->span, "%s expected, not '%.*s'", wanted,
	    p->span.len > 60 ? 60 : (int)p->span.len, p->text + p->span.at);
}

static bool
is_word(const struct parser *p, const char *word)
{
	return p->lex == LEX_WORD && p->size == strlen(word) &&
	    memcmp(p->word, word, p->size) == 0;
}

/* A value, with the lexeme that ends it. */
static int
parse_value(struct parser *p, struct expr_literal *l)
{
	bool negative = false;
	size_t begin = p->span.at;

	if (p->lex == LEX_DASH) {
		negative = true;
		if (next(p) == -1)
			return -1;
		if (p->lex != LEX_NUMBER)
			return unexpected(p, "a number");
	}
	l->span = p->span;
	l->span.at = begin;
	l->span.len = p->span.at + p->span.len - begin;
	switch (p->lex) {
	case LEX_NUMBER:
		l->kind = LITERAL_NUMBER;
		l->lo = l->hi = negative ? -(__int128)p->lo : (__int128)p->lo;
		break;
	case LEX_ADDRESS:
		l->kind = LITERAL_ADDRESS;
		l->lo = p->lo;
		l->hi = p->hi;
		l->range = p->prefix;
		break;
	case LEX_WORD:
	case LEX_STRING:
		if (is_word(p, "null"))
			return expr_fail(p->error, &p->span,
			    "nothing equals null; write 'is null', or quote "
			    "the word");
		l->kind = p->lex == LEX_WORD ? LITERAL_WORD : LITERAL_STRING;
		l->text = keep(p, p->word, p->size);
		l->size = p->size;
		if (l->text == NULL)
			return -1;
		break;
	default:
		return unexpected(p, "a value");
	}
	return next(p);
}

static int
add_literal(struct parser *p, const struct expr_literal *l)
{
	if (grow((void **)&p->e->literals, &p->e->nliterals,
		sizeof *p->e->literals) == -1)
		return no_memory(p);
	p->e->literals[p->e->nliterals - 1] = *l;
	return 0;
}

static int
parse_element(struct parser *p)
{
	struct expr_literal l = { 0 }, to = { 0 };

	if (parse_value(p, &l) == -1)
		return -1;
	if (p->lex == LEX_DASH) {
		if (next(p) == -1 || parse_value(p, &to) == -1)
			return -1;
		l.span.len = to.span.at + to.span.len - l.span.at;
		if (l.kind != to.kind || l.range || to.range ||
		    l.kind == LITERAL_WORD || l.kind == LITERAL_STRING)
			return expr_fail(p->error, &l.span,
			    "a range goes from number to number or from "
			    "address to address");
		l.hi = to.hi;
		l.range = true;
		if (l.lo > l.hi)
			return expr_fail(p->error, &l.span,
			    "the range ends before it begins");
	}
	return add_literal(p, &l);
}

#define FILE_MAX (16 << 20) /* bytes of text or values in a file */

/* The whole of a file, zero-terminated; NULL with errno. */
static char *
slurp(const char *path, size_t *size)
{
	size_t room = 1 << 16, n;
	char *buf = NULL, *grown;
	FILE *f = fopen(path, "re");

	*size = 0;
	if (f == NULL)
		return NULL;
	for (;;) {
		grown = realloc(buf, room);
		if (grown == NULL)
			break;
		buf = grown;
		n = fread(buf + *size, 1, room - 1 - *size, f);
		*size += n;
		if (*size > FILE_MAX) {
			errno = EFBIG;
			break;
		}
		if (n == 0) {
			if (ferror(f))
				break;
			buf[*size] = '\0';
			fclose(f);
			return buf;
		}
		if (*size == room - 1)
			room *= 2;
	}
	free(buf);
	n = errno;
	fclose(f);
	errno = n;
	return NULL;
}

/* The elements of a file: separated by blanks, lines or commas; # comments. */
static int
read_elements(struct parser *outer)
{
	struct parser p = { .e = outer->e,
		.error = outer->error,
		.file = outer->word,
		.line = 1 };
	size_t size;
	char *text;
	int rc = -1;

	text = slurp(outer->word, &size);
	if (text == NULL)
		return expr_fail(outer->error, &outer->span, "%.200s: %s",
		    outer->word, strerror(errno));
	p.text = text;
	if (strlen(text) != size) {
		expr_fail(p.error, &outer->span, "%.200s: not a text file",
		    outer->word);
		goto out;
	}
	if (next(&p) == -1)
		goto out;
	while (p.lex != LEX_END) {
		if (p.lex == LEX_COMMA) {
			if (next(&p) == -1)
				goto out;
			continue;
		}
		if (parse_element(&p) == -1)
			goto out;
	}
	rc = 0;
out:
	free(text);
	return rc;
}

static int
parse_set(struct parser *p, struct expr_node *node)
{
	bool braces = p->lex == LEX_OPEN_SET;

	node->first = p->e->nliterals;
	if (braces && next(p) == -1)
		return -1;
	for (;;) {
		if (p->lex == LEX_FILE) {
			if (read_elements(p) == -1 || next(p) == -1)
				return -1;
		} else if (parse_element(p) == -1)
			return -1;
		if (!braces || p->lex == LEX_CLOSE_SET)
			break;
		if (p->lex != LEX_COMMA)
			return unexpected(p, "',' or '}'");
		if (next(p) == -1)
			return -1;
	}
	node->count = p->e->nliterals - node->first;
	return braces ? next(p) : 0;
}

static int
add_node(struct parser *p, const struct expr_node *node, size_t *index)
{
	if (grow((void **)&p->e->nodes, &p->e->nnodes, sizeof *p->e->nodes) ==
	    -1)
		return no_memory(p);
	*index = p->e->nnodes - 1;
	p->e->nodes[*index] = *node;
	return 0;
}

static int
parse_test(struct parser *p, size_t *index)
{
	struct expr_node node = { .kind = EXPR_TEST, .op = EXPR_TRUE };
	struct expr_literal l = { 0 };

	if (p->lex != LEX_WORD)
		return unexpected(p, "a field");
	node.span = p->span;
	node.field = keep(p, p->word, p->size);
	if (node.field == NULL || next(p) == -1)
		return -1;
	node.op_span = p->span;
	if (p->lex == LEX_OP) {
		node.op = p->op;
		node.first = p->e->nliterals;
		node.count = 1;
		if (next(p) == -1 || parse_value(p, &l) == -1)
			return -1;
		if (p->lex == LEX_DASH || l.range)
			return expr_fail(p->error, &node.op_span,
			    "a range or prefix is tested by 'in'");
		if (add_literal(p, &l) == -1)
			return -1;
	} else if (is_word(p, "is")) {
		node.op = EXPR_NULL;
		if (next(p) == -1)
			return -1;
		if (is_word(p, "not")) {
			node.op = EXPR_NOT_NULL;
			if (next(p) == -1)
				return -1;
		}
		if (!is_word(p, "null"))
			return unexpected(p, "'null'");
		if (next(p) == -1)
			return -1;
	} else if (is_word(p, "in") || is_word(p, "not")) {
		node.op = EXPR_IN;
		if (is_word(p, "not")) {
			node.op = EXPR_NOT_IN;
			if (next(p) == -1)
				return -1;
			if (!is_word(p, "in"))
				return unexpected(p, "'in'");
		}
		if (next(p) == -1 || parse_set(p, &node) == -1)
			return -1;
	} else if (p->lex == LEX_WORD || p->lex == LEX_STRING ||
	    p->lex == LEX_NUMBER || p->lex == LEX_ADDRESS)
		return unexpected(p, "an operator");
	return add_node(p, &node, index);
}

static int parse_or(struct parser *, size_t *);

static int
parse_unary(struct parser *p, size_t *index)
{
	struct expr_node node = { .kind = EXPR_NOT };
	struct expr_span open = p->span;
	int rc;

	if (p->lex != LEX_NOT && p->lex != LEX_OPEN)
		return parse_test(p, index);
	if (++p->depth > EXPR_DEPTH_MAX)
		return expr_fail(p->error, &p->span, "nested deeper than %d",
		    EXPR_DEPTH_MAX);
	if (p->lex == LEX_NOT)
		rc = next(p) == -1 || parse_unary(p, &node.left) == -1 ?
		    -1 :
		    add_node(p, &node, index);
	else {
		rc = next(p) == -1 ? -1 : parse_or(p, index);
		if (rc == 0 && p->lex == LEX_END)
			return expr_fail(p->error, &open,
			    "this parenthesis is never closed");
		if (rc == 0 && p->lex != LEX_CLOSE)
			return unexpected(p, "'&&', '||' or ')'");
		if (rc == 0)
			rc = next(p);
	}
	p->depth--;
	return rc;
}

/* Operands joined by one operator, from left to right. */
static int
parse_chain(struct parser *p, enum lexeme joint, enum expr_kind kind,
    int (*operand)(struct parser *, size_t *), size_t *index)
{
	struct expr_node node = { .kind = kind };

	if (operand(p, index) == -1)
		return -1;
	while (p->lex == joint) {
		node.left = *index;
		if (next(p) == -1 || operand(p, &node.right) == -1 ||
		    add_node(p, &node, index) == -1)
			return -1;
	}
	return 0;
}

static int
parse_and(struct parser *p, size_t *index)
{
	return parse_chain(p, LEX_AND, EXPR_AND, parse_unary, index);
}

static int
parse_or(struct parser *p, size_t *index)
{
	return parse_chain(p, LEX_OR, EXPR_OR, parse_and, index);
}

int
expr_parse(struct expr *e, const char *text, struct expr_error *error)
{
	struct parser p = { .e = e, .error = error, .text = text };

	*e = (struct expr){ 0 };
	if (next(&p) == -1)
		goto fail;
	if (p.lex == LEX_END)
		return 0;
	if (parse_or(&p, &e->root) == -1)
		goto fail;
	if (p.lex == LEX_CLOSE) {
		expr_fail(error, &p.span, "no parenthesis was opened");
		goto fail;
	}
	if (p.lex != LEX_END) {
		unexpected(&p, "'&&' or '||'");
		goto fail;
	}
	return 0;
fail:
	expr_free(e);
	return -1;
}

void
expr_free(struct expr *e)
{
	size_t i;

	for (i = 0; i < e->nstrings; i++)
		free(e->strings[i]);
	free(e->strings);
	free(e->nodes);
	free(e->literals);
	*e = (struct expr){ 0 };
}
