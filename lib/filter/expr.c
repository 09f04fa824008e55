/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent parser of filter expressions; see expr.h. */
#include "filter/expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/lex.h"
#include "filter/prefixes.h"

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

static int
unexpected(struct lexer *p, const char *wanted)
{
	if (p->lex == LEX_END)
		return expr_fail(p->error, &p->span, "%s expected at the end",
		    wanted);
	return expr_fail(p->error, &p->span, "%s expected, not '%.*s'", wanted,
	    p->span.len > 60 ? 60 : (int)p->span.len, p->text + p->span.at);
}

static bool
is_word(const struct lexer *p, const char *word)
{
	return p->lex == LEX_WORD && p->size == strlen(word) &&
	    memcmp(p->word, word, p->size) == 0;
}

/* A value, with the lexeme that ends it. */
static int
parse_value(struct lexer *p, struct expr_literal *l)
{
	bool negative = false;
	size_t begin = p->span.at;

	if (p->lex == LEX_DASH) {
		negative = true;
		if (lex_next(p) == -1)
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
	case LEX_ADDRESS6:
		l->kind = LITERAL_ADDRESS6;
		l->lo = expr_ip6(p->lo6);
		l->hi = expr_ip6(p->hi6);
		l->range = p->prefix;
		break;
	case LEX_WORD:
	case LEX_STRING:
		if (is_word(p, "null"))
			return expr_fail(p->error, &p->span,
			    "nothing equals null; write 'is null', or quote the word");
		l->kind = p->lex == LEX_WORD ? LITERAL_WORD : LITERAL_STRING;
		l->text = lex_keep(p, p->word, p->size);
		l->size = p->size;
		if (l->text == NULL)
			return -1;
		break;
	default:
		return unexpected(p, "a value");
	}
	return lex_next(p);
}

static int
add_literal(struct lexer *p, const struct expr_literal *l)
{
	if (lex_grow((void **)&p->e->literals, &p->e->nliterals,
		sizeof *p->e->literals) == -1)
		return lex_no_memory(p);
	p->e->literals[p->e->nliterals - 1] = *l;
	return 0;
}

static int
parse_element(struct lexer *p)
{
	struct expr_literal l = { 0 }, to = { 0 };

	if (parse_value(p, &l) == -1)
		return -1;
	if (p->lex == LEX_DASH) {
		if (lex_next(p) == -1 || parse_value(p, &to) == -1)
			return -1;
		l.span.len = to.span.at + to.span.len - l.span.at;
		if (l.kind != to.kind || l.range || to.range ||
		    l.kind == LITERAL_WORD || l.kind == LITERAL_STRING)
			return expr_fail(p->error, &l.span,
			    "a range goes from number to number or from address to address");
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

static int
add_prefix(void *ctx, uint32_t first, uint32_t last)
{
	const struct expr_literal l = { .kind = LITERAL_ADDRESS,
		.range = true,
		.lo = first,
		.hi = last };

	return add_literal(ctx, &l);
}

/* The elements of a file that is a stream, of prefixes. */
static int
read_prefixes(struct lexer *p)
{
	char why[256];

	if (prefixes_read(p->word, add_prefix, p, why, sizeof why) == 0)
		return 0;
	return why[0] == '\0' ?
	    -1 :
	    expr_fail(p->error, &p->span, "%.200s: %s", p->word, why);
}

/* The elements of a file: separated by blanks, lines or commas; # comments. */
static int
read_elements(struct lexer *outer)
{
	struct lexer p = { .e = outer->e,
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
	if (prefixes_is_stream(text, size)) {
		free(text);
		return read_prefixes(outer);
	}
	/* the byte order mark that some editors begin a file with */
	p.text = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
	if (strlen(text) != size) {
		expr_fail(p.error, &outer->span, "%.200s: not a text file",
		    outer->word);
		goto out;
	}
	if (lex_next(&p) == -1)
		goto out;
	while (p.lex != LEX_END) {
		if (p.lex == LEX_COMMA) {
			if (lex_next(&p) == -1)
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
parse_set(struct lexer *p, struct expr_node *node)
{
	bool braces = p->lex == LEX_OPEN_SET;

	node->first = p->e->nliterals;
	if (braces && lex_next(p) == -1)
		return -1;
	for (;;) {
		if (p->lex == LEX_FILE) {
			if ((!p->unread && read_elements(p) == -1) ||
			    lex_next(p) == -1)
				return -1;
		} else if (parse_element(p) == -1)
			return -1;
		if (!braces || p->lex == LEX_CLOSE_SET)
			break;
		if (p->lex != LEX_COMMA)
			return unexpected(p, "',' or '}'");
		if (lex_next(p) == -1)
			return -1;
	}
	node->count = p->e->nliterals - node->first;
	return braces ? lex_next(p) : 0;
}

static int
add_node(struct lexer *p, const struct expr_node *node, size_t *index)
{
	if (lex_grow((void **)&p->e->nodes, &p->e->nnodes,
		sizeof *p->e->nodes) == -1)
		return lex_no_memory(p);
	*index = p->e->nnodes - 1;
	p->e->nodes[*index] = *node;
	return 0;
}

static int
parse_test(struct lexer *p, size_t *index)
{
	struct expr_node node = { .kind = EXPR_TEST, .op = EXPR_TRUE };
	struct expr_literal l = { 0 };

	if (p->lex != LEX_WORD)
		return unexpected(p, "a field");
	node.span = p->span;
	node.field = lex_keep(p, p->word, p->size);
	if (node.field == NULL || lex_next(p) == -1)
		return -1;
	node.op_span = p->span;
	if (p->lex == LEX_OP) {
		node.op = p->op;
		node.first = p->e->nliterals;
		node.count = 1;
		if (lex_next(p) == -1 || parse_value(p, &l) == -1)
			return -1;
		if (p->lex == LEX_DASH || l.range)
			return expr_fail(p->error, &node.op_span,
			    "a range or prefix is tested by 'in'");
		if (add_literal(p, &l) == -1)
			return -1;
	} else if (is_word(p, "is")) {
		node.op = EXPR_NULL;
		if (lex_next(p) == -1)
			return -1;
		if (is_word(p, "not")) {
			node.op = EXPR_NOT_NULL;
			if (lex_next(p) == -1)
				return -1;
		}
		if (!is_word(p, "null"))
			return unexpected(p, "'null'");
		if (lex_next(p) == -1)
			return -1;
	} else if (is_word(p, "in") || is_word(p, "not")) {
		node.op = EXPR_IN;
		if (is_word(p, "not")) {
			node.op = EXPR_NOT_IN;
			if (lex_next(p) == -1)
				return -1;
			if (!is_word(p, "in"))
				return unexpected(p, "'in'");
		}
		if (lex_next(p) == -1 || parse_set(p, &node) == -1)
			return -1;
	} else if (p->lex == LEX_WORD || p->lex == LEX_STRING ||
	    p->lex == LEX_NUMBER || p->lex == LEX_ADDRESS ||
	    p->lex == LEX_ADDRESS6)
		return unexpected(p, "an operator");
	return add_node(p, &node, index);
}

static int parse_or(struct lexer *, size_t *);

static int
parse_unary(struct lexer *p, size_t *index)
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
		rc = lex_next(p) == -1 || parse_unary(p, &node.left) == -1 ?
		    -1 :
		    add_node(p, &node, index);
	else {
		rc = lex_next(p) == -1 ? -1 : parse_or(p, index);
		if (rc == 0 && p->lex == LEX_END)
			return expr_fail(p->error, &open,
			    "this parenthesis is never closed");
		if (rc == 0 && p->lex != LEX_CLOSE)
			return unexpected(p, "'&&', '||' or ')'");
		if (rc == 0)
			rc = lex_next(p);
	}
	p->depth--;
	return rc;
}

/* Operands joined by one operator, from left to right. */
static int
parse_chain(struct lexer *p, enum lexeme joint, enum expr_kind kind,
    int (*operand)(struct lexer *, size_t *), size_t *index)
{
	struct expr_node node = { .kind = kind };

	if (operand(p, index) == -1)
		return -1;
	while (p->lex == joint) {
		node.left = *index;
		if (lex_next(p) == -1 || operand(p, &node.right) == -1 ||
		    add_node(p, &node, index) == -1)
			return -1;
	}
	return 0;
}

static int
parse_and(struct lexer *p, size_t *index)
{
	return parse_chain(p, LEX_AND, EXPR_AND, parse_unary, index);
}

static int
parse_or(struct lexer *p, size_t *index)
{
	return parse_chain(p, LEX_OR, EXPR_OR, parse_and, index);
}

static int
parse_all(struct lexer *p)
{
	*p->e = (struct expr){ 0 };
	if (lex_next(p) == -1)
		return -1;
	if (p->lex == LEX_END)
		return 0;
	if (parse_or(p, &p->e->root) == -1)
		return -1;
	if (p->lex == LEX_CLOSE)
		return expr_fail(p->error, &p->span,
		    "no parenthesis was opened");
	return p->lex == LEX_END ? 0 : unexpected(p, "'&&' or '||'");
}

int
expr_parse(struct expr *e, const char *text, struct expr_error *error)
{
	struct lexer p = { .e = e, .error = error, .text = text };

	if (parse_all(&p) == 0)
		return 0;
	expr_free(e);
	return -1;
}

bool
expr_fields(const char *text, FILE *list)
{
	struct expr_error error;
	struct expr e;
	struct lexer p = { .e = &e,
		.error = &error,
		.text = text,
		.unread = true };
	bool parsed = parse_all(&p) == 0;
	size_t i;

	for (i = 0; parsed && i < e.nnodes; i++)
		if (e.nodes[i].kind == EXPR_TEST)
			fprintf(list, ",%s", e.nodes[i].field);
	expr_free(&e);
	return parsed;
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
